"""`intercomctl restore`: replaces the station's configuration and state by a backup.

All of it is unpacked and checked before anything changes. Recordings that are missing are added. Then the service
stops, the files change places, and the service starts. What was there before stays in `before-restore`.
"""

import errno
import os
import pwd
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.config.load import load
from appliance.store import database, event_ids, recording_files
from appliance.store.event_ids import Reservation
from appliance.system import packages
from appliance.upkeep import archive, overwrite, save, service, space
from appliance.upkeep.archive import Manifest
from appliance.upkeep.staging import RESTORE, staging

BEFORE = "before-restore"
_KEPT = "kept.json"  # a backup does not end what holds now, such as a lockdown
_LATER_IDS = 1_000_000  # more events than came since the backup: no id is used twice
_BESIDE_DATABASE = (f"{database.FILE}-wal", f"{database.FILE}-shm")
_COMPLETE = "complete"  # a file in BEFORE, once all has its place
_PART = ".restored"
_PRIVATE, _FOR_GROUP = 0o600, 0o640


class _Placed(Record):
    """A file to put at `target`. It gets the owner and mode of the file there; without one, `owner` and `mode`."""

    source: Path
    target: Path
    owner: tuple[int, int]
    mode: int = _PRIVATE

    @property
    def name(self) -> str:
        """The file's name in the backup."""
        return f"{self.source.parent.name}/{self.source.name}"

    @property
    def new(self) -> Path:
        """Where it waits until all others are there too."""
        return self.target.with_name(f"{self.target.name}{_PART}")


def restore(file: Path, state: Path, config: Path) -> Json:
    """Restore a backup; returns its facts. Raises IntercomError, also while another daemon than the service runs."""
    try:
        _make(state)
        # Beside the state, as root shall follow no link that the service's user has made in it.
        with staging(state.absolute().parent, RESTORE) as staged:
            reserved = space.reserve(config)
            manifest = archive.unpack(file, staged, reserved)
            _check(file, manifest, staged)
            _check_places(file, list(_places(manifest, staged, state, config)))
            space.demand(state, _to_be_copied(staged, state), reserved)
            with ExitStack() as undo:
                added = _add_recordings(staged / archive.RECORDINGS, state, undo) if manifest.recordings else 0
                with service.stopped(state):
                    for part in parts(state):
                        overwrite.remove(part)
                    database.settle(state)
                    _put(manifest, staged, state, config)
                    undo.pop_all()
    except OSError as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The backup was not restored.",
            f"{error.filename or state}: {reason(error)}",
            f"Run it as root, on a disc with space for it. What is missing in {state} is in {state / BEFORE}.",
        ) from error
    return {
        "station": manifest.station,
        "made": manifest.made,
        "version": manifest.version,
        "before": str(state / BEFORE),
        "recordings": added,
    }


def _make(state: Path) -> None:
    """Make a missing state directory, which belongs to the service's user as the package makes it. Raises OSError."""
    try:
        state.mkdir(mode=0o750, parents=True)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        with suppress(KeyError):  # a checkout has no user of its own
            user = pwd.getpwnam(packages.PROGRAM)
            os.chown(state, user.pw_uid, user.pw_gid)


def parts(state: Path) -> list[Path]:
    """The files in the state that a killed restore was about to put in their places."""
    return [*state.glob(f"*{_PART}"), *(state / archive.RECORDINGS).glob(f"r-*{_PART}")]


def _check(file: Path, manifest: Manifest, staged: Path) -> None:
    """Raise IntercomError unless database and configuration can be used here, with the files that it names."""
    (staged / archive.DATABASE).rename(staged / database.FILE)
    try:
        database.check(staged)
    except database.NewerState as error:
        raise IntercomError(
            ErrorCode.FILE_UNSUPPORTED,
            f"{file} was made by a newer intercomd, {manifest.version}.",
            f"Its database is too new: {error}.",
            f"Install intercomd {manifest.version} or a newer one, and restore it then.",
        ) from error
    except database.Error as error:
        raise archive.broken(file, f"its database is damaged ({error})") from error
    try:
        loaded = load(staged / archive.CONFIG / manifest.config)
    except IntercomError as error:
        raise IntercomError(
            ErrorCode.CONFIG_INVALID,
            f"This version of intercomd cannot use the configuration in {file}.",
            _beginning(str(error)),
            f"Nothing was changed. Install intercomd {manifest.version}, and restore it then.",
        ) from error
    others = {path.name for path in (staged / archive.CONFIG).iterdir()} - {manifest.config}
    if unknown := others - save.named_beside(loaded):
        raise archive.broken(file, f"its configuration does not name {min(unknown)}")


def _beginning(text: str) -> str:
    """The first lines of a text that a hostile file may have made as long as itself."""
    lines = text.splitlines()
    return "\n".join([*(line[:500] for line in lines[:8]), *(["…"] if len(lines) > 8 else [])])  # noqa: PLR2004


def _check_places(file: Path, placed: list[_Placed]) -> None:
    """Raise IntercomError unless each file has a place of its own, also while it waits."""
    taken = dict[Path, _Placed]()
    for each in placed:
        for path in (each.target, each.new):
            other = taken.setdefault(path, each)
            if other is not each:
                raise IntercomError(
                    ErrorCode.CONFIG_INVALID,
                    f"{file} has two files for {path}.",
                    f"They are {other.name} and {each.name}.",
                    "Nothing was changed. Give the configuration another name or directory by --config.",
                )


