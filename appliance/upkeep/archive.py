"""The file of a backup: a compressed tar with a manifest, which is read without trust, and with little memory.

Its members are `manifest.json`, then `database`, `state/NAME` and `config/NAME`, and with recordings `recordings/NAME`
and their own list at the end: they come and go while they are saved. Nothing else may be in it, and names are from a
list here, or single words: no member can name another place. A member is an ordinary file with a header of 512 bytes
(POSIX.1-1988, ustar): headers that continue elsewhere, as of GNU tar and pax, would be read into memory at any length.
"""

import errno
import gzip
import hashlib
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol

import msgspec

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import Record
from appliance.store import recording_files
from appliance.store.lists import subscriptions
from appliance.upkeep import space

FORMAT = 1
MANIFEST, DATABASE, CONFIG = "manifest.json", "database", "config"
RECORDINGS, RECORDED = "recordings", "recordings.json"
OPEN = ("event-ids.json", "kept.json")  # files of the state, apart from those with secrets
_OF_HTTP = ("http.token", "http.tokens", "http.crt", "http.key", "http-ca.crt", "http-ca.key")
STATE = (*OPEN, "device.key", *_OF_HTTP, subscriptions.FILE, subscriptions.KEY)
_CONFIG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_MOST_SMALL = 2_000_000  # of a file of state or configuration: a directory of flats has 1 MB at most
_MOST_DATABASE = 8_000_000_000
MOST_RECORDED = 200_000  # files of recordings: their facts have to fit into memory
_BLOCK = tarfile.BLOCKSIZE
_LONGEST_ENTRY = 256  # bytes of one in their list
_CHUNK = 1 << 20


class Content(Record):
    """A file in the archive."""

    bytes: int
    sha256: str


class Manifest(Record):
    """The contents of an archive. version: of intercomd; tables: of the database; config: the name of its main file.

    recordings: whether it has recordings.
    """

    format: int
    version: str
    made: str
    station: str
    tables: int
    config: str
    files: dict[str, Content]
    recordings: bool = False


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Hashed:
    """A file with the hash and the length of the part that was read."""

    def __init__(self, file: _Readable) -> None:
        self._file, self._digest, self._bytes = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Read like a file, and add the bytes to the hash."""
        found = self._file.read(size)
        self._digest.update(found)
        self._bytes += len(found)
        return found

    @property
    def content(self) -> Content:
        return Content(self._bytes, self._digest.hexdigest())


class _Whole:
    """A file that ends where its first length says: with zeros, which are silence, after a part that cannot be read."""

    def __init__(self, file: _Readable) -> None:
        self._file, self.fault = file, ""

    def read(self, size: int = 0) -> bytes:
        """Read like a file."""
        found = b""
        if not self.fault:
            try:
                found = self._file.read(size)
            except OSError as error:
                self.fault = str(error.strerror)
        if len(found) < size and not self.fault:
            self.fault = "it has become shorter"
        return found.ljust(size, b"\0")


def write(
    file: IO[bytes], manifest: Manifest, directory: Path, recordings: Iterable[Sequence[Path]] = ()
) -> dict[str, str]:
    """Write an archive of the members in a directory, and of the files that each recording may have. Raises OSError.

    Returns what is missing of recordings, as it cannot be read, or not to its end, and why: the others are whole.
    """
    unread: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.USTAR_FORMAT, compresslevel=6) as tar:
        _add(tar, MANIFEST, msgspec.json.encode(manifest))
        for name, content in manifest.files.items():
            with (directory / name).open("rb") as source:
                tar.addfile(_member(name, content.bytes), source)
        if manifest.recordings:
            written: dict[str, Content] = {}
            for files in recordings:
                for path in files:
                    _add_recorded(tar, path, written, unread)
                sounds = [path for path in files if path.suffix in recording_files.SOUNDS]
                if not any(path.name in written or str(path) in unread for path in sounds):
                    unread[str(sounds[0])] = os.strerror(errno.ENOENT)
            _add(tar, RECORDED, msgspec.json.encode(written))
    return unread


def _add_recorded(tar: tarfile.TarFile, path: Path, written: dict[str, Content], unread: dict[str, str]) -> None:
    """Add a file of a recording, if it is there. Raises IntercomError, and OSError of the archive."""
    try:
        found = opened(path)
    except FileNotFoundError:  # it may be removed at any time
        return
    except OSError as error:
        unread[str(path)] = str(error.strerror)
        return
    with found:
        if len(written) >= MOST_RECORDED:
            raise IntercomError(
                ErrorCode.STORAGE_FULL,
                f"A backup has room for {MOST_RECORDED} files of recordings.",
                resolution="Make one without recordings, and copy these by rclone (recording.copy_to).",
            )
        hashed = _Hashed(whole := _Whole(found))
        tar.addfile(_member(f"{RECORDINGS}/{path.name}", os.fstat(found.fileno()).st_size), hashed)
    written[path.name] = hashed.content
    if whole.fault:
        unread[str(path)] = whole.fault


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
    with _reading(file), gzip.open(file) as packed:
        manifest: Manifest | None = None
        missing: dict[str, Content] = {}
        recorded: dict[str, Content] = {}
        ended = False
        for member, source in _members(file, packed):
            space.demand(directory, max(member.size, _BLOCK), reserved)
            if manifest is None:
                manifest = _manifest(file, member, source)
                missing = dict(manifest.files)
                ended = not manifest.recordings
            elif not ended and _recording(member.name):
                _demand_place(file, member.name, recorded)
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


class _Part:
    """One member's bytes, in the file that has them all."""

    def __init__(self, packed: _Readable, size: int) -> None:
        self._packed, self.left = packed, size

    def read(self, size: int = -1) -> bytes:
        """Read like a file. Raises EOFError if the archive ends before the member does."""
        wanted = self.left if size < 0 else min(size, self.left)
        found = self._packed.read(wanted)
        if len(found) < wanted:
            raise EOFError("it is cut off")
        self.left -= wanted
        return found


