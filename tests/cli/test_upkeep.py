"""Commands that replace or erase ask the person at the terminal, and do nothing where nobody can be asked."""

import os
import subprocess
import sys
from argparse import Namespace

import pytest

from appliance.base.errors import IntercomError
from appliance.cli import upkeep


@pytest.fixture
def terminal(monkeypatch):
    """A terminal as standard input; write to it what the person types."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.mark.parametrize("typed", [b"y\n", b"YES\n"])
def test_who_says_yes_at_the_terminal_goes_on(terminal, capsys, typed):
    os.write(terminal, typed)
    upkeep.confirm(Namespace(yes=False), "All of it goes.")
    assert capsys.readouterr().err == "All of it goes. Go on? [y/N] "


@pytest.mark.parametrize("typed", [b"\n", b"n\n", b"yesterday\n", b"\x04"])
def test_another_answer_and_none_change_nothing(terminal, typed):
    os.write(terminal, typed)
    with pytest.raises(IntercomError, match="Nothing was changed"):
        upkeep.confirm(Namespace(yes=False), "All of it goes.")


def test_with_yes_nobody_is_asked(terminal, capsys):
    upkeep.confirm(Namespace(yes=True), "All of it goes.")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", [["restore", "saved"], ["wipe", "--person", "Ann"], ["wipe", "--everything"]])
def test_without_a_terminal_yes_is_needed(tmp_path, words):
    place = ["--state", str(tmp_path / "state"), "--config", str(tmp_path / "x.toml")]
    command = [sys.executable, "-m", "appliance.cli", *words, *place]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Nothing was changed.") and "Add --yes" in done.stderr
    assert not (tmp_path / "state").exists()