def _to_be_copied(staged: Path, state: Path) -> int:
    """The bytes that the state's disc needs besides the unpacked files, which are removed after the copy."""
    sizes = {path: path.stat().st_size for path in staged.rglob("*") if path.is_file()}
    recordings = [size for path, size in sizes.items() if path.parent == staged / archive.RECORDINGS]
    one_disc = staged.stat().st_dev == state.stat().st_dev  # where each recording goes before the next is copied
    return sum(sizes.values()) - sum(recordings) + (max(recordings, default=0) if one_disc else sum(recordings))


def _add_recordings(staged: Path, state: Path, undo: ExitStack) -> int:
    """Add the files of recordings that are not there; how many recordings. `undo` removes them. Raises OSError."""
    directory = state / archive.RECORDINGS
    owner = state.stat().st_uid, state.stat().st_gid
    with suppress(FileExistsError):
        directory.mkdir(0o750)
        if os.geteuid() == 0:
            os.chown(directory, *owner)
    if directory.is_symlink() and directory.lstat().st_uid != os.geteuid():
        raise OSError(errno.ELOOP, "it is a link that another user has made", str(directory))
    missing = [path for path in sorted(staged.glob("*")) if not os.path.lexists(directory / path.name)]
    for path in missing:
        placed = _Placed(path, directory / path.name, owner, _FOR_GROUP)
        try:
            _copy(placed)
            placed.new.replace(placed.target)
            undo.callback(placed.target.unlink, missing_ok=True)
        finally:
            placed.new.unlink(missing_ok=True)
        path.unlink()  # the disc need not have room for all of them twice
    durable.sync(directory)
    return sum(path.suffix in recording_files.SOUNDS for path in missing)


def _put(manifest: Manifest, staged: Path, state: Path, config: Path) -> None:
    """Put the staged files in their places. Steps that may fail for lack of space or rights come first.

    Raises OSError.
    """
    _raise_ids(staged / "state", state)
    placed = list(_places(manifest, staged, state, config))
    config.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    try:
        for each in placed:
            _copy(each)
        _keep_before(state, [each.target for each in placed])
        for each in placed:
            each.new.replace(each.target)
        (state / BEFORE / _COMPLETE).touch()
    finally:
        for each in placed:
            each.new.unlink(missing_ok=True)
    durable.sync(config.parent)
    durable.sync(state)


def _places(manifest: Manifest, staged: Path, state: Path, config: Path) -> Iterator[_Placed]:
    """Where each file goes, the database last."""
    found = state.stat()
    service = found.st_uid, found.st_gid
    for name in archive.STATE:
        source = staged / "state" / name
        if source.is_file() and not (name == _KEPT and (state / name).exists()):
            yield _Placed(source, state / name, service)
    for path in (staged / archive.CONFIG).iterdir():
        if path.name == manifest.config:
            yield _Placed(path, config, (os.geteuid(), service[1]), _FOR_GROUP)
        else:
            yield _Placed(path, config.parent / path.name, service)
    yield _Placed(staged / database.FILE, state / database.FILE, service, _FOR_GROUP)


def _copy(placed: _Placed) -> None:
    """Write a file beside its place, durably, with its owner and mode from its first byte on. Raises OSError."""
    (uid, gid), mode = placed.owner, placed.mode
    with suppress(FileNotFoundError):
        there = placed.target.lstat()
        if stat.S_ISREG(there.st_mode):
            uid, gid, mode = there.st_uid, there.st_gid, stat.S_IMODE(there.st_mode)
    placed.new.unlink(missing_ok=True)
    descriptor = os.open(placed.new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as target, placed.source.open("rb") as source:
        if os.geteuid() == 0:
            os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(descriptor)


def _keep_before(state: Path, replaced: list[Path]) -> None:
    """Keep the replaced files until the next restore. Files that an interrupted restore kept stay under another name.

    A power cut at any moment leaves each file of the state as it was or as it will be. Raises OSError.
    """
    before = state / BEFORE
    if (before / _COMPLETE).exists():
        shutil.rmtree(before)  # which follows no link
    elif os.path.lexists(before):
        before.rename(state / f"{BEFORE}.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    before.mkdir(mode=0o700)
    here = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    there = os.open(before, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for path in replaced:
            if path.parent != state and path.is_file():
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                descriptor = os.open(path.name, flags, _PRIVATE, dir_fd=there)  # root writes nowhere else
                with os.fdopen(descriptor, "wb") as kept:
                    kept.write(path.read_bytes())
        # The old database's -wal and -shm go first: they would damage the new database, which has neither.
        for name in filter(lambda name: os.path.lexists(state / name), _BESIDE_DATABASE):
            os.rename(name, name, src_dir_fd=here, dst_dir_fd=there)
        for path in replaced:
            if path.parent == state and os.path.lexists(path):
                os.link(path.name, path.name, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
        os.fsync(there)
        os.fsync(here)
    finally:
        os.close(here)
        os.close(there)


def _raise_ids(staged: Path, state: Path) -> None:
    """Have the next events get ids that none had before, neither in the backup nor since. Raises OSError."""
    used = []
    for directory in (staged, state):
        with suppress(OSError, ValueError):
            used.append(event_ids.read(directory).upto)
    event_ids.write(staged, Reservation(max(used, default=0) + _LATER_IDS, clean=False))


def words(done: Json) -> str:
    """The result for a terminal."""
    added = f" Recordings that were added: {done['recordings']}." if done["recordings"] else ""
    return (
        f"Restored: {done['station']}, saved at {done['made']} by intercomd {done['version']}.{added} What was there "
        f"before is in {done['before']}, with its secrets: remove it when you do not need it any more."
    )
