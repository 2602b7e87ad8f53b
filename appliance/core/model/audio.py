"""Sound cards, the levels of their mixers, the self-test, and searches in a call's sound."""

import re
from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import ButtonId, CallId, RequestId
from appliance.core.model.playbacks import Playback
from appliance.core.model.tones import EUROPE, PlayedTone

NULL = "null"  # in place of a PCM's name: none; its time comes from a clock of software
SPEAKER = "speaker"  # as the target of a link
SIMULATED = "simulated"  # none as well, with a simulated mixer
NO_CARD = frozenset({NULL, SIMULATED})


class SoundCard(Record):
    """A card of the kernel. `id` names it in ALSA in whatever order the cards appear; `number` does not.

    usb: it may appear late or disappear. screen: its sound goes to a monitor's cable. capture, playback: the numbers of
    the devices for each direction.
    """

    number: int
    id: str
    name: str
    usb: bool = False
    screen: bool = False
    capture: tuple[int, ...] = ()
    playback: tuple[int, ...] = ()

    @property
    def numbered(self) -> bool:
        """Whether the id ends in a number: the order of detection numbers cards with the same name."""
        return re.search(r"_\d+$", self.id) is not None

    def pcm(self, device: int = 0) -> str:
        """The PCM's name for the configuration; `plughw` converts rates and channels that the card lacks."""
        return f"plughw:CARD={self.id},DEV={device}"


class DevicesReason(StrEnum):
    """Why the list of cards is another: KERNEL: a card came, went or changed. START: the SIP process was replaced."""

    KERNEL = "kernel"
    START = "start"


class MixerLevel(Record):
    """The level of the speaker or the microphone in a card's mixer.

    element: "" if the mixer has none for it. percent: on the scale of `core.audio.scale`, or of the card where it has
    no dB. muted: whether its switch is off. None: the card does not say.
    """

    card: str
    profile: str = ""
    element: str = ""
    percent: float | None = None
    db: float | None = None
    min_db: float | None = None
    max_db: float | None = None
    muted: bool | None = None


class Level(Record):
    """A level that was set, in per cent, and its switch; None: left as the card has it.

    change: counts, so that a level is set again after another program has changed it.
    """

    percent: float | None = None
    muted: bool | None = None
    change: int = 0


class Levels(Record):
    """The levels that were set: of the speaker and of the microphone."""

    speaker: Level = Level()
    microphone: Level = Level()


class SoundMode(StrEnum):
    """Which way sound flows in a call.

    HALF_DUPLEX: from the louder side. PUSH_TO_TALK: from the visitor on order, else to the visitor.
    """

    FULL_DUPLEX = "full_duplex"
    HALF_DUPLEX = "half_duplex"
    PUSH_TO_TALK = "push_to_talk"


class AudioSettings(Record):
    """The PCMs of microphone and speaker as configured, and the highest levels that clients and buttons may set.

    country: whose telephone tones are played, of model.COUNTRIES. sounds: the directory of files to play. statistics_s:
    the interval of a call's statistics; 0: none but at its end.
    """

    capture: str = "default"
    playback: str = "default"
    max_volume: float = 100.0
    max_gain: float = 100.0
    country: str = EUROPE
    sounds: str = ""
    mode: SoundMode = SoundMode.FULL_DUPLEX
    statistics_s: int = 0


class SoundMeasured(Record):
    """The sweep as the microphone received it. Levels: mean powers in dBFS; 0 is a constant full amplitude.

    samples: of the microphone. quiet_dbfs: before the sweep. tone_dbfs: of the sweep alone, without the noise; None:
    the sweep was not heard. echo_db: the same against the sweep as it was played. echo_delay_ms: from the playing to
    the microphone. clipped: the share of the samples that were at the end of the scale.
    """

    samples: int = 0
    quiet_dbfs: float | None = None
    tone_dbfs: float | None = None
    echo_db: float | None = None
    echo_delay_ms: float | None = None
    clipped: float = 0.0


