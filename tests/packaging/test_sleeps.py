"""A test waits for a condition and never sleeps: on a slow machine every sleep is too short some day."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_test_sleeps() -> None:
    files = sorted(TESTS.rglob("*.py"))
    sleeping = [str(path) for path in files if re.search(r"\btime\.sleep|import slee[p]", path.read_text())]
    assert files
    assert not sleeping, "wait by `until` of tests/support/waiting.py, or send at a rate by `paced`"
