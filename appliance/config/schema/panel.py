"""[panel] and [sensor.NAME]."""

from typing import Literal

from pydantic import Field

from appliance.config.schema.base import Id, Table, live_table, setting
from appliance.config.schema.buttons import ButtonTable, ChordTable
from appliance.config.schema.entry import KeypadTable, ReaderTable
from appliance.config.schema.lamps import LampTable
from appliance.config.schema.lines import NAMED_WHY, chip_setting, line_setting, pin_setting
from appliance.config.schema.policy import profile_setting
from appliance.core.model import SensorKind


class SensorTable(Table):
    """A contact to watch: of a door's leaf, of the panel's housing, or of something else."""

    pin: int | None = pin_setting(27)
    chip: str = chip_setting(NAMED_WHY)
    line: str = line_setting(NAMED_WHY)
    pull: Literal["up", "down", "none"] = setting(
        "Resistor inside the chip. up: the contact connects the line to ground. down: the contact connects it to "
        "3.3 V. none: the panel has its own resistor to 3.3 V, and the contact connects the line to ground.",
        default="up",
    )
    kind: SensorKind = setting(
        "contact: the leaf of a door; it is reported as open, or as forced if nobody had opened the door. tamper: "
        "while it is active, and for block_s after, doors open only from inside. motion: somebody comes near, as a "
        "PIR detects; displays wake up. other: only report an event.",
        example="contact",
        strict=False,
        live=True,
    )
    normally: Literal["closed", "open"] = setting(
        "The contact at rest, with the leaf shut or the housing intact. A contact that is closed at rest reports a "
        "cut wire as well.",
        default="closed",
    )
    debounce_ms: int = setting(
        "How long a new level must last before it counts. A leaf that shakes in the wind for a shorter time is neither "
        "opened nor forced.",
        unit="ms",
        default=200,
        ge=0,
        le=5000,
        live=True,
    )
    door: str = setting(
        "For a contact: the door of the leaf, the name of a [door.…] table.", default="", example="front", live=True
    )
    open_s: float = setting(
        "For a contact: how long the leaf may be open before an event reports it, unless the door is held open. 0: "
        "no limit.",
        unit="s",
        default=60.0,
        ge=0,
        le=86_400,
        live=True,
    )
    block_s: float = setting(
        "For a tamper contact: how long it keeps the doors locked, also after a restart; clients may end this. 0: "
        "only report an event.",
        unit="s",
        default=300.0,
        ge=0,
        le=86_400,
        live=True,
    )


class PanelTable(Table):
    """Buttons, chords, lamps, keypads, readers and sensors; each has its own table, such as [panel.button.<id>]."""

    lines: Literal["simulated", "gpio"] = setting(
        "The lines of the panel: the GPIO of the board, or simulated lines, pressed over HTTP.", default="gpio"
    )
    night: str = setting(
        "Night for lamps with a night_brightness, in local time. While the clock is not synchronised it is day. "
        "Empty: never.",
        allowed='"", or a text such as "22:00-06:30"',
        default="",
        pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        example="22:00-06:30",
        live=True,
    )
    night_profile: str = profile_setting(
        "Time profile that is night for lamps with a night_brightness, instead of the hours of night.",
        example="",
        live=True,
    )
    button: dict[Id, ButtonTable] = Field(default_factory=dict, description="The buttons.")
    chord: dict[Id, ChordTable] = live_table(default_factory=dict, description="Buttons that do something together.")
    lamp: dict[Id, LampTable] = Field(default_factory=dict, description="The lamps.")
    keypad: dict[Id, KeypadTable] = Field(default_factory=dict, description="The keypads.")
    reader: dict[Id, ReaderTable] = Field(default_factory=dict, description="The card readers.")
    sensor: dict[Id, SensorTable] = Field(default_factory=dict, description="The sensors.")
