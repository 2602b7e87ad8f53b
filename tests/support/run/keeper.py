"""Ends all that a run of tests has started, when the run has ended, by whatever signal.

A keeper stands between a process and the one that runs tests: it adopts what loses its parent below it, so that every
process of the tests stays below the keeper, those with a session or an environment of their own too. When the process
that runs tests has ended, or the one above the keeper, it kills all below it. It leaves the process group of both, as
that may be killed as a whole. Only the standard library's quick part is loaded, as each worker has one:
`python -IS keeper.py COMMAND…` runs a command so.
"""

import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PASSED_ON = (signal.SIGTERM, signal.SIGHUP)  # what asks the keeper to end asks the one that it keeps
END_WITHIN_S = 10.0  # a process that the kernel holds cannot end at once
SIGNALLED = 128  # plus the signal's number: the status of a shell


def keep() -> int | None:
    """Fork: return None in the new process, which goes on, and in the keeper the status when all has ended."""
    above = os.pidfd_open(os.getppid())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    kept = os.fork()
    if not kept:
        os.close(above)
        return None
    if os.getsid(0) != os.getpid():  # a session's leader leads its group, too
        os.setpgid(0, 0)
    _pass_on(kept)
    status = _wait(kept, above)
    _end_all()
    return status


def keep_in_a_fork() -> int | None:
    """Do the same with a keeper that outlives this process: the status here, None in the new one that goes on."""
    keeper = os.fork()
    if not keeper:
        status = keep()
        if status is None:
            return None
        os._exit(status)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all three: the one that runs tests ends
    return os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])


def _pass_on(kept: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in PASSED_ON:
        signal.signal(number, lambda got, _: os.kill(kept, got))


def _wait(kept: int, above: int) -> int:
    """Wait until one of the two has ended, and reap what was adopted meanwhile: the status for the one above."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(above, select.POLLIN)
    while True:
        if (status := _reap(kept)) is not None:
            return status
        ready = [descriptor for descriptor, _ in poll.poll()]
        if above in ready:
            return SIGNALLED + signal.SIGKILL
        os.read(reader, select.PIPE_BUF)


def _reap(kept: int = 0) -> int | None:
    """Reap every child that has ended; the status of the one that is kept, if it was among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        if pid == kept:
            code = os.waitstatus_to_exitcode(status)
            found = code if code >= 0 else SIGNALLED - code


def _end_all() -> None:
    """Kill all below, again until none is left to reap: one that is killed may just have forked."""
    end = time.monotonic() + END_WITHIN_S
    while _has_children() and time.monotonic() < end:
        for pid in below(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _reap()
        select.select((), (), (), 0.01)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def below(pid: int) -> list[int]:
    """Return the processes below one, with those that have ended and are not reaped.

    A process whose first thread has ended looks as if it had ended, while its other threads, and what they have
    started, go on.
    """
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(parent), []).append(int(entry.name))
    found = parents.get(pid, [])
    for each in found:  # which grows meanwhile
        found.extend(parents.get(each, []))
    return found


def main() -> None:
    """Run the command."""
    status = keep()
    if status is None:
        os.execvp(sys.argv[1], sys.argv[1:])
    os._exit(status or 0)


if __name__ == "__main__":
    main()
