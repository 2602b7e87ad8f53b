"""[keypad.NAME] and [reader.NAME]."""

from typing import Annotated, Any, Literal

from pydantic import Field

from appliance.config.schema.base import Table, setting
from appliance.config.schema.lines import LineName


def _own_chip(of: str) -> Any:
    return setting(
        f"GPIO chip of the lines: its label, as gpioinfo shows it. {of}",
        allowed="at most 100 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
    )


_RASPBERRY = '"": that of a Raspberry Pi, whose lines are GPIO0 to GPIO27.'


def _lines_of(what: str, example: list[str]) -> Any:
    return setting(
        f"Names of the lines of the {what}, as gpioinfo shows them, or their offsets.",
        allowed='a list of at most 8 texts such as ["GPIO5", "GPIO6"]',
        default=[],
        max_length=8,
        example=example,
    )


def _resistors(lines: str) -> Any:
    return setting(f"Resistors of {lines}. up: the chip's own, to 3.3 V. none: the wiring has its own.", default="up")


def _device(what: str) -> Any:
    return setting(
        f"Device of {what} on USB: its path, preferably one of /dev/input/by-id that ends in -event-kbd, or its "
        "name, as /proc/bus/input/devices shows it. No other program receives its keys.",
        allowed="at most 200 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,200}$",
    )


def _opened(how: str) -> Any:
    return setting(
        f"Doors that {how}, if the code or card is for them (intercomctl code): names of [door.…] tables.",
        default=[],
        example=["front"],
        live=True,
    )


class KeypadTable(Table):
    """A keypad. One [panel.keypad.<id>] for each.

    A keypad on lines has rows and columns, a keypad on USB has a device, and a keypad in a Wiegand reader has that
    reader.
    """

    chip: str = _own_chip(_RASPBERRY)
    rows: list[LineName] = _lines_of("rows, from above", ["GPIO5", "GPIO6", "GPIO13", "GPIO19"])
    columns: list[LineName] = _lines_of("columns, from the left", ["GPIO12", "GPIO16", "GPIO20"])
    keys: list[Annotated[str, Field(pattern=r"^[0-9*# ]{1,8}$")]] = setting(
        "Characters of the keys: a text for each row, with one character for each column.",
        allowed="a list of texts of 0 to 9, *, #, and a blank where there is no key",
        default=["123", "456", "789", "*0#"],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("the columns")
    debounce_ms: int = setting("Longest bounce of a key.", unit="ms", default=20, ge=0, le=200)
    settle_ms: int = setting(
        "How long a column takes to follow its row. Use more for long cables, or cables with capacitors.",
        unit="ms",
        default=1,
        ge=1,
        le=50,
    )
    device: str = _device("a keypad")
    doors: list[str] = _opened("codes that are typed there open")
    reader: str = setting(
        "The Wiegand reader that contains the keypad: the name of a [panel.reader.…] table.", default=""
    )


def _wiegand(which: str, example: str) -> Any:
    return setting(
        f"Name or offset of the line of a Wiegand reader's {which}.",
        allowed="at most 31 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )


class ReaderTable(Table):
    """A card reader. One [panel.reader.<id>] for each. A Wiegand reader has lines, a reader on USB has a device."""

    chip: str = _own_chip(_RASPBERRY)
    d0: str = _wiegand("D0, on which a pulse is a 0", "GPIO24")
    d1: str = _wiegand("D1, on which a pulse is a 1", "GPIO25")
    bits: list[Annotated[int, Field(ge=16, le=128)]] = setting(
        "Number of bits of the cards; frames of other lengths are discarded. For 26 and 34 bits the parity is "
        "checked and removed from the number; for others all bits are the number.",
        allowed="a list of whole numbers from 16 to 128",
        default=[26, 34],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("D0 and D1")
    timeout_ms: int = setting(
        "Time after the last bit at which a card is complete.", unit="ms", default=50, ge=5, le=1000
    )
    device: str = _device("a reader")
    doors: list[str] = _opened("cards that are read there open")
    tell_numbers: bool = setting(
        "Whether the event card.read contains the card's number. Anyone who can read the number can copy the card.",
        default=False,
        live=True,
    )
