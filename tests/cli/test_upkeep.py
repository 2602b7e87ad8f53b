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

# Notes each request, and does `act` when it is to stop the service.
SYSTEMCTL = """#!/bin/sh
echo "$1 $(echo "$2" | sed 's/[0-9]//g')" >> "$(dirname "$0")/said"
[ "$1 $2" != "stop intercomd.service" ] || {act}
"""
# Runs the program of a transient unit, without systemd.
SYSTEMD_RUN = """#!/bin/sh
echo "run a unit" >> "$(dirname "$0")/said"
while [ "${1#--}" != "$1" ]; do shift; done
"$@" >/dev/null 2>&1 &
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


@pytest.fixture
def wipe(tmp_path):
    """Begins a wipe of a station whose service runs; `act` is what `systemctl stop` does."""
    state = tmp_path / "state"
    state.mkdir()
    held = lock.take(state)

    def begin(act):
        for name, text in (("systemctl", SYSTEMCTL.replace("{act}", act)), ("systemd-run", SYSTEMD_RUN)):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        place = ["--state", str(state), "--config", str(tmp_path / "x.toml")]
        # A shell that starts the tests in the background has them ignore SIGINT, and with them the command.
        heeding = "env", "--default-signal"
        command = [*heeding, sys.executable, "-m", "appliance.cli", "wipe", "--everything", "--yes", *place]
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    yield begin
    os.close(held)


@pytest.fixture
def said(tmp_path):
    """What systemd was asked."""
    return lambda: (tmp_path / "said").read_text().splitlines() if (tmp_path / "said").exists() else []


ASKED = ["is-active --quiet", "run a unit", "stop intercomd.service", "start intercomd.service"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_the_service_starts_again_where_the_command_is_interrupted(wipe, said, number):
    with wipe("exec sleep 600") as running:
        until(lambda: "stop intercomd.service" in said(), "the order to stop")
        while running.poll() is None:  # the first one ends it, and the others do not disturb its end
            running.send_signal(number)
            pause(0.01)
        told = running.stderr.read()
    assert said() == [*ASKED, "stop intercomd-again-.service"]  # nothing starts what people stop later
    assert (running.returncode, told.splitlines()[-1]) == (130, "The command was ended by a signal.")
    assert "Traceback" not in told


def test_the_service_starts_again_where_the_command_is_killed(wipe, said):
    """By the kernel, as memory is short, or by a person: it cleans nothing up."""
    with wipe("kill -KILL $PPID") as running:
        assert running.wait(120) == -signal.SIGKILL
        until(lambda: "start intercomd.service" in said(), "the start of the service", patience=120)
    assert said() == ASKED
