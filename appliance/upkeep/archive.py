"""The file of a backup: a compressed tar with a manifest, which is read without trust.

Its members are `manifest.json`, then `database`, `state/NAME` and `config/NAME`, and with recordings `recordings/NAME`
and their own list at the end: they come and go while they are saved. Nothing else may be in it, and names are from a
list here, or single words: no member can name another place.
"""

import errno
import hashlib
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import Record
from appliance.store import recording_files
from appliance.upkeep import space

FORMAT = 1
MANIFEST, DATABASE, CONFIG = "manifest.json", "database", "config"
RECORDINGS, RECORDED = "recordings", "recordings.json"
OPEN = ("event-ids.json", "kept.json")  # files of the state, apart from those with secrets
STATE = (*OPEN, "device.key", "http.token", "http.tokens", "http.crt", "http.key")
_CONFIG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_MOST_LIST = 50_000_000  # of the names of recordings; far more than their index can have
_MOST_SMALL = 2_000_000  # of a file of state or configuration: a directory of flats has 1 MB at most
_MOST_DATABASE = 8_000_000_000
_CHUNK = 1 << 20


class Content(Record):
    """A file in the archive."""

    bytes: int
    sha256: str


class Manifest(Record):
    """What the archive has. version: of intercomd; tables: of the database; config: the name of its main file.

    recordings: whether it has them too.
    """

    format: int
    version: str
    made: str
    station: str
    tables: int
    config: str
    files: dict[str, Content]
    recordings: bool = False


class _Hashed:
    """A file that is read, and what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self._bytes = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """As that of a file."""
        found = self._file.read(size)
        self._digest.update(found)
        self._bytes += len(found)
        return found

    @property
    def content(self) -> Content:
        return Content(self._bytes, self._digest.hexdigest())


def write(file: IO[bytes], manifest: Manifest, directory: Path, recordings: Iterable[Path] = ()) -> None:
    """Write an archive of the members in a directory, and of files of recordings. Raises OSError."""
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        _add(tar, MANIFEST, msgspec.json.encode(manifest))
        for name, content in manifest.files.items():
            with (directory / name).open("rb") as source:
                tar.addfile(_member(name, content.bytes), source)
        if manifest.recordings:
            written: dict[str, Content] = {}
            for path in recordings:
                with suppress(FileNotFoundError), opened(path) as found:  # it may be removed at any time
                    hashed = _Hashed(found)
                    tar.addfile(_member(f"{RECORDINGS}/{path.name}", os.fstat(found.fileno()).st_size), hashed)
                    written[path.name] = hashed.content
            _add(tar, RECORDED, msgspec.json.encode(written))


def opened(path: Path) -> IO[bytes]:
    """Open a file of the service's user to read: no link, which could lead root elsewhere. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return os.fdopen(descriptor, "rb")


