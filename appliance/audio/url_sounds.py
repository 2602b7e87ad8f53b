"""Sounds from URLs as files of the station, fetched by a process of its own (`download`), one at a time."""

import json
import os
import sys
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from appliance.audio.workers import Queue, run
from appliance.base.errors import ErrorCode, IntercomError

PROGRAM = [sys.executable, "-m", "appliance.audio.download"]


class UrlSounds:
    """Fetches files into `directory`, which belongs to the station alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._queue = Queue("sounds", "The sound")

    async def fetch(self, url: str, file: Path, hosts: Collection[str]) -> None:
        """Write the sound into `file`. hosts: those whose addresses may be local. Raises IntercomError."""
        async with self._queue.turn():
            self._directory.mkdir(mode=0o700, exist_ok=True)
            with ExitStack() as unless_made:
                unless_made.callback(file.with_suffix(".part").unlink, missing_ok=True)
                unless_made.callback(file.unlink, missing_ok=True)
                status, output, _ = await run([*PROGRAM, str(file), *hosts], url, dict(os.environ))
                if status != 0:
                    raise refusal(status, output)
                unless_made.pop_all()


def refusal(status: int, output: str) -> IntercomError:
    """The error that the program has reported."""
    try:
        said = json.loads(output)
        code = next(each for each in ErrorCode if each == said["code"])
    except ValueError:
        return IntercomError(
            ErrorCode.UNAVAILABLE,
            "The sound was not fetched.",
            f"The download failed with status {status}.",
            "Try again.",
        )
    return IntercomError(code, said["detail"], said["cause"], said["resolution"])
