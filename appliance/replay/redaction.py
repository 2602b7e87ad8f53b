"""Hides secrets in a recording: replaces digits and omits secrets, without changing decisions."""

import random
import re
from typing import Any

DIGITS = "0123456789ABCD"  # * and # stay, as they end and begin an entry
SECRETS = {"secret": "00", "digest": "masked"}  # so the recording contains no code of the book
FLAT = re.compile(r"\bflat ([0-9]+)")
FOREIGN = 0xE000  # a private character for anything else in place of a digit: it is not a digit afterwards either
PASSWORD = re.compile(r"(sips?:[^@:;?<>\s]+):[^@\s]*@")  # RFC 3261 §19.1.1
HIDDEN = "masked"
NAMED = {"headers", "details"}  # texts by their names
UNPRINTABLE = "\x00"


class Masks:
    """One recording's masks, applied to plain JSON: equal values stay equal, and different ones stay different.

    Each digit becomes another one, the same in the whole file: in settings, in received and in sent digits. Stored
    codes are removed, so that a typed one counts as wrong in a replay. Passwords in SIP addresses, texts of messages
    and values of headers and of clients' own events are removed. Names and addresses of people stay.
    """

    def __init__(self) -> None:
        cycle = random.SystemRandom().sample(DIGITS, len(DIGITS))
        self._digits = dict(zip(cycle, [*cycle[1:], cycle[0]], strict=True))  # one cycle: no digit maps to itself
        self._digits |= {"*": "*", "#": "#"}

    def hide(self, value: Any, name: str = "") -> Any:
        """Return the JSON value with its secrets masked. name: of the value's member in its object."""
        if name in NAMED and isinstance(value, dict):
            return {key: _hidden(text) for key, text in value.items()}
        if isinstance(value, dict):
            return {key: self.hide(item, key) for key, item in value.items()}
        if name == "body":
            return "".join("x" * len(character.encode(errors="surrogatepass")) for character in value)
        if name in NAMED:
            return [[key, _hidden(text)] for key, text in value]
        if isinstance(value, list | tuple):
            return [self.hide(item) for item in value]
        if not isinstance(value, str):
            return value
        if name in SECRETS:
            return SECRETS[name]
        if name in {"digit", "digits", "flat", "key", "number", "typed"}:
            return "".join(map(self._digit, value))
        value = FLAT.sub(lambda flat: f"flat {''.join(map(self._digit, flat[1]))}", value)
        return PASSWORD.sub(rf"\1:{HIDDEN}@", value)

    def _digit(self, digit: str) -> str:
        return self._digits.setdefault(digit, chr(FOREIGN + len(self._digits)))


def _hidden(text: str) -> str:
    return HIDDEN if text.isprintable() else UNPRINTABLE
