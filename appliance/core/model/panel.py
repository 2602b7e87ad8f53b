"""Buttons, lamps and self-tests of the panel."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline, Often
from appliance.core.model.ids import ButtonId, DoorId, LampId

# A digit's tone, and the pause behind it, in which its last packets are repeated (ITU-T Q.24 wants 40 ms of each).
DIGIT_S, PAUSE_S = 0.2, 0.1


class Action(StrEnum):
    """Action of a button. EXIT: an indoor button that opens the door. VOLUME_…: the speaker, by one step.

    AUDIO_TEST: the self-test of speaker and microphone. TALK: push-to-talk, while the button is down.
    """

    RING = "ring"
    ANSWER = "answer"
    HANGUP = "hangup"
    HOLD = "hold"
    SWITCH = "switch"
    DOOR = "door"
    EXIT = "exit"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"
    AUDIO_TEST = "audio_test"
    TALK = "talk"
    NONE = "none"


class Pattern(StrEnum):
    """How a lamp shines. SLOW: 1 Hz, FAST: 4 Hz, both half on; every 2 s, DOUBLE: two flashes, PULSE: a soft pulse.

    A lamp on a plain line cannot dim; its PULSE is one flash.
    """

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    PULSE = "pulse"
    DOUBLE = "double"


class LampOutput(Record):
    """The desired light of a lamp: `color` as #rrggbb, None if fixed by the lamp; `brightness` in % of its maximum."""

    pattern: Pattern
    color: str | None = None
    brightness: int = 100


DARK = LampOutput(Pattern.OFF, None, 0)


class Picture(StrEnum):
    """The conditions that lamps can show. A lamp shows the first active picture that it has a pattern for.

    The order is door_open, error in a call whose sound card is lost, recording, speak, testing, and then the only
    active picture of the rest.
    """

    IDLE = "idle"
    DIALING = "dialing"
    RINGING = "ringing"
    IN_CALL = "in_call"
    HELD = "held"
    SPEAK = "speak"
    TESTING = "testing"
    RECORDING = "recording"
    DOOR_OPEN = "door_open"
    ERROR = "error"
    UNREGISTERED = "unregistered"


class ButtonSettings(Record):
    """A call button. target: the target or plan to ring; door: the station's door to open.

    Without a `door`, the action door sends `digits` to the far end of the call, which opens the visitor's door.
    min_press_s: anything shorter is not a press. debounce_s: how long a contact bounces at most. double_s: longest
    pause between the first press's end and the second press of a double click. stuck_s: a button that is down for so
    long is stuck; None: never. display_name: its name for people; "": its id. digit_s, pause_s: the length of each
    digit, and of the silence behind it.
    """

    id: ButtonId
    action: Action
    long_action: Action | None = None
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    digit_s: float = DIGIT_S
    pause_s: float = PAUSE_S
    debounce_s: float = 0.03
    long_press_s: float = 1.0
    double_action: Action | None = None
    double_s: float = 0.3
    min_press_s: float = 0.0
    stuck_s: float | None = None
    display_name: str = ""


class ChordSettings(Record):
    """Buttons with an action of their own when the last is pressed within `within_s` of the first.

    None of them acts alone before that time has passed. The other fields: as a button's.
    """

    id: ButtonId
    buttons: tuple[ButtonId, ...]
    action: Action
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    digit_s: float = DIGIT_S
    pause_s: float = PAUSE_S
    within_s: float = 0.1


class LampSettings(Record):
    """A lamp: its pattern in each picture; off if no active picture has a pattern.

    color: for pictures without an entry in `colors`; None: the lamp has only one colour. Brightness in %, by day and
    night. display_name: its name for people; "": its id.
    """

    id: LampId
    pictures: tuple[tuple[Picture, Pattern], ...] = ()
    color: str | None = None
    colors: tuple[tuple[Picture, str], ...] = ()
    brightness: int = 100
    night_brightness: int = 100
    display_name: str = ""


class Press(Record):
    """A button that is down, or whose line has changed recently.

    level: of the line, since `edge_at`. settles: when that level counts, or the button is at rest; inf: nothing to
    expect. down: counts as down, since `pressed_at`. acted: a click has no further action. spent: its release is not a
    click. chord_until: it may become part of a chord; long_at: the long press is due; stuck_at: it counts as stuck
    then. clicked_at, click_until: it was clicked, and waits for a second click. release_at: a client holds it down
    until then. glitches: pulses too short for a press, since it was last at rest. chatters: it was pressed more often
    than anybody can, and must be quiet first.
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
    chatters: bool = False


class LampTrial(Record):
    """A self-test of a lamp: it shines like this until then, whatever the panel shows."""

    lamp: LampId
    pattern: Pattern
    until: Deadline
    color: str | None = None


class LampKind(Record):
    """The abilities of a lamp's hardware: brightness between off and full, and colours."""

    dims: bool
    colors: bool


class PanelPart(Record):
    """The buttons, the lamps, and the self-tests of lamps."""

    presses: tuple[tuple[ButtonId, Press], ...] = ()
    glitches: tuple[tuple[ButtonId, int], ...] = ()  # pulses of each button's line that were too short for a press
    strokes: tuple[tuple[ButtonId, Often], ...] = ()  # how often each button's line has pressed it
    error_until: Deadline | None = None  # until then the panel shows an error, and the speaker plays its tone
    busy_until: Deadline | None = None  # until then it shows, also beside a call, that a press rings nobody
    lamp_trials: tuple[LampTrial, ...] = ()
    lamp_kinds: tuple[tuple[LampId, LampKind], ...] = ()  # lamps whose hardware was found
