"""Converts finished recordings to Opus files, and copies them elsewhere, as the configuration demands."""

import asyncio
import time
from collections.abc import Callable

from appliance.config import copies
from appliance.config.schema import Config
from appliance.config.schema.audio import RecordingTable
from appliance.core.model import RecordingId
from appliance.runtime.reactor import Reactor
from appliance.store.finished.copies import Copies, Destination
from appliance.store.finished.opus import Opus
from appliance.store.finished.work import Work
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer


class FinishedRecordings:
    """Looks after them while the daemon runs. config: the one in force. For asyncio's thread."""

    def __init__(self, recordings: Recordings, writer: Writer, reactor: Reactor, config: Callable[[], Config]) -> None:
        self._reactor, self._config = reactor, config
        common = (recordings, writer, reactor.post, time.monotonic)
        self._recordings = recordings
        self._opus = Work(Opus(*common, self._wants_opus), lambda: True, reactor.post, time.monotonic)
        copying = Copies(*common, self._destination, self._converting, self._no_call)
        self._copies = Work(copying, lambda: bool(self._table.copy_to), reactor.post, time.monotonic)

    def look(self) -> None:
        """Recordings are complete, or the configuration is another one."""
        self._opus.look()
        self._copies.look()

    async def stop(self) -> None:
        """End both jobs; an unfinished recording is processed again after the next start."""
        await asyncio.gather(self._opus.stop(), self._copies.stop())

    @property
    def _table(self) -> RecordingTable:
        return self._config().recording

    def _wants_opus(self) -> bool:
        return self._table.format == "opus"

    def _converting(self) -> tuple[RecordingId, ...]:
        """The recordings that `copies` must leave until they are Opus files; none while the conversion fails."""
        return () if self._opus.failing else self._recordings.to_convert(by_default=self._wants_opus())

    def _no_call(self) -> bool:
        return not self._reactor.state.calls.living

    def _destination(self) -> Destination:
        table = self._table
        return Destination(table.copy_to, table.copy_config_file, copies.secrets(table))
