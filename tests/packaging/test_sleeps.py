"""A test waits for a condition and never sleeps: on a slow machine every sleep is too short some day."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
LAB = TESTS / "lab"


def test_no_test_sleeps() -> None:
    files = [path for path in sorted(TESTS.rglob("*.py")) if LAB not in path.parents]
    sleeping = [str(path) for path in files if re.search(r"\btime\.sleep|import sleep", path.read_text())]
    assert files
    assert not sleeping, "wait by `until` of tests/support/waiting.py, or send at a rate by `paced`"
