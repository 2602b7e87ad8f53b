"""How settings name a line: by pin, or by chip and line."""

from typing import Annotated, Any

from pydantic import Field

from appliance.config.schema.base import setting

LINE_WHY = 'needed where panel.lines is "gpio"'
NAMED_WHY = 'where panel.lines is "gpio": either pin, or chip and line'
LineName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,31}$")]


def pin_setting(example: int) -> Any:
    """A line by its number on a Raspberry Pi."""
    return setting(
        "Number of the GPIO line on a Raspberry Pi: 17 for GPIO17. This is not the number of the pin on the "
        "connector. On other boards give chip and line instead.",
        why=NAMED_WHY,
        default=None,
        ge=0,
        le=53,
        example=example,
    )


def chip_setting(why: str, example: str = "") -> Any:
    """The chip of a line."""
    return setting(
        "GPIO chip of the line: its label, as gpioinfo shows it (such as pinctrl-bcm2711), or its path if two chips "
        "have the same label.",
        allowed="at most 100 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
        example=example,
    )


def line_setting(why: str, example: str = "") -> Any:
    """A line by its name or offset on its chip."""
    return setting(
        "Name of the line on that chip, as gpioinfo shows it, or its offset.",
        allowed="at most 31 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )
