"""Buttons, lamps, tones and self-tests of the panel."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.ids import ButtonId, DoorId, LampId, RequestId


class Action(StrEnum):
    """What a button does. Exit: it is inside, and lets out."""

    RING = "ring"
    ANSWER = "answer"
    HANGUP = "hangup"
    HOLD = "hold"
    SWITCH = "switch"
    DOOR = "door"
    EXIT = "exit"
    NONE = "none"


class Pattern(StrEnum):
    """How a lamp shines. Slow: 1 Hz, fast: 4 Hz, both half on; every 2 s double: two flashes, pulse: softly.

    A pulse is one flash of a lamp at a line.
    """

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    PULSE = "pulse"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Shine:
    """How a lamp is to shine: `color` (#rrggbb) None where it has one of its own, `brightness` in % of what it can."""

    pattern: Pattern
    color: str | None = None
    brightness: int = 100


DARK = Shine(Pattern.OFF, None, 0)


class Picture(StrEnum):
    """What the panel shows. Of those that are true a lamp shows the first that it has a pattern for.

    That order is door_open, recording, speak, and then the one of the others that is true.
    """

    IDLE = "idle"
    DIALING = "dialing"
    RINGING = "ringing"
    IN_CALL = "in_call"
    HELD = "held"
    SPEAK = "speak"
    RECORDING = "recording"
    DOOR_OPEN = "door_open"
    ERROR = "error"
    UNREGISTERED = "unregistered"


class Tone(StrEnum):
    """A sound on the station's own speaker; confirm: to a far end that must press a digit first."""

    DIALING = "dialing"
    RINGING = "ringing"
    HELD = "held"
    WAITING = "waiting"
    AUTO_ANSWER = "auto_answer"
    CONFIRM = "confirm"
    ENDING = "ending"
    ERROR = "error"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    """A call button; `target` names whom it rings, `door` which door of ours it opens.

    Without a `door`, the action door sends `digits` to the far end of the call, which opens the visitor's door.
    min_press_s: what is shorter is no press. debounce_s: a contact bounces no longer. double_s: a second press counts
    as of the same double click until so long after the first one's end. stuck_s: who is down so long is stuck; None:
    nobody ever is.
    """

    id: ButtonId
    action: Action
    long_action: Action | None = None
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    debounce_s: float = 0.03
    long_press_s: float = 1.0
    double_action: Action | None = None
    double_s: float = 0.3
    min_press_s: float = 0.0
    stuck_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChordSettings:
    """Buttons that mean something of their own when the last is pressed within `within_s` of the first.

    None of them means anything alone before that time is over. `target`, `door` and `digits`: as a button's.
    """

    id: ButtonId
    buttons: tuple[ButtonId, ...]
    action: Action
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    within_s: float = 0.1


@dataclass(frozen=True, slots=True)
class LampSettings:
    """A lamp: what it shows in each picture; off where none of those that are true is named.

    color: where a picture has none in `colors`; None: of a lamp that has one only. Brightness in %, by day and night.
    """

    id: LampId
    pictures: tuple[tuple[Picture, Pattern], ...] = ()
    color: str | None = None
    colors: tuple[tuple[Picture, str], ...] = ()
    brightness: int = 100
    night_brightness: int = 100


@dataclass(frozen=True, slots=True)
class Press:
    """A button that is down, or whose line has changed lately.

    level: of the line, since `edge_at`. settles: it is believed then, or the button at rest; inf: it says nothing new.
    down: believed to be, since `pressed_at`. acted: a click does nothing more. spent: its release will be no click.
    chord_until: it may become part of a chord; long_at: the long press is due; stuck_at: it counts as stuck then.
    clicked_at, click_until: it was clicked, and waits for a second. release_at: a client holds it down until then.
    glitches: pulses too short for a press, since it was last at rest.
    """

    level: bool
    edge_at: float
    settles: float
    down: bool = False
    pressed_at: float = 0.0
    acted: bool = False
    spent: bool = False
    chord_until: float | None = None
    long_at: float | None = None
    stuck_at: float | None = None
    stuck: bool = False
    clicked_at: float = 0.0
    click_until: float | None = None
    release_at: float | None = None
    glitches: int = 0


@dataclass(frozen=True, slots=True)
class LampTrial:
    """Somebody looks whether a lamp works: it shines so, whatever the panel shows, until then."""

    lamp: LampId
    pattern: Pattern
    until: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class LampKind:
    """What a lamp's hardware can: brightness between off and full, and colours."""

    dims: bool
    colors: bool


@dataclass(frozen=True, slots=True)
class SoundTrial:
    """Somebody wants to know whether speaker and microphone work: first silence is listened to, then a tone is played.

    quiet, loud: the microphone's highest level in dBFS, before the tone and with it; None: nothing measured yet.
    """

    request: RequestId
    tone_at: float
    until: float
    quiet: float | None = None
    loud: float | None = None
