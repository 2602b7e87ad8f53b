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
    """A button went down and up again before its long press, and no second click followed where that means anything."""

    TYPE = "button.clicked"


@dataclass(frozen=True, slots=True)
class ButtonDoubleClicked(ButtonEvent):
    """A button went down for the second time soon after it was clicked."""

    TYPE = "button.double_clicked"


@dataclass(frozen=True, slots=True)
class ButtonHeld(ButtonEvent):
    """A button has been down for its long press."""

    TYPE = "button.held"


@dataclass(frozen=True, slots=True)
class ButtonStuck(ButtonEvent):
    """A button has been down for so long that nobody can be pressing it; it counts for nothing until it is up."""

    TYPE = "button.stuck"


@dataclass(frozen=True, slots=True)
class ButtonChord(Event):
    """Buttons that mean something together were pressed together; `at`: CLOCK_MONOTONIC seconds of the last edge."""

    TYPE = "button.chord"
    chord: ButtonId
    buttons: tuple[ButtonId, ...]
    at: float


@dataclass(frozen=True, slots=True)
class LampChanged(Event):
    """A lamp is to shine otherwise."""

    TYPE = "lamp.changed"
    lamp: LampId
    pattern: Pattern
    color: str | None
    brightness: int
