"""The sound cards, as ALSA lists them (pyalsaaudio), with names that are the same after each boot."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from appliance.base import libraries
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import SoundCard

SND = Path("/dev/snd")  # exists while the kernel has a card, or could have one
_OF_CARD = re.compile(r"CARD=(?P<id>[^,]+)|^(?:plug)?hw:(?P<short>(?!CARD=)[^,]+)")
_HARDWARE = re.compile(r"hw:CARD=(?P<card>[^,]+),DEV=(?P<device>\d+)")
_ON_USB = " at usb-"  # in the kernel's long name: "C-Media USB Phone at usb-0000:01:00.0-1.2, full speed"


def cards() -> tuple[SoundCard, ...]:
    """All cards, in the kernel's order. Raises `audio-unavailable`. Opens no PCM."""
    if not SND.is_dir():
        return ()  # without the 3 ms and the memory of ALSA's library
    alsa = alsa_library()
    try:
        numbers, ids = alsa.card_indexes(), alsa.cards()
        names = [alsa.card_name(number) for number in numbers]
        ways = {
            way: [(found["card"], int(found["device"])) for pcm in alsa.pcms(kind) if (found := _HARDWARE.match(pcm))]
            for way, kind in (("capture", alsa.PCM_CAPTURE), ("playback", alsa.PCM_PLAYBACK))
        }
    except alsa.ALSAAudioError as error:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            "The sound cards cannot be listed.",
            f"{error}.",
            "Check that the user belongs to the group audio.",
        ) from error
    return tuple(
        SoundCard(
            number=number,
            id=card,
            name=name,
            usb=_ON_USB in long_name,
            screen="hdmi" in f"{card} {name} {long_name}".lower(),
            capture=tuple(device for each, device in ways["capture"] if each == card),
            playback=tuple(device for each, device in ways["playback"] if each == card),
        )
        # A card that disappears between the calls above is in one of the lists only, and is left out.
        for number, card, (name, long_name) in zip(numbers, ids, names, strict=False)
    )


def closed() -> tuple[Path, ...]:
    """The control files of cards that this process may not open: ALSA leaves these cards out."""
    return tuple(path for path in sorted(SND.glob("controlC*")) if not os.access(path, os.R_OK | os.W_OK))


def pcms() -> tuple[str, ...] | None:
    """The names of all PCMs in ALSA's configuration, without opening any; None without pyalsaaudio."""
    try:
        alsa = alsa_library()
    except IntercomError:
        return None
    return tuple(dict.fromkeys([*alsa.pcms(alsa.PCM_CAPTURE), *alsa.pcms(alsa.PCM_PLAYBACK)]))


def alsa_library() -> Any:
    """pyalsaaudio, imported when it is needed. Raises `audio-unavailable`.

    It keeps Python's global lock while a mixer answers, so the daemon itself never opens a mixer: the SIP process does.
    """
    try:
        import alsaaudio  # noqa: PLC0415  late: a station without cards does not need it
    except ImportError as error:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            "Sound cards cannot be listed or set.",
            f"{error}.",
            f"{libraries.remedy('python3-alsaaudio', 'pyalsaaudio')}.",
        ) from error
    return alsaaudio


def card_of(pcm: str) -> str | None:
    """The id or number of the card that a PCM's name means; None for names without a card, as "default" or "null"."""
    found = _OF_CARD.search(pcm)
    return found and (found["id"] or found["short"])


def card_named(pcm: str, among: Iterable[SoundCard]) -> SoundCard | None:
    """The card that a PCM's name means; None if it names no card, or none of these."""
    named = card_of(pcm)
    return next((card for card in among if named in {card.id, str(card.number)}), None)


def holders(card: SoundCard, way: str, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """The processes (or threads) that have a PCM of the card open for "capture" or "playback".

    ALSA's library cannot say this; the kernel can.
    """
    letter = {"capture": "c", "playback": "p"}[way]
    statuses = (proc / f"asound/card{card.number}").glob(f"pcm*{letter}/sub*/status")
    owners = (re.search(r"^owner_pid *: *(\d+)", _text(status), re.MULTILINE) for status in sorted(statuses))
    return tuple(int(owner[1]) for owner in owners if owner)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
