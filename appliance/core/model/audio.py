"""Sound cards and what the mixer of a card shows."""

import re
from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.ids import CallId
from appliance.core.model.playbacks import Playback
from appliance.core.model.tones import EUROPE, PlayedTone

NULL = "null"  # in place of a PCM's name: none; its time comes from a clock of software
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
        """Whether another card of the same kind got its name first: then their order decides which is which."""
        return re.search(r"_\d+$", self.id) is not None

    def pcm(self, device: int = 0) -> str:
        """The PCM's name for the configuration; `plughw` converts rates and channels that the card lacks."""
        return f"plughw:CARD={self.id},DEV={device}"


class DevicesReason(StrEnum):
    """Why the list of cards is another: KERNEL: a card came, went or changed. START: the SIP process was replaced."""

    KERNEL = "kernel"
    START = "start"


class MixerLevel(Record):
    """What the mixer of a card shows for the speaker or the microphone.

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


class Levels(Record):
    """Levels that were set, in per cent and as switches; None: left as the card has them.

    change: counts, so that a level is set again after another program has changed it.
    """

    volume: float | None = None
    gain: float | None = None
    speaker_muted: bool | None = None
    microphone_muted: bool | None = None
    change: int = 0


class AudioSettings(Record):
    """The PCMs of microphone and speaker as configured, and the highest levels that clients and buttons may set.

    country: whose telephone tones are played, of model.COUNTRIES. sounds: the directory of files to play.
    """

    capture: str = "default"
    playback: str = "default"
    max_volume: float = 100.0
    max_gain: float = 100.0
    country: str = EUROPE
    sounds: str = ""


class AudioPart(Record):
    """The sound cards. cards: None until they were listed for the first time. speaker, microphone: None: no card.

    tones, playbacks: what clients play, at most one of each for each call and for the speaker.
    """

    cards: tuple[SoundCard, ...] | None = None
    speaker: MixerLevel | None = None
    microphone: MixerLevel | None = None
    tones: tuple[PlayedTone, ...] = ()
    playbacks: tuple[Playback, ...] = ()

    def tone(self, call: CallId | None) -> PlayedTone | None:
        """The tone that a client plays to that call, or on the speaker."""
        return next((tone for tone in self.tones if tone.call == call), None)

    def playback(self, call: CallId | None) -> Playback | None:
        """The sound that a client plays to that call, or on the speaker."""
        return next((each for each in self.playbacks if (each.speaker if call is None else each.call == call)), None)
