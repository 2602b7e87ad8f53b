"""Buttons, lamps, and faults of panel and sound."""

from appliance.core.events.base import Event
from appliance.core.model import ButtonId, LampId, Pattern


class ButtonEvent(Event):
    """An event of a button; `at`: CLOCK_MONOTONIC seconds of the edge."""

    button: ButtonId
    at: float


class ButtonPressed(ButtonEvent):
    """A button went down. `at`: CLOCK_MONOTONIC seconds of the edge."""

    TYPE = "button.pressed"


class ButtonReleased(ButtonEvent):
    """A button came up. `at`: CLOCK_MONOTONIC seconds of the edge."""

    TYPE = "button.released"


class ButtonClicked(ButtonEvent):
    """A button was pressed and released before its long press, and no double click followed.

    `at`: CLOCK_MONOTONIC seconds of the release.
    """

    TYPE = "button.clicked"


class ButtonDoubleClicked(ButtonEvent):
    """A button was pressed a second time soon after a click. `at`: CLOCK_MONOTONIC seconds of that press."""

    TYPE = "button.double_clicked"


class ButtonHeld(ButtonEvent):
    """A button has been down for the time of a long press. `at`: CLOCK_MONOTONIC seconds of its end."""

    TYPE = "button.held"


class ButtonStuck(ButtonEvent):
    """A button has been down for too long, or since before the station began to read its line, or its contact chatters.

    The station ignores the button until its release, after a chatter for ten seconds.

    at: CLOCK_MONOTONIC seconds when the button counted as stuck.
    """

    TYPE = "button.stuck"


class ButtonChord(Event):
    """The buttons of a chord were pressed together; `at`: CLOCK_MONOTONIC seconds of the last edge."""

    TYPE = "button.chord"
    chord: str
    buttons: tuple[ButtonId, ...]
    at: float


class LampChanged(Event):
    """The pattern, colour or brightness of a lamp has changed."""

    TYPE = "lamp.changed"
    lamp: LampId
    pattern: Pattern
    color: str | None
    brightness: int
