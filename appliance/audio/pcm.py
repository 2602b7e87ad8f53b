"""Why a PCM cannot be used: held by another program, one direction only, a rate or channels that it lacks."""

from collections.abc import Callable
from pathlib import Path

from appliance.audio.cards import alsa_library, card_named, holders
from appliance.base.errors import IntercomError
from appliance.core.model import SoundCard

RATE = 16000  # Hz, of pjsua2's bridge
VERBS = {"capture": "record", "playback": "play"}
Fault = tuple[str, str]  # why, and the remedy
Able = int | tuple[int, int] | list[int]


def fault(pcm: str, way: str, cards: tuple[SoundCard, ...], *, proc: Path = Path("/proc")) -> Fault | None:
    """The fault of a PCM that did not open in that direction; None if none is found."""
    card = card_named(pcm, cards)
    if card is None:
        return None
    if not getattr(card, way):
        able = ", ".join(each.pcm(getattr(each, way)[0]) for each in cards if getattr(each, way))
        remedy = f"Name another card: {able}." if able else f"Plug in a card that can {VERBS[way]}."
        return f"The card {card.id} ({card.name}) cannot {VERBS[way]}", remedy
    pid = holder(card, way, lambda pid: (proc / "self/task" / str(pid)).exists(), proc)
    if pid is not None:
        remedy = f"End it: only one program can use a card. ps -p {pid} names it."
        return f"The card {card.id} is in use by {program(pid, proc)}", remedy
    return unfit(pcm, way, card)


def holder(card: SoundCard, way: str, ours: Callable[[int], bool], proc: Path = Path("/proc")) -> int | None:
    """The process (or thread) other than ours that has a PCM of the card open in that direction."""
    return next((pid for pid in holders(card, way, proc) if not ours(pid)), None)


def unfit_of(pcm: str, way: str, cards: tuple[SoundCard, ...]) -> Fault | None:
    """The fault of a PCM that would open and then have a wrong pitch; looks at hw:… only."""
    card = card_named(pcm, cards)
    return None if card is None else unfit(pcm, way, card)


def unfit(pcm: str, way: str, card: SoundCard) -> Fault | None:
    """The fault of a PCM that converts nothing (hw:…) and lacks our rate or one channel.

    pjmedia takes the nearest rate without a word, and the sound then has a wrong pitch.
    """
    if not pcm.startswith("hw:"):
        return None
    try:
        alsa = alsa_library()
        kind = alsa.PCM_CAPTURE if way == "capture" else alsa.PCM_PLAYBACK
        opened = alsa.PCM(type=kind, mode=alsa.PCM_NONBLOCK, device=pcm)
    except (IntercomError, OSError):
        return None
    except alsa.ALSAAudioError:
        return None
    try:
        rates, channels = opened.getrates(), opened.getchannels()
    finally:
        opened.close()
    remedy = f"Name it {card.pcm()}, which converts rates and channels."
    if not _among(RATE, rates):
        return f"The card {card.id} has {_listed(rates)} Hz, and calls need {RATE} Hz", remedy
    if not _among(1, channels):
        return f"The card {card.id} has {_listed(channels)} channels, and calls need one", remedy
    return None


def _among(wanted: int, able: Able) -> bool:
    """Whether a card supports a value. pyalsaaudio gives one number, a tuple with both ends of a range, or a list."""
    if isinstance(able, int):
        return wanted == able
    return able[0] <= wanted <= able[1] if isinstance(able, tuple) else wanted in able


def _listed(able: Able) -> str:
    if isinstance(able, int):
        return f"only {able}"
    return f"{able[0]} to {able[1]}" if isinstance(able, tuple) else " or ".join(map(str, able))


def program(pid: int, proc: Path = Path("/proc")) -> str:
    """A process in words: its name, if it can be seen, and its number."""
    try:
        name = (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # systemd's ProtectProc= hides programs of other users from the service
        name = ""
    return f"{name or 'a program'} (process {pid})"
