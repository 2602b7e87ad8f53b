"""Work done in a forked process, beside other work, that leaves no memory behind."""

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def begin(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin `work` in a child process; returns a function that waits for its result.

    For a process without threads. If the child has no result, because of an exception or its death, that function does
    the work itself and so raises the exception.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _in_child(work, writer)

    os.close(writer)

    def result() -> Result:
        with os.fdopen(reader, "rb") as pipe:
            found = pipe.read()
        _, status = os.waitpid(pid, 0)
        return pickle.loads(found) if status == 0 else work()  # noqa: S301 - from our own child

    return result


def _in_child(work: Callable[[], Result], writer: int) -> None:
    """Write the result; the end skips what belongs to the parent: buffers, and functions of atexit."""
    status = 1
    try:
        made = pickle.dumps(work())
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(made)
        status = 0
    finally:
        os._exit(status)
