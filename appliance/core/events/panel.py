"""Buttons, lamps, and faults of panel and sound."""

from dataclasses import dataclass

from appliance.core.events.base import Event
from appliance.core.model import ButtonId, LampId, Pattern


@dataclass(frozen=True, slots=True)
class ButtonEvent(Event):
    """An event of a button; `at`: CLOCK_MONOTONIC seconds of the edge."""

    button: ButtonId
    at: float


@dataclass(frozen=True, slots=True)
class ButtonPressed(ButtonEvent):
    """A button went down."""

    TYPE = "button.pressed"


@dataclass(frozen=True, slots=True)
class ButtonReleased(ButtonEvent):
    """A button came up."""

    TYPE = "button.released"


@dataclass(frozen=True, slots=True)
class ButtonClicked(ButtonEvent):
    """A button was pressed and released before its long press, and no double click followed."""

    TYPE = "button.clicked"


@dataclass(frozen=True, slots=True)
class ButtonDoubleClicked(ButtonEvent):
    """A button was pressed a second time soon after a click."""

    TYPE = "button.double_clicked"


@dataclass(frozen=True, slots=True)
class ButtonHeld(ButtonEvent):
    """A button has been down for the time of a long press."""

    TYPE = "button.held"


@dataclass(frozen=True, slots=True)
class ButtonStuck(ButtonEvent):
    """A button has been down for too long; it is ignored until it is released."""

    TYPE = "button.stuck"


@dataclass(frozen=True, slots=True)
class ButtonChord(Event):
    """The buttons of a chord were pressed together; `at`: CLOCK_MONOTONIC seconds of the last edge."""

    TYPE = "button.chord"
    chord: ButtonId
    buttons: tuple[ButtonId, ...]
    at: float


@dataclass(frozen=True, slots=True)
class LampChanged(Event):
    """The pattern, colour or brightness of a lamp has changed."""

    TYPE = "lamp.changed"
    lamp: LampId
    pattern: Pattern
    color: str | None
    brightness: int
