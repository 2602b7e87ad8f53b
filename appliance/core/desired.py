"""The desired state: conditions that `desired_state.desired` computes after each step and adapters bring about.

An adapter gets its part whenever the part changes, and all of it again after the adapter was restarted.
"""

from appliance.base.record import Record, Tagged
from appliance.core.model import (
    CallId,
    CountryTone,
    DetectionKind,
    DoorId,
    LampId,
    LampOutput,
    Level,
    PersistentState,
    PlayedFile,
    RecordingId,
    Tone,
)


class Capture(Record):
    """The content of a call's recording. local, remote: record the side of the station, of the far end; else silence.

    paused: write nothing for this time. separate: each side has its own channel, the station's the left.
    """

    local: bool = True
    remote: bool = True
    paused: bool = False
    separate: bool = False


class CallMedia(Record):
    """The desired audio of a call.

    held: we hold it (re-INVITE sendonly). microphone, speaker: routed to and from it. tone: our tone is sent to it.
    recording: the recording whose file is ready; capture: the sides that the file takes. transferable: the far end may
    ask us to talk with somebody else (REFER), and somebody else may take its place (Replaces). confirm: the tone that
    asks for a digit is sent to it. asks: the far end's changes wait for our decision. inband: detect DTMF digits in the
    sound. plays: a tone for the far end alone. detect: the searches in the received sound that clients have ordered.
    """

    call: CallId
    held: bool
    microphone: bool
    speaker: bool
    tone: bool
    recording: RecordingId | None
    transferable: bool = False
    confirm: bool = False
    asks: bool = False
    inband: bool = False
    plays: CountryTone | None = None
    capture: Capture = Capture()
    detect: tuple[DetectionKind, ...] = ()


class SoundTest(Record):
    """A sound test: play a sweep of `seconds` on the speaker, and report how the microphone receives it."""

    id: str
    seconds: float


class Sound(Tagged):
    """The part of the SIP process: each living call's audio, the tone on the station's speaker, and known hosts.

    test: the self-test of speaker and microphone that is to be performed, without echo cancellation.
    peers: hosts of the configured targets, which flood protection never shuts out.
    encrypted: hosts whose calls outside accounts are encrypted: optional or mandatory.
    volume, gain: the levels of the speaker and of the microphone. plays: a tone on the speaker, beside `tone`. country:
    how `tone` sounds.
    links: pairs (speaking call, hearing call) that hear each other beside the panel; recordings include this sound.
    sent: (speaking call, hearing call or None for the speaker, gain in per cent), on the order of a client.
    message: the recording of the microphone without a call.
    """

    calls: tuple[CallMedia, ...] = ()
    tone: Tone | None = None
    test: SoundTest | None = None
    peers: tuple[str, ...] = ()
    encrypted: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[CallId, CallId], ...] = ()
    volume: Level = Level()
    gain: Level = Level()
    plays: CountryTone | None = None
    country: str = ""
    files: tuple[PlayedFile, ...] = ()
    sent: tuple[tuple[CallId, CallId | None, float], ...] = ()
    message: RecordingId | None = None


class RelayPulse(Record):
    """The exception: a pulse energises at most once (docs/explanation/architecture.md). `until` in nanoseconds.

    hold: the guard limits it by the door's longest hold, not by its longest pulse.
    """

    door: DoorId
    id: int
    until: int
    hold: bool = False


class Desired(Record):
    """The desired state: one part for each adapter."""

    lamps: tuple[tuple[LampId, LampOutput], ...] = ()
    sound: Sound = Sound()
    relays: tuple[RelayPulse, ...] = ()
    recordings: tuple[RecordingId, ...] = ()  # being written: their headers are kept up to date
    kept: PersistentState = PersistentState()  # to be on disc
    wake_at: float | None = None  # the earliest deadline, CLOCK_MONOTONIC seconds: a Tick is due then
    status: str = ""  # one line for people
