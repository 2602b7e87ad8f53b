"""A proxy before a Unix socket that cuts its connections at random, in the middle of anything."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path
from typing import Self

WITHOUT_END = 1 << 62
FIRST_BYTES = 4_000  # the first connection gets past its beginning


class Cutter:
    """Passes a random number of bytes from the far end on each connection, then cuts it; `most` times in all.

    `cuts` counts them. `cut` ends the newest connection.
    """

    def __init__(self, path: Path, far: Path, chance: random.Random, most: int, up_to: int) -> None:
        self.path, self.cuts = path, 0
        self._far, self._chance, self._most, self._up_to = far, chance, most, up_to
        self._left = FIRST_BYTES if most else WITHOUT_END
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.path.unlink(missing_ok=True)  # newer versions of Python have removed it
        self.cut()

    def cut(self) -> None:
        """Reset the newest connection."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        far_reader, far_writer = await asyncio.open_unix_connection(self._far)
        ways = {
            asyncio.create_task(_pass(reader, far_writer)),
            asyncio.create_task(self._pass_some(far_reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            far_writer.close()
            writer.close()

    async def _pass_some(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while self._left and (some := await reader.read(min(self._left, 4096))):
                writer.write(some)
                self._left -= len(some)
        if self._left:
            return
        self.cuts += 1
        self._left = self._chance.randrange(1, self._up_to) if self.cuts < self._most else WITHOUT_END
        if self._chance.random() < 0.5:
            writer.transport.abort()  # throws away what is under way


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(4096):
            writer.write(some)
