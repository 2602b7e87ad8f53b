"""Sound cards and what the mixer of a card shows."""

import re
from enum import StrEnum

from appliance.base.record import Record


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


class AudioPart(Record):
    """The sound cards. cards: None until they were listed for the first time."""

    cards: tuple[SoundCard, ...] | None = None
