"""Commands in the guest: jobs that the host leaves in the share of its run directory, where lab-runner takes them."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab.programs.pacing import pause

GONE = 255  # the status of a command whose guest is not running, or died
LOOK_S, SLOWEST_LOOK_S = 0.004, 0.02  # as often as lab-runner looks

Output = Callable[[bytes, bytes], None]


class LateError(Exception):
    """A command that took too long, and was killed."""


def alive(run_dir: Path) -> bool:
    """Whether the guest runs: its processes hold a lock for as long as any of them lives."""
    try:
        with (run_dir / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def run(run_dir: Path, argv: Sequence[str], given: bytes, output: Output, timeout_s: float | None = None) -> int:
    """Run a command as root in the guest, hand over what it writes as it comes, and return its status."""
    if not alive(run_dir):
        output(b"", b"run: the guest is not running\n")
        return GONE
    job = _submit(run_dir / "share", argv, given)
    try:
        return _follow(run_dir, job, output, timeout_s)
    except BaseException:
        if job.is_dir():
            (job / "kill").touch()
        raise
    finally:
        shutil.rmtree(job.with_suffix(".new"), ignore_errors=True)
        if (job / "rc").exists():
            shutil.rmtree(job)


def _submit(share: Path, argv: Sequence[str], given: bytes) -> Path:
    draft = Path(tempfile.mkdtemp(dir=share))
    (draft / "argv").write_bytes(b"".join(os.fsencode(word) + b"\0" for word in argv))
    (draft / "in").write_bytes(given)
    for name in ("out", "err"):
        (draft / name).touch()
    job = share / "jobs" / draft.name
    draft.rename(job.with_suffix(".new"))
    return job


def _follow(run_dir: Path, job: Path, output: Output, timeout_s: float | None) -> int:
    """Look more and more slowly whether there is more output, until the status is there."""
    end, look_s = time.monotonic() + (timeout_s or float("inf")), LOOK_S
    out = err = None
    try:
        while True:
            status, there = _status(job), alive(run_dir)
            if out is None and job.is_dir():  # after the status: the guest may have begun and ended it meanwhile
                out, err = (job / "out").open("rb"), (job / "err").open("rb")
            if out and err:
                output(out.read(), err.read())
            if status.endswith("\n"):
                return int(status)
            if not there:
                return GONE
            if time.monotonic() > end:
                raise LateError
            pause(look_s)
            look_s = min(look_s * 1.2, SLOWEST_LOOK_S)
    finally:
        for file in filter(None, (out, err)):
            file.close()


def _status(job: Path) -> str:
    """What the guest has written of the status so far; it may go down before the end of the line."""
    try:
        return (job / "rc").read_text()
    except FileNotFoundError:
        return ""
