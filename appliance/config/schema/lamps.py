"""[lamp.NAME]: pictures, patterns, colors."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from appliance.config.schema.base import Name, Table, live_table, name_setting, setting
from appliance.config.schema.lines import NAMED_WHY, LineName, chip_setting, line_setting, pin_setting
from appliance.core.model import Pattern, Picture
from appliance.core.panel import colors


def _color(text: str) -> str:
    """A colour as #rrggbb. "" stays: none."""
    return colors.parse(text) if text else ""


def _pattern(text: str, default: Pattern | None = Pattern.OFF) -> Any:
    return setting(text, default=default, strict=False)


class PicturesTable(Table):
    """The pattern of the lamp in each situation.

    Patterns are off, on, slow (1 Hz), fast (4 Hz), and every 2 s double (two flashes) or pulse. A pulse glows up and
    down for a second on led and pwm, and is a flash on a line.

    Without this table the lamp shows the status of the station. With it, situations that are not named show off. If
    door_open, recording, speak or testing are given, the first of them that is true takes precedence over the others.
    """

    idle: Pattern = _pattern("No call; calls are possible.")
    dialing: Pattern = _pattern("This station is calling.")
    ringing: Pattern = _pattern("A call to this station is ringing.")
    in_call: Pattern = _pattern("A call is connected, with sound.")
    held: Pattern = _pattern("The call is held, by either side.")
    speak: Pattern | None = _pattern("The other side hears the microphone.", None)
    testing: Pattern | None = _pattern("Speaker and microphone are being tested.", None)
    recording: Pattern | None = _pattern("The call is recorded.", None)
    door_open: Pattern | None = _pattern("The relay of a door is energised.", None)
    error: Pattern = _pattern("A call failed, or a part does not work.")
    unregistered: Pattern = _pattern("SIP is not available, or none of the accounts is registered.")


_COLORS = f"{', '.join(colors.NAMES)}, or #rrggbb"
_Color = Annotated[str, AfterValidator(_color)]


def _color_settings() -> Any:
    """A colour for each picture, so that a new picture needs no line here."""
    return {name.value: (_Color, setting(f"Colour of {name}.", allowed=_COLORS, default="")) for name in Picture}


if TYPE_CHECKING:
    ColorsTable = Table
else:
    ColorsTable = create_model(
        "ColorsTable",
        __base__=Table,
        __doc__="Colours of the lamp for each situation, if they differ from `color`. "
        "Lines round each part to on or off.",
        **_color_settings(),
    )


# Without a check, for which pydantic would build what reads this table a second time.
STATUS = PicturesTable.model_construct(
    idle=Pattern.PULSE,
    dialing=Pattern.SLOW,
    ringing=Pattern.FAST,
    in_call=Pattern.ON,
    held=Pattern.SLOW,
    testing=Pattern.SLOW,
    door_open=Pattern.FAST,
    error=Pattern.FAST,
    unregistered=Pattern.OFF,
)


def _three(text: str, inner: str) -> Any:
    return setting(f"{text} for red, green and blue.", allowed=f"a list of three {inner}", default=[], max_length=3)


_CHANNEL = r"^[^\x00-\x1f\x7f/]{1,63}/[0-9]{1,3}$"
_Channel = Annotated[str, Field(pattern=_CHANNEL)]
_CHANNEL_ALLOWED = "a chip's name, / and a channel's number"


class LampTable(Table):
    """A lamp of the panel, wired to a line (on and off only), to a PWM channel, or to an LED of the kernel.

    `chip`, if given, is the chip of `line` or `rgb_lines`.
    """

    name: Name = name_setting("lamp", "Lamp of the bell")
    pin: int | None = pin_setting(22)
    chip: str = chip_setting(NAMED_WHY)
    line: str = line_setting(NAMED_WHY)
    active_low: bool = setting("Whether the lamp is on when its line, or PWM channel, is at 0 V.", default=False)
    led: str = setting(
        "Name of the kernel's LED device, as in /sys/class/leds, instead of a line. It has brightness, and colours "
        "if it is a multicolour LED.",
        allowed="at most 63 characters, without /",
        default="",
        pattern=r"^[^\x00-\x1f\x7f/]{0,63}$",
    )
    pwm: str = setting(
        "PWM channel of the lamp, instead of a line; it has brightness. The name of the chip is the name of its "
        "device, as `ls -l /sys/class/pwm` shows it.",
        allowed=_CHANNEL_ALLOWED,
        default="",
        pattern=rf"^$|{_CHANNEL}",
    )
    rgb_lines: list[LineName] = _three(
        "Lines of a lamp with colours, by name, or by offset where `chip` is given. Without it they are those of a "
        "Raspberry Pi, GPIO0 to GPIO27;",
        'texts such as ["GPIO5", "GPIO6", "GPIO13"]',
    )
    rgb_pwm: list[_Channel] = _three(
        "PWM channels, each as in pwm, of a lamp with colours;",
        'texts such as ["fe20c000.pwm/0", "fe20c000.pwm/1", "fe20c800.pwm/0"]',
    )
    common: Literal["cathode", "anode"] = setting(
        "For rgb_lines and rgb_pwm: the common connection of the three LEDs. cathode: common ground, on at 3.3 V. "
        "anode: common 3.3 V, on at 0 V.",
        default="cathode",
    )
    brightness: int = setting(
        "Brightness in percent of the maximum; a lamp on a line is only on or off.",
        unit="%",
        default=100,
        ge=1,
        le=100,
        live=True,
    )
    night_brightness: int | None = setting(
        "Brightness between the hours of panel.night. None: as by day.",
        unit="%",
        default=None,
        ge=1,
        le=100,
        example=20,
        live=True,
    )
    color: _Color = setting(
        "Colour for situations that `colors` does not name. Empty: white. Only with led, rgb_lines or rgb_pwm.",
        allowed=_COLORS,
        default="",
        live=True,
    )
    pictures: PicturesTable = live_table(default=STATUS, description="Pattern of each situation; a table of its own.")
    colors: ColorsTable = live_table(
        default_factory=ColorsTable, description="Colour of each situation; a table of its own."
    )
