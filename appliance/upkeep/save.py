"""`intercomctl backup`: writes the station into one file that only its user may read."""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import appliance
from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.config.effective import effective
from appliance.config.load import load
from appliance.config.schema import Config
from appliance.store import database, recording_files
from appliance.upkeep import archive, space
from appliance.upkeep.archive import Content, Manifest
from appliance.upkeep.staging import BACKUP, staging

OWNER_ONLY = 0o600
_WHOLE = "whole"  # the archive, until it has its name
_NAMES_FILE = "file"  # ends of the names of settings that name files, and of those with a secret
_SHOWN = 20  # recordings that are missing, in words
_NAMES_SECRET = ("password_file", "key_file", "copy_config_file")


def save(file: Path, state: Path, config: Path, *, recordings: bool = False, secrets: bool = True) -> Json:
    """Write the backup; returns its name and size, and what is not in it: configuration and, as `unread`, recordings.

    The database is copied as it is at one moment, whatever the daemon writes meanwhile. recordings: with the finished
    ones; secrets: with passwords, keys and tokens. Raises IntercomError.
    """
    loaded = load(config)
    named, left_out = beside(loaded.model_dump(exclude_unset=True), config)
    if not secrets:
        named, hidden = _without_secrets(loaded, config, named)
        left_out += hidden
    with ExitStack() as stack:
        try:
            # Only we may read the directory; it is on the disc of the file, as memory may be too small for a database.
            if os.path.lexists(file):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            copies = stack.enter_context(staging(file.absolute().parent, BACKUP))
        except OSError as error:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"{file} cannot be written.",
                reason(error),
                "Name a file that does not exist yet, in a directory of yours.",
            ) from error
        try:
            archive.opened(state / database.FILE).close()  # no link
            if copies.stat().st_dev == state.stat().st_dev:
                space.demand(copies, _needed(state, recordings=recordings), loaded.recording.free_mb * space.MB)
            tables = database.copy(state, copies / archive.DATABASE)
            for name in archive.STATE if secrets else archive.OPEN:  # each once: the daemon may replace a file any time
                with suppress(FileNotFoundError), archive.opened(state / name) as found:
                    _put(copies / "state" / name, found.read())
            for path in (config, *named):
                _put(copies / archive.CONFIG / path.name, path.read_bytes())
            manifest = Manifest(
                archive.FORMAT,
                appliance.__version__,
                datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                loaded.station.name,
                tables,
                config.name,
                {str(path.relative_to(copies)): archive.content(path) for path in sorted(_all(copies))},
                recordings,
            )
            unread = _write(copies / _WHOLE, manifest, copies, _recordings(state, copies) if recordings else ())
            _publish(copies / _WHOLE, file)
        except database.Error as error:
            explained = database.explain(error, state)
            raise IntercomError(ErrorCode.UNAVAILABLE, "No backup was written.", *explained) from error
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "No backup was written.",
                f"{error.filename or file}: {reason(error)}",
                "Run it as root or as the service's user, on a disc with space for two copies of the database.",
            ) from error
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "secrets": secrets,
        "left_out": [str(path) for path in left_out],
        **({"unread": unread} if unread else {}),
    }


def _write(path: Path, manifest: Manifest, copies: Path, recordings: Iterable[Sequence[Path]]) -> dict[str, str]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as written:
        unread = archive.write(written, manifest, copies, recordings)
        written.flush()
        os.fsync(descriptor)
        return unread


def _publish(whole: Path, file: Path) -> None:
    """Give the finished archive its name, which no other file may have by now. Raises OSError."""
    try:
        os.link(whole, file)
    except FileExistsError:
        raise
    except OSError:  # FAT has no links
        whole.rename(file)
    else:
        whole.unlink()
    durable.sync(file.absolute().parent)


def _needed(state: Path, *, recordings: bool) -> int:
    """Bytes of a backup at most, with the copy of the database that is packed."""
    recorded = (state / archive.RECORDINGS).glob("*") if recordings else ()
    return 2 * sum(map(_size, state.glob(f"{database.FILE}*"))) + sum(map(_size, recorded))


def _size(path: Path) -> int:
    """The bytes of a file; none of one that the daemon has removed or renamed meanwhile, or that is damaged."""
    with suppress(OSError):
        return path.lstat().st_size
    return 0


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _all(directory: Path) -> Iterator[Path]:
    """All files in a directory, and in those below."""
    return (path for path in directory.rglob("*") if path.is_file())


def _recordings(state: Path, copies: Path) -> Iterator[Sequence[Path]]:
    """The files that the recordings may have that are finished in the copy of the database; they may come and go."""
    for recording in database.finished(copies / archive.DATABASE):
        files = recording_files.all_of(state / archive.RECORDINGS, recording)
        if files:
            yield [path for path in files if recording_files.is_ours(path.name)]


def beside(settings: Json, config: Path) -> tuple[list[Path], list[Path]]:
    """The files that settings of a configuration name: those in its own directory, and those elsewhere or too large.

    A name without a directory is a credential of systemd, for which the file of that name counts, if there is one.
    """
    places = {config.parent / name for name in _named(settings, (_NAMES_FILE,))}
    there = sorted(path for path in places if path.is_file() and path != config)
    ours = [path for path in there if path.parent == config.parent and _fits(path)]
    return ours, [path for path in there if path not in ours]


def named_beside(loaded: Config) -> set[str]:
    """The names, without directories, of the files that a configuration names."""
    return {Path(name).name for name in _named(loaded.model_dump(exclude_unset=True), (_NAMES_FILE,))}


def _fits(path: Path) -> bool:
    return archive.may_be(f"{archive.CONFIG}/{path.name}", Content(path.stat().st_size, ""))


def _without_secrets(loaded: Config, config: Path, named: list[Path]) -> tuple[list[Path], list[Path]]:
    """The named files that have no secret, and the others. Raises IntercomError if the configuration has one itself."""
    shown = effective(loaded, {})
    if shown != loaded.model_dump(mode="json", exclude_none=True):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "No backup was written.",
            f"{config} itself has digits that open a door, or a password in an address: nothing can leave them out.",
            "Make a backup with secrets, or move the digits to codes (intercomctl code) and passwords to files.",
        )
    hidden = {config.parent / name for name in _named(shown, _NAMES_SECRET)}
    return [path for path in named if path not in hidden], [path for path in named if path in hidden]


def _named(settings: Json, ends: tuple[str, ...]) -> set[str]:
    """The files that settings name whose own names end so."""
    found = set[str]()
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= _named(value, ends)
        elif isinstance(value, str) and value and name.endswith(ends):
            found.add(value)
    return found


def words(saved: Json) -> str:
    """The result in words, with the secrets and the names in the backup."""
    has = (
        "passwords, tokens, names, and the keys of codes and of HTTPS: everyone who reads it can open the door, and "
        "pretend to be the station. Keep it where nobody else can read it"
        if saved["secrets"]
        else "no passwords, keys or tokens, but names of people: a restore keeps those of the station"
    )
    left_out = f"\nNot in it: {', '.join(saved['left_out'])}." if saved["left_out"] else ""
    missing = [f"{path} ({why})" for path, why in saved.get("unread", {}).items()]
    more = f", and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    named = f"\nRecordings that are missing or cut off in it: {', '.join(missing[:_SHOWN])}{more}. Check the disc."
    return f"{saved['file']}: {saved['bytes']} bytes. It has {has}.{left_out}{named if missing else ''}"
