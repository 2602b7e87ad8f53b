"""Recordings as sounds: a WAV file is played where it is, an Opus file is decoded first, one at a time."""

import os
from contextlib import ExitStack
from pathlib import Path

from appliance.audio.workers import Queue, run
from appliance.base.errors import ErrorCode, IntercomError

PROGRAM = "opusdec"
RATE = 16000  # as they were recorded


class RecordedSounds:
    """Makes the files in `directory`, which belongs to it and its like alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._queue = Queue("recordings", "The recording")

    async def place(self, sound: Path, file: Path) -> None:
        """Give the sound of a recording the name `file`, a new one in the directory. Raises IntercomError."""
        async with self._queue.turn():
            self._directory.mkdir(mode=0o700, exist_ok=True)
            if sound.suffix == ".wav":
                link(sound, file)
            else:
                await self._decode(sound, file)

    async def _decode(self, sound: Path, file: Path) -> None:
        words = [PROGRAM, "--quiet", "--rate", str(RATE), str(sound), str(file)]
        with ExitStack() as unless_made:
            unless_made.callback(file.unlink, missing_ok=True)
            try:
                status, _, _ = await run(words, "", {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"})
            except FileNotFoundError as err:
                raise IntercomError(
                    ErrorCode.UNAVAILABLE,
                    "Recordings in Opus cannot be played.",
                    f"{PROGRAM} is missing.",
                    "Install it: apt install opus-tools",
                ) from err
            check(status, file)
            unless_made.pop_all()


def link(sound: Path, file: Path) -> None:
    """Give the file its second name."""
    file.symlink_to(sound.absolute())


def check(status: int, file: Path) -> None:
    """Raise IntercomError unless opusdec has written the file."""
    if status or not file.is_file():
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The recording cannot be played.",
            f"{PROGRAM} failed with status {status}; it decodes at most 6 minutes, 3 of two channels.",
            "Listen to it on the page, or fetch its file.",
        )
