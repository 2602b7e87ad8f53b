"""Commands that replace or erase ask the person at the terminal, and do nothing where nobody can be asked."""

import os
import signal
import subprocess
import sys
from argparse import Namespace

import pytest

from appliance.base.errors import IntercomError
from appliance.cli import upkeep
from appliance.system import lock
from tests.support.waiting import pause, until

# Says what it was asked, and stops the service for ever.
SYSTEMCTL = """#!/bin/sh
echo "$1" >> "$0.said"
[ "$1" != stop ] || exec sleep 600
"""


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


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_the_service_starts_again_where_the_command_is_interrupted(tmp_path, number):
    state, said = tmp_path / "state", tmp_path / "systemctl.said"
    state.mkdir()
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    place = ["--state", str(state), "--config", str(tmp_path / "x.toml")]
    # A shell that starts the tests in the background has them ignore SIGINT, and with them the command.
    heeding = "env", "--default-signal"
    command = [*heeding, sys.executable, "-m", "appliance.cli", "wipe", "--everything", "--yes", *place]
    held = lock.take(state)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        until(lambda: said.exists() and "stop" in said.read_text(), "the order to stop")
        while running.poll() is None:  # the first one ends it, and the others do not disturb its end
            running.send_signal(number)
            pause(0.01)
        told = running.stderr.read()
    os.close(held)
    assert said.read_text().split() == ["is-active", "stop", "start"]
    assert (running.returncode, told.splitlines()[-1]) == (130, "The command was ended by a signal.")
    assert "Traceback" not in told
