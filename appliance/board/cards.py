"""The sound cards, as the kernel lists them in /proc/asound, with names that are the same after each boot."""

import ctypes
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

# As in " 1 [usbphone       ]: USB-Audio - USB Phone": sound/core/init.c, snd_card_info_read.
_CARD = re.compile(r"^ *(?P<number>\d+) \[(?P<id>[^\]]*?) *\]: (?P<driver>.*?) - (?P<name>.*)$", re.MULTILINE)
# As in "01-00: USB Audio : USB Audio : playback 1 : capture 1": sound/core/pcm.c, snd_pcm_proc_read.
_PCM = re.compile(r"^(?P<card>\d+)-(?P<device>\d+): .*?(?P<ways>(?: : (?:playback|capture) \d+)*)$", re.MULTILINE)
LIBC = ctypes.CDLL(None)
_OF_CARD = re.compile(r"CARD=(?P<id>[^,]+)|^(?:plug)?hw:(?P<short>(?!CARD=)[^,]+)")


@dataclass(frozen=True, slots=True)
class SoundCard:
    """A card. `id` names it in ALSA in whatever order the cards appear; `number` does not.

    capture, playback: the numbers of the devices for each direction.
    """

    number: int
    id: str
    driver: str
    name: str
    capture: tuple[int, ...]
    playback: tuple[int, ...]

    @property
    def usb(self) -> bool:
        """Whether it is a USB card, which may appear late or disappear."""
        return self.driver.startswith("USB-Audio")

    @property
    def screen(self) -> bool:
        """Whether its sound goes to a monitor's cable."""
        return "hdmi" in f"{self.id} {self.driver} {self.name}".lower()

    @property
    def numbered(self) -> bool:
        """Whether another card of the same kind got its name first: then their order decides which is which."""
        return re.search(r"_\d+$", self.id) is not None

    def pcm(self, device: int = 0) -> str:
        """The PCM's name for the configuration; `plughw` converts rates and channels that the card lacks."""
        return f"plughw:CARD={self.id},DEV={device}"


def cards(proc: Path = Path("/proc")) -> tuple[SoundCard, ...]:
    """All cards, in the kernel's order; none without sound in the kernel."""
    listed, pcms = _text(proc / "asound/cards"), _text(proc / "asound/pcm")
    ways: dict[str, list[tuple[int, int]]] = {"capture": [], "playback": []}
    for found in _PCM.finditer(pcms):
        for way, devices in ways.items():
            if f" : {way} " in found["ways"]:
                devices.append((int(found["card"]), int(found["device"])))
    return tuple(
        SoundCard(
            number=(number := int(found["number"])),
            id=found["id"],
            driver=found["driver"],
            name=found["name"],
            capture=tuple(device for card, device in ways["capture"] if card == number),
            playback=tuple(device for card, device in ways["playback"] if card == number),
        )
        for found in _CARD.finditer(listed)
    )


def pcms() -> tuple[str, ...] | None:
    """The names of all PCMs in ALSA's configuration, without opening any; None without the ALSA library."""
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return None
    alsa.snd_device_name_get_hint.restype = ctypes.c_void_p
    alsa.snd_device_name_get_hint.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if alsa.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)) < 0:
        return None
    names = []
    for place in itertools.count():
        if not (hint := hints[place]):  # the list ends with a null pointer
            break
        if name := alsa.snd_device_name_get_hint(hint, b"NAME"):
            names.append(ctypes.string_at(name).decode(errors="replace"))
            LIBC.free(ctypes.c_void_p(name))
    alsa.snd_device_name_free_hint(hints)
    return tuple(names)


def card_of(pcm: str) -> str | None:
    """The id or number of the card that a PCM's name means; None for names without a card, as "default" or "null"."""
    found = _OF_CARD.search(pcm)
    return found and (found["id"] or found["short"])


def holders(card: SoundCard, way: str, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """The processes (or threads) that have a PCM of the card open for "capture" or "playback"."""
    letter = {"capture": "c", "playback": "p"}[way]
    statuses = (proc / f"asound/card{card.number}").glob(f"pcm*{letter}/sub*/status")
    owners = (re.search(r"^owner_pid *: *(\d+)", _text(status), re.MULTILINE) for status in sorted(statuses))
    return tuple(int(owner[1]) for owner in owners if owner)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
