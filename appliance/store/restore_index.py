"""Lists recordings again from their files: unfinished ones after an unclean end, all after a loss of the index."""

import json
import logging
import sqlite3
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from appliance.base.errors import reason
from appliance.base.record import carried
from appliance.base.wall_time import utc
from appliance.core.model import CallId, RecordingFacts, RecordingId
from appliance.store import database, recording_files, recording_index
from appliance.store.recording_index import ENTRY_IS_WHOLE
from appliance.store.writer import After, Writer

log = logging.getLogger(__name__)

COMPARED_AT_ONCE = 1000  # files compared with the index
LISTED_AT_ONCE = 200  # files listed in one job, so that other writes get their turn
_UNLISTED = "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM recordings WHERE recordings.id = value)"
_UNFINISHED = f"SELECT id FROM recordings WHERE NOT complete AND {ENTRY_IS_WHOLE} ORDER BY number"  # noqa: S608 - ours


class IndexRestorer:
    """Compares `directory` with the index. A recording that the facts beside its file describe is listed as it was.

    complete: repairs, lists and announces a recording; running: the ids of running recordings. done: called at the end,
    in the writer's thread.
    """

    def __init__(
        self,
        directory: Path,
        writer: Writer,
        complete: Callable[[sqlite3.Connection, RecordingId], After | None],
        running: Callable[[], Collection[RecordingId]],
        done: Callable[[], None],
    ) -> None:
        self._directory, self._writer, self._complete = directory, writer, complete
        self._running, self._done = running, done

    def start(self) -> None:
        """Begin, soon; in the writer's thread, a few files in each job."""
        self._writer.submit(self._compare)

    def unlisted(self, connection: sqlite3.Connection) -> set[RecordingId]:
        """The files without a row. SQLite compares them, since a loop over all recordings would hold up the start."""
        found: set[RecordingId] = set()
        names = (path.stem for path in self._directory.glob("*") if path.suffix in recording_files.SOUNDS)
        while some := list(islice(names, COMPARED_AT_ONCE)):
            rows = connection.execute(_UNLISTED, (json.dumps([name for name in some if recording_files.is_id(name)]),))
            found.update(RecordingId(row[0]) for row in rows if self._is_ours(row[0]))
        return found

    def described(self, name: RecordingId) -> RecordingFacts:
        """Return the recording as the facts beside its file describe it; complete only if the file has their length."""
        path = self._file(name)
        facts = read_facts(path)
        if facts is None:
            modified = path.stat().st_mtime
            return RecordingFacts(
                int(modified * 1000), name, CallId(""), "", utc(datetime.fromtimestamp(modified, UTC))
            )
        whole = facts.complete and facts.bytes == recording_files.size(path)
        return facts if whole else msgspec.structs.replace(facts, complete=False)

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _compare(self, connection: sqlite3.Connection) -> After:
        # By their ids, so that limits see the oldest ones first.
        return partial(self._list_soon, sorted(self.unlisted(connection).difference(self._running())))

    def _list_soon(self, names: list[RecordingId]) -> None:
        self._writer.submit(partial(self._list, names) if names else self._find_unfinished, single=True)

    def _list(self, names: list[RecordingId], connection: sqlite3.Connection) -> After:
        for name in names[:LISTED_AT_ONCE]:
            try:
                recording_index.insert(connection, self.described(name))
            except FileNotFoundError:  # it was removed meanwhile
                continue
            except OSError as error:
                self._leave(name, error)
        return partial(self._list_soon, names[LISTED_AT_ONCE:])

    def _find_unfinished(self, connection: sqlite3.Connection) -> After:
        running = self._running()
        found = [RecordingId(row[0]) for row in connection.execute(_UNFINISHED) if row[0] not in running]
        return partial(self._finish_soon, found)

    def _finish_soon(self, names: list[RecordingId]) -> None:
        if names:
            self._writer.submit(partial(self._finish, names), single=True)
        else:
            self._done()

    def _finish(self, names: list[RecordingId], connection: sqlite3.Connection) -> After:
        """Complete one recording: its whole file is read."""
        entry, after = recording_index.find(connection, names[0]), None
        try:
            if entry is not None and not entry.complete:
                after = self._complete(connection, names[0])
        except OSError as error:
            self._leave(names[0], error)

        def announce() -> None:
            if after is not None:
                after()
            self._finish_soon(names[1:])

        return announce

    def _is_ours(self, name: str) -> bool:
        try:
            return recording_files.size(self._file(name)) is not None
        except OSError as error:
            self._leave(name, error)
            return False

    def _leave(self, name: str, error: OSError) -> None:
        """Log that a recording stays as it is until the next start; raise the error if the disc is to blame."""
        if not database.is_of_one_file(error, self._directory):
            raise error
        log.warning(
            "recording %s cannot be used and stays as it is: %s Check the disc, and the owner of its files.",
            name,
            reason(error),
        )

    def _file(self, name: str) -> Path:
        return recording_files.found(self._directory / f"{name}{recording_files.WAV}")


class _Facts(RecordingFacts, forbid_unknown_fields=False):
    """A newer version may know more of a recording."""


def read_facts(path: Path) -> RecordingFacts | None:
    """Read the facts beside a recording's file; None if they are missing, or cannot be true."""
    try:
        data = recording_files.read_facts(path)
        if data is None:
            return None
        facts = carried(RecordingFacts, msgspec.json.decode(data, type=_Facts))
        datetime.fromisoformat(facts.started)
    except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
        if isinstance(error, OSError) and not database.is_of_one_file(error, path.parent):
            raise
        log.warning("the facts beside %s cannot be used: %s", path, error)
        return None
    numbers = facts.number, facts.bytes + 1, facts.copy_tries + 1
    return facts if facts.id == path.stem and all(0 < number < recording_index.LATEST for number in numbers) else None


def write_facts(path: Path, entry: RecordingFacts) -> None:
    """Write the facts beside a recording's file, durably. Raises OSError, unless only these facts are the fault."""
    try:
        recording_files.write_facts(path, msgspec.json.encode(entry).decode())
    except OSError as error:
        if not database.is_of_one_file(error, path.parent):
            raise
        log.warning("the facts beside %s cannot be written: %s", path, error)


def both(*afters: After | None) -> After:
    """Return a callback that calls these, one after another."""

    def act() -> None:
        for after in afters:
            if after is not None:
                after()

    return act
