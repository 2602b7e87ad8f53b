"""The sound cards: whether the configured cards exist, support the necessary formats, and are free."""

from pathlib import Path

from msgspec.structs import replace

from appliance.audio import cards
from appliance.audio.mixer import AlsaMixers, MixerGoneError
from appliance.audio.pcm import VERBS, holder, program
from appliance.audio.profiles import profile
from appliance.base.errors import IntercomError
from appliance.config.schema import Config
from appliance.core.model import NO_CARD, MixerLevel, SoundCard
from appliance.core.views.appliance import Finding
from appliance.core.views.audio import SoundSide
from appliance.doctor.findings import ok, problem, warning

OURS = b"appliance.sip.stack"  # in the command line of the SIP process, which opens PCMs


def examine(config: Config, proc: Path = Path("/proc")) -> list[Finding]:
    """One finding for each direction, or for the fault that both share."""
    if config.audio.playback in NO_CARD and (config.audio.capture in NO_CARD or config.audio.microphone_file):
        there: tuple[SoundCard, ...] = ()
    else:
        try:
            there = cards.cards()
        except IntercomError as error:
            return [problem("audio", error.message, error.cause, error.resolution)]
        if closed := cards.closed():
            return [
                problem(
                    "audio",
                    "The sound cards were not looked at.",
                    f"This user may not open {', '.join(map(str, closed))}.",
                    "Run intercomctl doctor with sudo; the service's user must be in the group audio.",
                )
            ]
    if config.audio.microphone_file:
        return [
            ok("audio.capture", "A file is played instead of the microphone."),
            _one(config, "playback", there, proc),
        ]
    capture, playback = (_one(config, way, there, proc) for way in VERBS)
    if capture.level == "problem" and capture.message == playback.message:
        return [replace(capture, check="audio")]
    return [capture, playback]


def mixers(config: Config) -> list[Finding]:
    """Read the mixers, and report as `muted` does; only without a daemon, whose loop would wait for a slow card."""
    try:
        there = cards.cards()
    except IntercomError:
        return []  # reported by `examine`
    microphone = _level(config.audio.capture, "capture", there)
    return muted(microphone, _level(config.audio.playback, "playback", there))


def _level(pcm: str, way: str, there: tuple[SoundCard, ...]) -> MixerLevel:
    """Read the level in the mixer of the PCM's card."""
    unknown = MixerLevel(card="")
    card = cards.card_named(pcm, there)
    if card is None:
        return unknown
    try:
        element = AlsaMixers().find(f"hw:CARD={card.id}", way, getattr(profile(card.id, card.name), way))
        if element is None:
            return unknown
        reading = element.read()
        element.close()
    except MixerGoneError:
        return unknown
    return MixerLevel(card.id, element=element.name, percent=reading.loudness, muted=reading.muted)


def muted(microphone: SoundSide | MixerLevel, speaker: SoundSide | MixerLevel) -> list[Finding]:
    """Findings for the levels that the mixers show (GET /v1/audio): a side that is switched off, or at zero."""
    found = []
    for way, side, shown, act, level in (
        ("capture", "microphone", microphone, "Nobody hears the visitor.", "gain"),
        ("playback", "speaker", speaker, "The visitor hears nothing.", "volume"),
    ):
        place = f"The element {shown.element} of the card {shown.card}"
        if shown.muted:
            remedy = f"Switch it on: intercomctl audio set --{side} on"
            found.append(problem(f"audio.{way}", f"The {side} is muted. {act}", f"{place} is switched off.", remedy))
        elif shown.percent == 0:
            remedy = f"Set it: intercomctl audio set --{level} 70"
            found.append(problem(f"audio.{way}", f"The {side} is at 0 %. {act}", f"{place} is at its end.", remedy))
    return found


def _one(config: Config, way: str, there: tuple[SoundCard, ...], proc: Path) -> Finding:
    check, pcm = f"audio.{way}", str(getattr(config.audio, way))
    if pcm in NO_CARD:
        return ok(check, "No card is configured.")
    able = [card for card in there if getattr(card, way)]
    choice = f"There are: {', '.join(f'{card.pcm()} ({card.name})' for card in able)}." if able else ""
    if not able:
        return problem(
            check,
            f"No sound card can {VERBS[way]}." if there else "There is no sound card.",
            f"There is {', '.join(card.name for card in there)}." if there else "The kernel knows none.",
            'Plug one in, enable its driver, or set "null" for none.',
        )
    named = cards.card_of(pcm)
    if named is None:
        if pcm == "default" and len(able) > 1:
            return warning(
                check,
                "ALSA chooses the card.",
                f"{choice} The first of them is the default, and the first one may differ after each boot.",
                f"Name the card: audio.{way} = {able[0].pcm()!r}.",
            )
        if missing := _missing(check, pcm):
            return missing
        return ok(check, f"ALSA's {pcm!r}; with {able[0].name} as the only card that can {VERBS[way]}.")
    card = cards.card_named(pcm, there)
    if card is None:
        return problem(check, f"There is no card {named}.", choice, "Plug it in, or name one of these.")
    if card not in able:
        return problem(check, f"The card {named} ({card.name}) cannot {VERBS[way]}.", choice, "Name one of these.")
    if named.isdecimal() and named != card.id:
        return warning(
            check,
            f"The card is named by its number, {named}.",
            "Cards are numbered in the order of their detection, which may differ after each boot.",
            f"Name it by its id: audio.{way} = {card.pcm()!r}.",
        )
    return _held(check, way, card, proc) or _raw(check, pcm, card) or _known(check, card)


def _missing(check: str, pcm: str) -> Finding | None:
    """The finding for a PCM name that ALSA's configuration does not have and that names no card."""
    listed = cards.pcms()
    if listed is None or pcm == "default" or ":" in pcm or any(pcm == name.partition(":")[0] for name in listed):
        return None
    return problem(check, f"There is no ALSA PCM {pcm!r}.", f"ALSA lists: {', '.join(listed)}.", "Name one of these.")


def _held(check: str, way: str, card: SoundCard, proc: Path) -> Finding | None:
    """The finding for a card that another process uses."""
    pid = holder(card, way, lambda pid: OURS in _command(pid, proc), proc)
    if pid is None:
        return None
    return problem(
        check,
        f"The card {card.id} is in use.",
        f"{program(pid, proc)} has opened it.",
        "End that program: only one program can use a card.",
    )


def _raw(check: str, pcm: str, card: SoundCard) -> Finding | None:
    """The finding for a PCM that converts nothing."""
    if not pcm.startswith("hw:"):
        return None
    return warning(
        check,
        f"{pcm} converts neither rates nor channels.",
        "Many cards lack 16000 Hz or one channel, which calls need.",
        f"Name it audio.{check.partition('.')[2]} = {card.pcm()!r}.",
    )


def _known(check: str, card: SoundCard) -> Finding:
    if card.numbered:
        return warning(
            check,
            f"The card {card.id} ({card.name}) is one of several of its kind.",
            "The number in the name depends on which of them is detected first.",
            "Give each a name by its port: a udev rule that sets ATTR{id} for its KERNELS.",
        )
    return ok(check, f"Card {card.id}: {card.name}.")


def _command(pid: int, proc: Path) -> bytes:
    try:
        return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""
