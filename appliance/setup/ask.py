"""The questions of the interactive set-up: each has a default, and is repeated after a wrong answer."""

import re
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.board.chips import Chips
from appliance.config.schema import addresses
from appliance.config.schema.base import wrong_name
from appliance.config.secrets import LONGEST
from appliance.core.model import BROWSERS, SoundCard
from appliance.setup import choices
from appliance.setup.choices import Choices, LinePlace, PbxAccount

T = TypeVar("T")
NONE = "none"
_NUMBER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}").fullmatch
_BROWSERS = re.compile(BROWSERS).fullmatch
_DIGITS = re.compile(r"[0-9*#]{1,8}").fullmatch

Form = Callable[[str], object]  # false, or raises ValueError, for a text that is not of it


class Terminal(Record):
    """The terminal for questions. Both functions may raise EOFError."""

    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    say: Callable[[str], None]


def questions(terminal: Terminal, proposed: Choices, cards: tuple[SoundCard, ...], chips: Chips) -> Choices:
    """Ask all questions; returns the choices."""
    chosen = replace(proposed, station=_valid(terminal, "Name of this station", proposed.station, _name))
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
    ring = _matching(terminal, what, proposed.ring or NONE, addresses.sip_uri, _NUMBER if account else _BROWSERS)
    digits = ""
    if relay and ring and ring != BROWSERS:  # the page opens by a button
        question = "Digits that open the door in a call"
        digits = _matching(terminal, question, NONE, _DIGITS)
    return replace(chosen, button=button, lamp=lamp, relay=relay, account=account, ring=ring, digits=digits)


def confirmed(terminal: Terminal, question: str, *, default: bool) -> bool:
    """Ask for yes or no."""
    answer = terminal.ask(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
    return default if not answer else answer.startswith("y")


def _text(terminal: Terminal, question: str, default: str) -> str:
    return terminal.ask(f"{question} [{default}]: ").strip() or default


def _matching(terminal: Terminal, question: str, default: str, *forms: Form) -> str:
    """An answer of one of the forms, or "" for none."""
    answer = _valid(terminal, question, default, NONE.__eq__, *forms)
    return "" if answer == NONE else answer


def _valid(terminal: Terminal, question: str, default: str, *forms: Form) -> str:
    while True:
        answer = _text(terminal, question, default) if default else terminal.ask(f"{question}: ").strip()
        if any(_is_of(form, answer) for form in forms):
            return answer
        terminal.say(f"{answer!r} is not valid.")


def _is_of(form: Form, answer: str) -> bool:
    try:
        return bool(form(answer))
    except ValueError:
        return False


def _name(text: str) -> bool:
    return not wrong_name(text)


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
    registrar = _matching(terminal, "PBX to register at: its name or address", NONE, addresses.registrar)
    if not registrar:
        return None
    user = _valid(terminal, "  Extension there", "", _NUMBER)
    while not _password(password := terminal.ask_secret("  Its password: ")):
        terminal.say(f"It must have 1 to {LONGEST} characters that can be seen.")
    return PbxAccount(registrar, user, password)


def _password(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isprintable()
