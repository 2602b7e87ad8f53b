"""What should hold now: conditions, computed after each step by `desired_state.desired`; adapters make each part so.

A part is given to its adapter whenever it changed, and again whole after the adapter came back.
"""

from dataclasses import dataclass, field

from appliance.core.model import CallId, DoorId, Kept, LampId, QuietHours, RecordingId, Shine, Tone


@dataclass(frozen=True, slots=True)
class CallMedia:
    """What should be true of a call's audio.

    held: we hold it (re-INVITE sendonly). microphone, speaker: routed to and from it. tone: ours is sent to it.
    asks: the far end's changes wait for our word.
    recording: the one whose file is ready at its path; both directions go into it. transferable: its far end may ask us
    to talk with somebody else (REFER), and somebody else may take its place (Replaces). confirm: the tone that asks for
    a digit is sent to it. inband: digits in the sound itself are listened for.
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


@dataclass(frozen=True, slots=True)
class Sound:
    """The SIP process's part: each living call's audio, the tone on the station's own speaker, and who is known.

    measure: the microphone's level is to be told, and the speaker to be heard in it: no echo is cancelled.
    peers: hosts of the configured targets, who are never shut out for calling too often.
    encrypted: hosts whose calls through no account are encrypted, and how: optional or mandatory.
    links: who hears whom beside the panel, as pairs of speaking and hearing call; what it hears is recorded as well.
    """

    calls: tuple[CallMedia, ...] = ()
    tone: Tone | None = None
    measure: bool = False
    peers: tuple[str, ...] = ()
    encrypted: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[CallId, CallId], ...] = ()


@dataclass(frozen=True, slots=True)
class RelayPulse:
    """The exception: a pulse is energised at most once (docs/explanation/architecture.md). Nanoseconds.

    hold: the guard bounds it by the door's longest hold instead.
    """

    door: DoorId
    id: int
    until: int
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Desired:
    """All parts."""

    lamps: tuple[tuple[LampId, Shine], ...] = ()
    sound: Sound = Sound()
    relays: tuple[RelayPulse, ...] = ()
    recordings: tuple[RecordingId, ...] = ()  # being written: their headers are kept right
    quiet_hours: QuietHours = field(default_factory=QuietHours)  # their begin and end are to be told
    kept: Kept = field(default_factory=Kept)  # to be on disc
    wake_at: float | None = None  # the earliest deadline: a Tick is due then
    status: str = ""  # one line for people
