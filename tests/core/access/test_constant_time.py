"""Timing of code guesses: how much of a code is right cannot be seen from how long its comparison takes.

Shown by construction, as no clock is read in tests: each code is compared whole, by hmac.compare_digest, however much
of the guess is right, and nothing else compares one.
"""

import ast
import hmac
from pathlib import Path

import pytest

from appliance import core
from appliance.core.access import credentials, dtmf
from appliance.core.model import CredentialBook, CredentialKind
from appliance.sip.stack.accounts import digest
from tests.core.access.test_credentials import SECRET, code

SECRETS = {"digest", "digits", "response", "expected", "password", "secret"}
MODULES = [Path(core.__file__).parent / "access" / name for name in ("credentials.py", "codes.py", "dtmf.py")]
MODULES += [Path(digest.__file__)]


@pytest.fixture
def compared(monkeypatch):
    """The lengths of all that is compared by hmac.compare_digest."""
    found, real = [], hmac.compare_digest

    def compare(one, other):
        found.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    return found


@pytest.mark.parametrize("guess", ["0000", "1200", "1230", "1234", "9999", "5678"])
def test_a_guess_is_compared_with_each_code_whole_however_much_of_it_is_right(guess, compared):
    book = CredentialBook(SECRET, tuple(map(code, ("1234", "5678", "4321"))))
    credentials.match(book, CredentialKind.CODE, guess)
    assert compared == [(64, 64)] * 3, "digests, and all of them though an earlier one fits"


@pytest.mark.parametrize("guess", ["0000", "1200", "1230", "1234"])
def test_a_guess_is_compared_with_the_digits_of_a_door_whole(guess, compared):
    assert dtmf.same_digits(guess, "1234") is (guess == "1234")
    assert compared == [(4, 4), (4, 4)], "with what may stand before it, and without"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_secret_is_compared_by_the_language_s_own_operators(module):
    """`==` and `in` end at the first letter that differs; emptiness, and * and #, are no secrets."""
    for node in ast.walk(ast.parse(module.read_text())):
        if not isinstance(node, ast.Compare) or not any(isinstance(op, ast.Eq | ast.NotEq | ast.In) for op in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        named = {side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "") for side in sides}
        assert not named & SECRETS, f"{module.name}:{node.lineno}: {ast.unparse(node)}"
