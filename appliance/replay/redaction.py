"""Hides secrets in a recording: digits are replaced and secrets left out, without a change of decisions."""

import random
import re
from typing import Any

DIGITS = "0123456789ABCD"  # * and # stay: they end and begin what is typed
SECRETS = {"secret": "00", "digest": "masked"}  # so a code of the book is none in the recording
FLAT = re.compile(r"\bflat ([0-9]+)")
FOREIGN = 0xE000  # a private character for whatever else stood for a digit: none is a digit then either
PASSWORD = re.compile(r"(sips?:[^@:;?<>\s]+):[^@\s]*@")  # RFC 3261 §19.1.1
HIDDEN = "masked"
UNPRINTABLE = "\x00"


class Masks:
    """One recording's masks, applied to plain JSON: what was equal stays equal, and what differed differs.

    Each digit becomes another one, for the whole file alike: in the settings, in what was received and in what was
    sent. What is kept of codes goes, so that one that is typed is a wrong one when it is decided again. Passwords in
    SIP addresses, what messages say and the values of headers go. Names and addresses of people stay.
    """

    def __init__(self) -> None:
        cycle = random.SystemRandom().sample(DIGITS, len(DIGITS))
        self._digits = dict(zip(cycle, [*cycle[1:], cycle[0]], strict=True))  # one cycle: no digit keeps its place
        self._digits |= {"*": "*", "#": "#"}

    def hide(self, value: Any, name: str = "") -> Any:
        """The same JSON value, masked; `name`: of the member that it is."""
        if name == "headers" and isinstance(value, dict):
            return {key: _hidden(text) for key, text in value.items()}
        if isinstance(value, dict):
            return {key: self.hide(item, key) for key, item in value.items()}
        if name == "body":
            return "".join("x" * len(character.encode()) for character in value)
        if name == "headers":
            return [[key, _hidden(text)] for key, text in value]
        if isinstance(value, list):
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
