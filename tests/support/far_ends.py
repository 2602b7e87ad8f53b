"""Which programs are far ends: a daemon, a SIP peer, a sound server, a browser.

`make check` leaves out the tests that start one: those of the folders FOLDERS, and those that carry the mark `far_end`.
A test without the mark that starts a far end all the same fails, so that `make check` stays fast.
"""

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

FOLDERS = frozenset({"daemon"})
PROGRAMS = frozenset(
    {
        "asterisk",
        "baresip",
        "chromium",
        "firefox",
        "firefox-esr",
        "google-chrome",
        "kamailio",
        "linphone-daemon",
        "linphonec",
        "mosquitto",
        "pulseaudio",
        "sipp",
    }
)
MODULES = frozenset(
    {
        "appliance",
        "appliance.demo",
        "appliance.outlet",
        "appliance.push",
        "appliance.sip.stack",
        "benchmarks",
        "benchmarks.walks",
        "tests.support.pictures",
        "tests.support.times",
    }
)
AT_ONCE = ("--check", "--print-", "--help", "--version")  # with these the daemon prints something and ends

_started: list[str] = []


def is_far_end(command: Sequence[str]) -> bool:
    """Whether the command starts a far end, also through setpriv or another program that becomes it."""
    if any(word.startswith(AT_ONCE) for word in command):
        return False
    modules = (after for word, after in pairwise(command) if word == "-m")
    return any(Path(word).name in PROGRAMS for word in command) or any(module in MODULES for module in modules)


def started() -> list[str]:
    """Return the far ends that were started since the last time, and forget them."""
    taken = _started[:]
    _started.clear()
    return taken


def watch() -> None:
    """Note from now on each far end that this process starts."""
    sys.addaudithook(_note)


def note(command: Sequence[str]) -> None:
    """Note the start of a far end; other commands do not count."""
    if is_far_end(command):
        _started.append(shlex.join(command))


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event not in {"subprocess.Popen", "os.posix_spawn"}:
        return
    words = arguments[1]
    command = [words] if isinstance(words, str | bytes | os.PathLike) else words
    assert isinstance(command, Iterable)
    note([os.fsdecode(word) for word in command])
