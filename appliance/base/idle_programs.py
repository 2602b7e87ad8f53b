"""Programs that work when nothing else does: calls, doors and clients come first, for the processor and the disc."""

import asyncio
import os
import signal
from contextlib import suppress

LEAST = 19  # the niceness of work for which nobody waits
MEMORY_BYTES = 512 * 1024**2  # of address space; most tools that we start use far less
# Programs of util-linux, which is essential in Debian. Each replaces itself by the next one. --pdeathsig: a program
# that we start never outlives us, even after kill -9. choom: where memory is short, the kernel ends it before us. -t: a
# kernel without classes of disc access is no hindrance.
_FIRST = (
    "setpriv",
    "--pdeathsig",
    "KILL",
    "choom",
    "-n",
    "1000",
    "--",
    "ionice",
    "-t",
    "-c",
    "3",
    "prlimit",
    "--core=0",
)
NOT_FOUND = 127  # the status where the program is missing, as shells and prlimit have it


async def run(
    *words: str,
    cpu_s: int,
    file_bytes: int = 0,
    memory_bytes: int = MEMORY_BYTES,
    niceness: int = LEAST,
    environment: dict[str, str] | None = None,
) -> tuple[int, bytes, str]:
    """Run a program that gives way to others; its status, output and errors. It never outlives this call.

    cpu_s: limit of its processor time. file_bytes: limit of each written file. memory_bytes: of address space.
    environment: its whole environment, beside PATH. Raises OSError.
    """
    limits = [f"--cpu={cpu_s}", f"--fsize={file_bytes}", f"--as={memory_bytes}"]
    process = await asyncio.create_subprocess_exec(
        *_FIRST,
        *limits,
        *("nice", "-n", str(niceness)),
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath} | (environment or {}),
        process_group=0,  # not a session, whose programs the kernel would weigh against ours as a group of their own
    )
    try:
        output, errors = await process.communicate()
    finally:
        with suppress(ProcessLookupError):  # it has ended, as have its children
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return process.returncode or 0, output, errors.decode(errors="replace")