class SoundResult(StrEnum):
    """The result of a self-test of speaker and microphone.

    TOO_QUIET: heard, but hardly. CLIPPED: the microphone gets more than it can take. LOUD_ECHO: so loud that the echo
    canceller would take the visitor's voice away. NO_ECHO: the microphone does not hear the speaker. NO_CARD: there is
    no working sound card.
    """

    WORKS = "works"
    TOO_QUIET = "too_quiet"
    CLIPPED = "clipped"
    LOUD_ECHO = "loud_echo"
    NO_ECHO = "no_echo"
    NO_CARD = "no_card"


class SoundFindings(Record):
    """The result of a sound test, of what was measured and of what follows from it."""

    result: SoundResult
    advice: str | None
    heard: bool
    quiet_dbfs: float | None
    tone_dbfs: float | None
    echo_db: float | None
    echo_delay_ms: float | None
    clipped: float
    volume: float | None
    applied: bool


class SoundTrial(Record):
    """A self-test of speaker and microphone. `until`: when it is given up.

    request: None: a button started the test. apply: set the recommended volume.
    """

    id: str
    who: str
    seconds: float
    until: Deadline
    request: RequestId | None = None
    apply: bool = False


class PushToTalk(Record):
    """The visitor's turn to speak in a call, with push-to-talk. button: it ends when this is released."""

    call: CallId
    until: Deadline
    button: ButtonId | None = None


class LinkDirection(StrEnum):
    """Which way sound flows between a call and the target of a link."""

    TO = "to"
    FROM = "from"
    BOTH = "both"


class Link(Record):
    """Sound that a client sends from a call to a target, or brings from there.

    target: another call, the conference or SPEAKER; the last two only take sound. gain: in per cent.
    """

    call: CallId
    target: str
    direction: LinkDirection
    gain: float


class DetectionKind(StrEnum):
    """The searches that a client can order in the sound of a far end.

    BEEP: the tone after which an answering machine records a message. PROGRESS: tones of telephone networks.
    ANSWERING_MACHINE: whether a machine or a person has answered.
    """

    BEEP = "beep"
    PROGRESS = "progress"
    ANSWERING_MACHINE = "answering_machine"


class HeardTone(StrEnum):
    """A tone that a far end sent: the beep of an answering machine, or a progress tone (ITU-T E.180)."""

    BEEP = "beep"
    DIAL = "dial"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"


class Answerer(StrEnum):
    """Who has answered, by the first seconds of the sound. UNSURE: nobody spoke, or it is not clear who."""

    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"


class Finding(StrEnum):
    """The result of a search: a HeardTone, or an Answerer."""

    BEEP = "beep"
    DIAL = "dial"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"


class Detection(Record):
    """A search in the sound of a call's far end, which a client has ordered."""

    call: CallId
    kind: DetectionKind


class AudioPart(Record):
    """The sound cards. cards: None until they were listed for the first time. speaker, microphone: None: no card.

    tones, playbacks: of clients, at most one of each for each call and for the speaker. trial: the self-test that is
    running. talk: None: the visitor hears, or the mode is not push-to-talk. detections: the searches of clients in the
    sound of far ends. ringer_silent_until: None: the bell of incoming calls rings.
    """

    cards: tuple[SoundCard, ...] | None = None
    speaker: MixerLevel | None = None
    microphone: MixerLevel | None = None
    trial: SoundTrial | None = None
    tones: tuple[PlayedTone, ...] = ()
    playbacks: tuple[Playback, ...] = ()
    talk: PushToTalk | None = None
    links: tuple[Link, ...] = ()
    detections: tuple[Detection, ...] = ()
    ringer_silent_until: Deadline | None = None
    ringer_rests: bool = False  # whether its time profile is active

    def detected(self, call: CallId) -> tuple[DetectionKind, ...]:
        """The searches that run in the sound of a call."""
        return tuple(each.kind for each in self.detections if each.call == call)

    def linked(self, call: CallId) -> bool:
        """Whether a link has this call or leads to it."""
        return any(call in {each.call, each.target} for each in self.links)

    def tone(self, call: CallId | None) -> PlayedTone | None:
        """The tone that a client plays to that call, or on the speaker."""
        return next((tone for tone in self.tones if tone.call == call), None)

    def playback(self, call: CallId | None) -> Playback | None:
        """The sound that a client plays to that call, or on the speaker."""
        return next((each for each in self.playbacks if (each.speaker if call is None else each.call == call)), None)
