"""Programs that make a sound file for the station: one at a time, with limits, and never outliving their caller."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError, reason

QUEUE = 4  # files that wait or are made
LONGEST_FILE = 12_000_000  # bytes: four and a half minutes of 22,050 samples a second
MEMORY_MB = 400  # of a program's own; with the station's, less than MemoryMax of systemd's unit
NICENESS = 10  # calls come first


class Queue:
    """Lets one file be made at a time. what: in the plural, and as the subject of a failure."""

    def __init__(self, plural: str, subject: str) -> None:
        self._plural, self._subject = plural, subject
        self._turn = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn. Raises IntercomError if too many wait, if the time is over, and in place of OSError."""
        if self._waiting >= QUEUE:
            raise IntercomError(
                ErrorCode.RATE_LIMITED,
                f"Too many {self._plural} are waiting.",
                f"The limit is {QUEUE}.",
                "Try again later.",
            )
        self._waiting += 1
        limit_s = times.current.sound_made_s
        try:
            async with asyncio.timeout(limit_s), self._turn:
                yield
        except TimeoutError as err:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"{self._subject} was not ready in time.",
                f"The limit is {limit_s:g} s.",
                "Try again.",
            ) from err
        except OSError as err:
            raise IntercomError(ErrorCode.UNAVAILABLE, f"{self._subject} cannot be played.", reason(err)) from err
        finally:
            self._waiting -= 1


async def run(words: list[str], given: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a program; its status, output and errors. It never outlives this call. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        with suppress(ProcessLookupError):  # it has ended already
            limit(process.pid)
        output, errors = await process.communicate(given.encode(errors="replace"))
    finally:
        with suppress(ProcessLookupError):  # it has ended, as have its children
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace")


def limit(process: int) -> None:
    """Limit file, memory and the processor time of all threads before the input comes. Raises ProcessLookupError."""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
    resource.prlimit(process, resource.RLIMIT_DATA, (MEMORY_MB * 1_000_000,) * 2)
    processor_s = int(times.current.sound_made_s) * (os.cpu_count() or 1)
    resource.prlimit(process, resource.RLIMIT_CPU, (processor_s, processor_s))
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, process, max(NICENESS, mine))  # nobody may go below their own
