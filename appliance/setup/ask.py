"""The questions of the interactive set-up: each has a default, and is repeated after a wrong answer."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.board.chips import Chips
from appliance.core.model import BROWSERS, SoundCard
from appliance.setup import choices
from appliance.setup.choices import Choices, LinePlace, PbxAccount

T = TypeVar("T")
NONE = "none"
_URI = re.compile(r"sip:[^\s@]+@[^\s@]+")
_NUMBER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")


class Terminal(Record):
    """The terminal for questions. Both functions may raise EOFError."""

    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    say: Callable[[str], None]


def questions(terminal: Terminal, proposed: Choices, cards: tuple[SoundCard, ...], chips: Chips) -> Choices:
    """Ask all questions; returns the choices."""
    chosen = replace(proposed, station=_text(terminal, "Name of this station", proposed.station))
    chosen = replace(
        chosen,
        capture=_card(terminal, "Card of the microphone", proposed.capture, [card for card in cards if card.capture]),
        playback=_card(terminal, "Card of the speaker", proposed.playback, [card for card in cards if card.playback]),
    )
    button = _line(terminal, "button", proposed.button, chips, choices.BUTTON, [proposed.lamp, proposed.relay])
    lamp = _line(terminal, "lamp", proposed.lamp, chips, choices.LAMP, [button, proposed.relay])
    relay = _line(terminal, "relay", proposed.relay, chips, choices.RELAY, [button, lamp])
    account = _account(terminal)
    kinds = ["a SIP address", *(["a number at the PBX"] if account else []), f'"{BROWSERS}" for the station\'s page']
    what = f"What the button rings: {', or '.join(kinds)}"
    forms = (_URI, _NUMBER) if account else (_URI, re.compile(BROWSERS))
    ring = _matching(terminal, what, proposed.ring or NONE, forms)
    digits = ""
    if relay and ring and ring != BROWSERS:  # the page opens by a button
        question = "Digits that open the door in a call"
        digits = _matching(terminal, question, NONE, (re.compile(r"[0-9*#]{1,8}"),))
    return replace(chosen, button=button, lamp=lamp, relay=relay, account=account, ring=ring, digits=digits)


def confirmed(terminal: Terminal, question: str, *, default: bool) -> bool:
    """Ask for yes or no."""
    answer = terminal.ask(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
    return default if not answer else answer.startswith("y")


def _text(terminal: Terminal, question: str, default: str) -> str:
    return terminal.ask(f"{question} [{default}]: ").strip() or default


def _matching(terminal: Terminal, question: str, default: str, forms: Iterable[re.Pattern[str]]) -> str:
    while True:
        answer = _text(terminal, question, default)
        if answer == NONE:
            return ""
        if any(form.fullmatch(answer) for form in forms):
            return answer
        terminal.say(f"{answer!r} is not valid.")


def _choice(
    terminal: Terminal, question: str, default: T | None, offered: list[T], label: Callable[[T], str]
) -> T | None:
    """Choose one of a list, by its number."""
    for number, each in enumerate(offered, 1):
        terminal.say(f"  {number}  {label(each)}")
    usual = str(offered.index(default) + 1) if default in offered else NONE
    while True:
        answer = _text(terminal, question, usual)
        if answer == NONE:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(offered):
            return offered[int(answer) - 1]
        terminal.say(f"{answer!r} is not a number from 1 to {len(offered)}, or {NONE}.")


def _card(terminal: Terminal, question: str, default: SoundCard | None, offered: list[SoundCard]) -> SoundCard | None:
    if not offered:
        terminal.say(f"{question}: none was found.")
        return None
    return _choice(terminal, question, default, offered, lambda card: f"{card.id}: {card.name}")


def _line(
    terminal: Terminal,
    part: str,
    default: LinePlace | None,
    chips: Chips,
    kind: tuple[int, ...],
    taken: list[LinePlace | None],
) -> LinePlace | None:
    """Suitable lines first, then all others."""
    best = [*([default] if default else []), *choices.candidates(chips, kind)]
    # Of a Raspberry Pi's lines, those without another use.
    others = [place for chip, place in choices.free(chips) if place.pin or not choices.header(chip)]
    offered = list(dict.fromkeys([*best, *others]))
    offered = [place for place in offered if place not in taken]
    if not offered:
        terminal.say(f"Line of the {part}: none is free.")
        return None
    return _choice(terminal, f"Line of the {part}", default, offered, lambda at: f"{at} {at.pin}".rstrip())


def _account(terminal: Terminal) -> PbxAccount | None:
    registrar = _text(terminal, "PBX to register at: its name or address", NONE)
    if registrar == NONE:
        return None
    user = terminal.ask("  Extension there: ").strip()
    return PbxAccount(registrar, user, terminal.ask_secret("  Its password: "))
