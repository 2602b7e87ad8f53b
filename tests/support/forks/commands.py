"""intercomctl, forked from a process that has loaded it: most of a start's processor time is spent on that.

A forked command runs the same module, with its own words, environment and standard streams. What is about its process
(signals, a pipe that closes, what it prints as it goes) starts the program instead.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, NoReturn

MODULE = "appliance.cli"
LONGEST = 1 << 20  # bytes that describe a command
LASTS_S = 120.0


class Commands:
    """Runs commands, also several at once."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked

    def run(self, words: Sequence[str], environment: Mapping[str, str], given: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with this text as its standard input."""
        with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            stdin.write(given.encode())
            stdin.seek(0)
            ours, theirs = socket.socketpair()
            with ours, theirs:
                streams = [stdin.fileno(), stdout.fileno(), stderr.fileno(), theirs.fileno()]
                socket.send_fds(self._asked, [json.dumps([list(words), dict(environment)]).encode()], streams)
                theirs.close()
                ours.settimeout(LASTS_S)
                status = int(ours.recv(16))
            return subprocess.CompletedProcess(list(words), status, _text(stdout), _text(stderr))


@contextmanager
def commands() -> Iterator[Commands]:
    """Start the process that forks them. It ends with the block, or with the tests."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            words = [sys.executable, "-m", __name__, str(theirs.fileno())]
            process = subprocess.Popen(words, pass_fds=[theirs.fileno()])
        yield Commands(ours)
    process.wait()


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


def _serve(asked: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that have ended
    runpy.run_module(MODULE, run_name="loaded")
    while True:
        order, streams, *_ = socket.recv_fds(asked, LONGEST, 4)
        if not order:
            return
        if not os.fork():
            _be_the_command(asked, streams, *json.loads(order))
        for each in streams:
            os.close(each)


def _be_the_command(
    asked: socket.socket, streams: list[int], words: list[str], environment: dict[str, str]
) -> NoReturn:
    """Run the module as the interpreter does, and report its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked.close()
    *standard, report = streams
    for number, stream in enumerate(standard):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [MODULE, *words]
    status: object = 0
    try:
        runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = 0 if ended.code is None else ended.code
    except BaseException:
        traceback.print_exc()
        status = 1
    if not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(report, str(status).encode())
    os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
