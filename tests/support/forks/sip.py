"""The first SIP process of a forked daemon, forked too: most of a start's processor time is spent on loading pjsua2.

The process that forks daemons has loaded these modules. A daemon forks its first SIP process before it does anything
else, and forgets them then, so that it has the modules of the program; later ones are started as by the program.
"""

import ctypes
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import appliance
from appliance.sip import process

_of_the_daemon = frozenset(sys.modules)
from appliance.sip.stack import __main__ as stack  # noqa: E402 # what is loaded from here on is the SIP process's
from appliance.sip.stack import engine  # noqa: E402, F401 # which its `main` loads late

_OWN = [name for name in sys.modules if name not in _of_the_daemon and name.partition(".")[0] == "appliance"]
_START, _END = 45, 46  # of the command line, in the fields of /proc/PID/stat after the name
_started_by_the_program = process._spawn


def take_over() -> None:
    """Have this daemon, which has just been forked, fork its first SIP process."""
    process._spawn = _spawn


def _spawn(theirs: socket.socket) -> int:
    process._spawn = _started_by_the_program
    daemon = os.getpid()
    pid = os.fork()
    if not pid:
        _be_the_process(theirs.fileno(), daemon)
    for name in _OWN:
        del sys.modules[name]
    return pid


def _be_the_process(descriptor: int, daemon: int) -> NoReturn:
    """Run its `main` with the command line, environment and descriptors that it has as a program."""
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for each in (int(entry.name) for entry in Path("/proc/self/fd").iterdir()):
            if each > 2 and each != descriptor:  # standard error
                _close(each)
        os.environ |= appliance.environment() | {"PYTHONFAULTHANDLER": "1"}
        sys.argv = ["appliance.sip.stack", str(descriptor), str(daemon)]
        _show_as([sys.executable, "-m", *sys.argv])
        status = stack.main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:  # of the list itself
        return


def _show_as(words: list[str]) -> None:
    """Write another command line over that of the process that forks, so that both kinds look the same."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, length = int(fields[_START]), int(fields[_END]) - int(fields[_START])
    text = "\0".join([*words, ""]).encode()
    assert len(text) <= length, f"{words} is longer than the command line before it"
    ctypes.memmove(start, text.ljust(length, b"\0"), length)
