"""[button.NAME] and [chord.NAME]."""

from typing import Any, Literal

from appliance.config.schema.base import Name, Table, name_setting, setting
from appliance.config.schema.lines import NAMED_WHY, chip_setting, line_setting, pin_setting
from appliance.core.model import DIGIT_S, PAUSE_S, Action


def target_setting() -> Any:
    """The target that a button or chord rings."""
    return setting(
        'Target that the button rings: the name of a [target.…] or [plan.…] table, or "browsers", the page without any '
        "phone. Required for the action ring.",
        default="",
        example="kitchen",
        live=True,
    )


def door_setting() -> Any:
    """The door that a button or chord opens."""
    return setting(
        "Door of this station that the button opens: the name of a [door.…] table. For the actions door and exit.",
        default="",
        live=True,
    )


def digits_setting() -> Any:
    """The digits that a button or chord sends."""
    return setting(
        "Digits (DTMF) that the action door sends in a call, to open a door at the far end.",
        allowed="at most 8 of 0 to 9, * and #",
        default="",
        pattern=r"^[0-9*#]{0,8}$",
        secret=True,
        live=True,
    )


def digit_ms_setting() -> Any:
    """The length of each digit that a button or chord sends."""
    return setting(
        "Length of each of the `digits`: some door stations take no digit that is shorter than 300 ms.",
        unit="ms",
        default=round(DIGIT_S * 1000),
        ge=40,
        le=1000,  # beyond 1,365 ms an event needs parts by Opus, whose clock has 48,000 Hz (RFC 4733 section 2.5.1.3)
        live=True,
    )


def digit_pause_ms_setting() -> Any:
    """The pause between the digits of a button or chord."""
    return setting(
        "Pause between two of the `digits`. Digits that go by INFO (see sip.digits_otherwise) follow at once.",
        unit="ms",
        default=round(PAUSE_S * 1000),
        ge=60,
        le=2000,
        live=True,
    )


class ButtonTable(Table):
    """A button of the panel."""

    name: Name = name_setting("button", "Bell")
    pin: int | None = pin_setting(17)
    chip: str = chip_setting(NAMED_WHY)
    line: str = line_setting(NAMED_WHY)
    pull: Literal["up", "down", "none"] = setting(
        "Resistor inside the chip. up: the button connects the line to ground. down: the button connects it to 3.3 "
        "V. none: the panel has its own resistor to 3.3 V, and the button connects the line to ground.",
        default="up",
    )
    action: Action = setting(
        "Action of a press: ring the target, answer, hang up, hold (or resume), switch to the waiting or held call, "
        "open a door. talk: with `audio.mode` push_to_talk, let the caller hear the visitor while the button is down. "
        "exit: open a door from inside, by a button or a detector; tampering outside does not block it. none: only "
        "report an event.",
        example="ring",
        strict=False,
        live=True,
    )
    long_action: Action | None = setting(
        "Action of a long press. Without it, a press acts at once, not at the release.",
        default=None,
        example="hangup",
        strict=False,
        live=True,
    )
    double_action: Action | None = setting(
        "Action of a double click. With it, a single click waits for a possible second one.",
        default=None,
        example="none",
        strict=False,
        live=True,
    )
    target: str = target_setting()
    door: str = door_setting()
    digits: str = digits_setting()
    digit_ms: int = digit_ms_setting()
    digit_pause_ms: int = digit_pause_ms_setting()
    min_press_ms: int = setting(
        "Shortest press, so that a disturbance on a long cable does not ring; it delays the action. GET /v1/panel "
        "shows how many pulses were too short.",
        unit="ms",
        default=5,
        ge=0,
        le=500,
        live=True,
    )
    debounce_ms: int = setting(
        "Longest bounce of the contact: the button counts as released after the line has been at rest for this time.",
        unit="ms",
        default=30,
        ge=0,
        le=1000,
        live=True,
    )
    long_press_ms: int = setting(
        "Duration from which a press is long.", unit="ms", default=1000, ge=200, le=10_000, live=True
    )
    double_ms: int = setting(
        "Longest time between a click and a second press that make a double click.",
        unit="ms",
        default=300,
        ge=100,
        le=2000,
        live=True,
    )
    stuck_s: int = setting(
        "Time after which a pressed button counts as stuck. An event reports it, and the button is ignored until it "
        "is released. 0: never.",
        unit="s",
        default=60,
        ge=0,
        le=3600,
        live=True,
    )


class ChordTable(Table):
    """Two buttons that do something else when they are pressed together.

    Each of them waits `within_ms` before it acts alone.
    """

    buttons: list[str] = setting(
        "The two buttons: names of [panel.button.…] tables.",
        allowed="a list of two names",
        min_length=2,
        max_length=2,
        example=["ring", "exit"],
    )
    action: Action = setting(
        "Action of both buttons together; the values are those of a button's action.", example="hangup", strict=False
    )
    target: str = target_setting()
    door: str = door_setting()
    digits: str = digits_setting()
    digit_ms: int = digit_ms_setting()
    digit_pause_ms: int = digit_pause_ms_setting()
    within_ms: int = setting("Longest time between the two presses.", unit="ms", default=100, ge=20, le=1000)
