"""Overwrites files and free space, so that nobody can read their former content from the disc.

The kernel unlinks names only: the blocks of a file keep its content until others need them. A flash card may keep
content in spare cells all the same, since it writes each block somewhere else.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_CHUNK = 1 << 20
_FITRIM = 0xC0185879  # _IOWR('X', 121, struct fstrim_range), linux/fs.h
_CHECKPOINT = 0x4004662B  # EXT4_IOC_CHECKPOINT, Documentation/filesystems/ext4/journal.rst


def remove(path: Path) -> None:
    """Remove a file, a link, or a directory with all that is in it, unless it is missing or a mount. Raises OSError.

    Follows no link, so that root is led nowhere else by the service's user.
    """
    try:
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        with suppress(FileNotFoundError):
            if not path.is_symlink() and path.is_dir():
                if not path.is_mount():
                    _remove_tree(path)
            else:
                _remove_file(path.name, parent)
    finally:
        os.close(parent)


def _remove_tree(path: Path) -> None:
    for _, folders, files, here in os.fwalk(path, topdown=False, follow_symlinks=False):
        for name in files:
            _remove_file(name, here)
        for name in folders:
            if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=here)
            else:
                os.rmdir(name, dir_fd=here)
    path.rmdir()


def _remove_file(name: str, directory: int) -> None:
    """Overwrite a file, and unlink it; a file with another name is only unlinked."""
    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            for size in _pieces(found.st_size):
                os.write(descriptor, bytes(size))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    os.unlink(name, dir_fd=directory)


def _pieces(size: int) -> Iterator[int]:
    while size > 0:
        yield min(size, _CHUNK)
        size -= _CHUNK


def discs(directories: Iterable[Path]) -> list[Path]:
    """The first of these directories on each file system."""
    found: dict[int, Path] = {}
    for directory in directories:
        if directory.is_dir():
            found.setdefault(directory.stat().st_dev, directory.resolve())
    return list(found.values())


def free_bytes(directory: Path) -> int:
    """The free space of the file system that `fill` overwrites: all of it for root."""
    found = os.statvfs(directory)
    return found.f_frsize * (found.f_bfree if os.geteuid() == 0 else found.f_bavail)


def fill(directory: Path) -> None:
    """Overwrite the free space of the file system, by files that fill it and go at once. Raises OSError.

    The files have no name, so that they go with this process too. The first one leaves blocks free: what the file
    system had reserved for the file's own tree of extents and did not need, and the last ones, for which that tree
    would need one more. Further files take them, whose first extents stand in the inode
    (Documentation/filesystems/ext4/ifork.rst), until nothing more fits. The trees are in the journal so far: their
    blocks keep their former content until the journal's is written to its place.
    """
    with _nothing_reserved(directory), ExitStack() as filled:
        written = 1
        while written:
            descriptor = os.open(directory, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            filled.callback(os.close, descriptor)
            written = _fill_once(descriptor)
        with suppress(OSError):  # another file system, or not root
            fcntl.ioctl(descriptor, _CHECKPOINT, struct.pack("I", 0))


def _fill_once(descriptor: int) -> int:
    """Write until nothing more fits, and to the disc; returns how many bytes that were."""
    written = 0
    for size in (_CHUNK, os.fstatvfs(descriptor).f_frsize):  # a write that does not fit whole writes nothing
        with _until_full():
            while True:
                written += os.write(descriptor, bytes(size))
    with _until_full():
        os.fsync(descriptor)
    return written


@contextmanager
def _nothing_reserved(directory: Path) -> Iterator[None]:
    """Let root use the free blocks that ext4 keeps from everybody, 2 % or 4,096, for the time of the block.

    Documentation/ABI/testing/sysfs-fs-ext4, `reserved_clusters`. Other file systems have no such file.
    """
    disc = directory.stat().st_dev
    device = Path(f"/sys/dev/block/{os.major(disc)}:{os.minor(disc)}").resolve().name
    reserved = Path(f"/sys/fs/ext4/{device}/reserved_clusters")
    try:
        before = reserved.read_text(encoding="ascii")
        reserved.write_text("0", encoding="ascii")
    except OSError:  # another file system, or not root
        before = ""
    try:
        yield
    finally:
        if before:
            reserved.write_text(before, encoding="ascii")


@contextmanager
def _until_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise


def trim(directory: Path) -> bool:
    """Let the disc forget its free blocks, as fstrim(8) does; whether the disc can do that and we may ask for it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        fcntl.ioctl(descriptor, _FITRIM, struct.pack("QQQ", 0, 2**64 - 1, 0))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
