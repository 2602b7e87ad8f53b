"""Lists of recordings, as clients see them: read from the index, and from the files beside each recording."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import RecordingFacts, RecordingFormat, RecordingId, RecordingSearch, StoredRecording
from appliance.store import database, recording_files, recording_index
from appliance.store.writer import Writer

EVERYTHING = RecordingSearch()


class RecordingLists:
    """Reads the index of the recordings in `directory`: the disc, so for threads other than asyncio's."""

    def __init__(self, directory: Path, writer: Writer) -> None:
        self._directory, self._writer = directory, writer

    def list(
        self, limit: int = 50, cursor: int | None = None, search: RecordingSearch = EVERYTHING
    ) -> tuple[StoredRecording, ...]:
        """The newest `limit` before the number `cursor` that `search` finds, newest first. Raises IntercomError."""
        query, values = recording_index.page(limit, cursor, search)
        return self._read(query, *values)

    def get(self, recording: str) -> StoredRecording:
        """The row of a recording. Raises IntercomError."""
        found = self._read(recording_index.ONE, recording)
        if not found:
            raise not_found(recording)
        return found[0]

    def gone(self, recording: str) -> bool:
        """Whether the recording was deleted. Raises IntercomError."""
        return not self._read(recording_index.ONE, recording)

    def to_convert(self, *, by_default: bool = True) -> tuple[RecordingId, ...]:
        """Return the complete recordings with a WAV file of this user that must become Opus files.

        by_default: all but recordings that a client ordered as WAV files; else only recordings that a client ordered as
        Opus files. Raises IntercomError and OSError.
        """
        if not by_default:
            found = (row[0] for row in self._rows(recording_index.ORDERED_OPUS))
            return tuple(RecordingId(name) for name in found if recording_files.size(self.path(name)) is not None)
        files = self._directory.glob(f"*{recording_files.WAV}")
        ours = [path.stem for path in files if recording_files.size(path) is not None]
        return tuple(RecordingId(row[0]) for row in self._rows(recording_index.TO_CONVERT, json.dumps(ours)))

    def uncopied(self) -> tuple[RecordingId, ...]:
        """Return the complete recordings without a copy elsewhere, oldest first. Raises IntercomError."""
        return tuple(RecordingId(row[0]) for row in self._rows(recording_index.UNCOPIED))

    def file(self, recording: str) -> Path:
        """The file that has its sound now. Raises IntercomError for text that is not an id."""
        return recording_files.found(self.path(recording))

    def path(self, recording: str) -> Path:
        """The path of its WAV file, now or later; text that is not an id (a client's "../x") raises IntercomError."""
        if not recording_files.is_id(recording):
            raise not_found(recording)
        return self._directory / f"{recording}.wav"

    def _read(self, query: str, *values: str | int) -> tuple[StoredRecording, ...]:
        return tuple(self._recording(recording_index.entry(row)) for row in self._rows(query, *values))

    def _rows(self, query: str, *values: str | int) -> Sequence[tuple[Any, ...]]:
        try:
            with closing(database.reader(self._writer.directory)) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._writer.suspect(error)  # where it is set aside, the index is made again
            why, resolution = database.explain(error, self._writer.directory)
            raise IntercomError(
                ErrorCode.UNAVAILABLE, "The index of recordings cannot be read.", why, resolution
            ) from error

    def _recording(self, entry: RecordingFacts) -> StoredRecording:
        file = self.file(entry.id)
        return StoredRecording(
            **asdict(entry),
            protected=recording_files.is_protected(file),
            format=RecordingFormat.OPUS if file.suffix == recording_files.OPUS else RecordingFormat.WAV,
        )


def not_found(recording: str) -> IntercomError:
    """No recording has this id."""
    return IntercomError(
        ErrorCode.RECORDING_NOT_FOUND,
        f"There is no recording {recording!r}.",
        resolution="GET /v1/recordings lists them.",
    )