def content(path: Path) -> Content:
    """Size and hash of a file. Raises OSError."""
    with path.open("rb") as file:
        return Content(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def may_be(name: str, content: Content) -> bool:
    """Whether a file may be in an archive."""
    if name == DATABASE:
        return content.bytes <= _MOST_DATABASE
    folder, _, rest = name.partition("/")
    allowed = rest in STATE if folder == "state" else folder == CONFIG and _CONFIG.fullmatch(rest) is not None
    return allowed and content.bytes <= _MOST_SMALL


def unpack(file: Path, directory: Path, reserved: int) -> Manifest:
    """Write the members into an empty directory, under their names, and hold each against its list.

    reserved: bytes that stay free on the directory's disc. Raises IntercomError, and OSError of the directory.
    """
    with _reading(file), tarfile.open(file, "r|gz") as tar:
        manifest: Manifest | None = None
        missing: dict[str, Content] = {}
        recorded: dict[str, Content] = {}
        ended = False
        for member in tar:
            source = tar.extractfile(member) if member.isreg() else None
            if source is None:
                raise broken(file, f"{member.name[:100]!r} is no ordinary file")
            space.demand(directory, member.size, reserved)
            if manifest is None:
                manifest = _manifest(file, member, source)
                missing = dict(manifest.files)
                ended = not manifest.recordings
            elif not ended and _recording(member.name):
                recorded[Path(member.name).name] = _unpack_one(source, directory / member.name)
            elif not ended and member.name == RECORDED:
                ended = _all_recorded(file, member, source, recorded)
            elif (expected := missing.pop(member.name, None)) is None:
                raise broken(file, f"{member.name[:100]!r} does not belong there")
            elif member.size != expected.bytes:
                raise broken(file, f"{member.name} is cut off")
            elif _unpack_one(source, directory / member.name) != expected:
                raise broken(file, f"{member.name} was changed")
        if manifest is None or missing or not ended:
            raise broken(file, f"{', '.join(missing) or (RECORDED if manifest else MANIFEST)} is missing")
        return manifest


def _unpack_one(source: IO[bytes], path: Path) -> Content:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    hashed = _Hashed(source)
    with path.open("xb") as target:
        while some := hashed.read(_CHUNK):
            target.write(some)
    return hashed.content


def _recording(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == RECORDINGS and recording_files.is_ours(rest)


def _all_recorded(file: Path, member: tarfile.TarInfo, source: IO[bytes], found: dict[str, Content]) -> bool:
    """Hold the recordings against their list. Raises IntercomError."""
    try:
        listed = msgspec.json.decode(source.read() if member.size <= _MOST_LIST else b"", type=dict[str, Content])
    except ValueError as error:
        raise broken(file, f"{RECORDED} cannot be read ({error})") from error
    wrong = [name for name in {*listed, *found} if listed.get(name) != found.get(name)]
    if wrong:
        raise broken(file, f"{min(wrong)[:100]} was changed or is missing")
    return True


def _manifest(file: Path, member: tarfile.TarInfo, source: IO[bytes]) -> Manifest:
    """Read the first member, and refuse what cannot be restored. Raises IntercomError."""
    if member.name != MANIFEST or member.size > _MOST_SMALL:
        raise _foreign(file, f"It does not begin with {MANIFEST}.")
    text = source.read()
    try:
        found = msgspec.json.decode(text, type=_Format)
        if found.format > FORMAT:
            raise IntercomError(
                ErrorCode.FILE_UNSUPPORTED,
                f"{file} was made by a newer intercomd.",
                f"It is of {found.version}, and its format {found.format} is not known here.",
                "Install that version, and restore it then.",
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except ValueError as error:  # msgspec's errors are ValueErrors
        raise _foreign(file, f"Its manifest is not one of intercomd: {error}.") from error
    wrong = [name for name, each in manifest.files.items() if not may_be(name, each)]
    if wrong or DATABASE not in manifest.files or f"{CONFIG}/{manifest.config}" not in manifest.files:
        raise broken(file, f"its manifest has {wrong[0][:100]!r}" if wrong else "its manifest lacks a file")
    return manifest


class _Format(msgspec.Struct):
    """What a manifest of every version has; a newer one may have more."""

    format: int
    version: str


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Faults of the archive as IntercomErrors."""
    try:
        yield
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise broken(file, str(error) or "it is cut off") from error
    except OSError as error:
        if error.filename is not None and Path(error.filename) == file:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"{file} cannot be read.",
                reason(error),
                "Name a file of intercomctl backup.",
            ) from error
        if error.errno is None:  # of gzip: it is no such file, or its checksum differs
            raise broken(file, str(error)) from error
        raise


def broken(file: Path, why: str) -> IntercomError:
    """The error of a backup that is cut off, damaged or changed."""
    return IntercomError(
        ErrorCode.FILE_UNSUPPORTED,
        f"{file} is not a whole backup.",
        f"Found in it: {why}.",
        "Nothing was changed. Use another copy of the file, or an older backup.",
    )


def _foreign(file: Path, why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.FILE_UNSUPPORTED,
        f"{file} is not a backup of intercomd.",
        why,
        "Name a file that intercomctl backup has written.",
    )


def _add(tar: tarfile.TarFile, name: str, text: bytes) -> None:
    tar.addfile(_member(name, len(text)), BytesIO(text))


def _member(name: str, size: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.mode = size, 0o600
    return made