def _members(file: Path, packed: _Readable) -> Iterator[tuple[tarfile.TarInfo, _Part]]:
    """The members, each of which the caller reads whole. Raises IntercomError, and errors of a damaged archive."""
    while header := packed.read(_BLOCK):
        if header == bytes(_BLOCK):  # two of them end an archive, and fill its last record
            if packed.read(tarfile.RECORDSIZE).strip(b"\0") or packed.read(1):
                raise broken(file, "something follows its end")
            return
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if member.type not in tarfile.REGULAR_TYPES or member.size < 0:
            raise broken(file, f"{member.name[:100]!r} is no ordinary file")
        part = _Part(packed, member.size)
        yield member, part
        packed.read(-member.size % _BLOCK)
    raise EOFError("it is cut off")


def _unpack_one(source: _Part, path: Path) -> Content:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    hashed = _Hashed(source)
    with path.open("xb") as target:
        while some := hashed.read(_CHUNK):
            target.write(some)
    return hashed.content


def _recording(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == RECORDINGS and recording_files.is_ours(rest)


def _demand_place(file: Path, name: str, found: dict[str, Content]) -> None:
    """Raise IntercomError if there is no place for this file of a recording beside those found."""
    if Path(name).name in found:
        raise broken(file, f"{name} is in it twice")
    if len(found) >= MOST_RECORDED:
        raise broken(file, f"it has more than {MOST_RECORDED} files of recordings")


def _all_recorded(file: Path, member: tarfile.TarInfo, source: _Part, found: dict[str, Content]) -> bool:
    """Hold the recordings against their list. Raises IntercomError."""
    most = _LONGEST_ENTRY * (len(found) + 1)
    try:
        listed = msgspec.json.decode(source.read() if member.size <= most else b"", type=dict[str, Content])
    except ValueError as error:
        raise broken(file, f"{RECORDED} cannot be read ({error})") from error
    wrong = [name for name in {*listed, *found} if listed.get(name) != found.get(name)]
    if wrong:
        raise broken(file, f"{min(wrong)[:100]} was changed or is missing")
    return True


def _manifest(file: Path, member: tarfile.TarInfo, source: _Part) -> Manifest:
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
    """The fields of a manifest in every version; a newer one may have more."""

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
