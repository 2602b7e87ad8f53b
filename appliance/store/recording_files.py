"""The files in the directory of recordings: only our own are removed, and a link is never followed.

The sound is ID.wav, or ID.opus once it was converted; while both are there, ID.wav counts. Beside it are ID.json, the
facts of the index as JSON, and in some cases ID.keep, an empty file that protects it: both outlast a damaged index, as
the sound does. ID.peaks is its waveform, once a client asked for it.
"""

import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from appliance.base import durable
from appliance.store import wav

WAV, OPUS = ".wav", ".opus"
SOUNDS = frozenset({WAV, OPUS})
_ID = r"r-[0-9a-z-]{1,62}"
_MOST_FACTS = 65_536  # bytes: far more than a remote address and a note, or a waveform, can have


def is_id(name: str) -> bool:
    """Whether this can be the id of a recording: other files in the directory are not ours."""
    return re.fullmatch(_ID, name) is not None


def found(path: Path) -> Path:
    """The file that holds the sound of the recording with this WAV file, which is gone once it was converted."""
    return path if os.path.lexists(path) or not os.path.lexists(opus(path)) else opus(path)


def opus(path: Path) -> Path:
    """The Opus file of a recording."""
    return path.with_suffix(OPUS)


def unfinished(path: Path) -> Path:
    """The Opus file while it is being made."""
    return path.with_suffix(f"{OPUS}.new")


def size(path: Path) -> int | None:
    """Return the bytes of a recording's file; None if it is missing, a link, or another user's file.

    Raises OSError.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() else None


def frees(path: Path) -> int:
    """The bytes of the disc that `remove` wins: none where another name keeps the sound, or it is not ours.

    Raises OSError.
    """
    sounds = [each.lstat() for each in (path, opus(path)) if size(each) is not None]
    return sum(found.st_blocks * 512 for found in sounds if found.st_nlink == 1)


def remove(path: Path) -> bool:
    """Remove a recording's files, if there are any. False: one of them is not ours, and all were left.

    The caller makes that durable (`sync`). Raises OSError.
    """
    sounds = [each for each in (path, opus(path)) if os.path.lexists(each)]
    if any(size(each) is None for each in sounds):
        return False
    for each in (*sounds, *_beside(path)):
        _unlink(each)
    return True


def sync(directory: Path) -> None:
    """Make removals durable; a directory that is gone, with all that was in it, has none. Raises OSError."""
    if directory.is_dir():
        durable.sync(directory)


def all_of(directory: Path, recording: str) -> tuple[Path, ...]:
    """The files that a recording may have, its waveform last; none for text that is no id."""
    path = directory / f"{recording}{WAV}"
    return (path, opus(path), *_beside(path)) if is_id(recording) else ()


def is_ours(name: str) -> bool:
    """Whether this can be the name of a recording's sound, or of what outlasts the index beside it."""
    path = Path(name)
    return path.name == name and is_id(path.stem) and path.suffix in {*SOUNDS, ".keep", ".json"}


def mark(path: Path) -> Path:
    """The file that protects this recording."""
    return path.with_suffix(".keep")


def is_protected(path: Path) -> bool:
    """Whether a recording is protected."""
    return os.path.lexists(mark(path)) and _is_file(mark(path))


def protect(path: Path, *, wanted: bool) -> bool:
    """Protect a recording durably, or no longer; whether that changed anything. Raises OSError."""
    if is_protected(path) == wanted:
        return False
    if wanted:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(mark(path), flags, 0o640))
    else:
        mark(path).unlink(missing_ok=True)
    durable.sync(path.parent)
    return True


def facts(path: Path) -> Path:
    """The file with the facts beside a recording."""
    return path.with_suffix(".json")


def write_facts(path: Path, text: str) -> None:
    """Replace the facts beside a recording, durably; none where its sound is gone. Raises OSError."""
    if os.path.lexists(found(path)):
        durable.replace(facts(path), text, mode=0o640)


def read_facts(path: Path) -> bytes | None:
    """The facts beside a recording; None without a file of this user. Raises OSError."""
    return _read(facts(path))


def write_peaks(path: Path, text: str) -> None:
    """Replace the waveform beside a recording, durably. Raises OSError."""
    durable.replace(_peaks(path), text, mode=0o640)


def read_peaks(path: Path) -> bytes | None:
    """The waveform beside a recording; None without a file of this user. Raises OSError."""
    return _read(_peaks(path))


def _read(path: Path) -> bytes | None:
    found = size(path)
    return None if found is None or found > _MOST_FACTS else path.read_bytes()


def _unlink(path: Path) -> None:
    """Remove a file if it is there; a directory of its name is not ours."""
    with suppress(FileNotFoundError, IsADirectoryError):
        path.unlink()


def _beside(path: Path) -> tuple[Path, ...]:
    """The files that a recording may have beside its sound, its waveform last."""
    return unfinished(path), mark(path), facts(path), _peaks(path)


def _peaks(path: Path) -> Path:
    return path.with_suffix(".peaks")


def protected(directory: Path) -> list[str]:
    """The ids of all that are protected. Raises OSError."""
    return [path.stem for path in directory.glob("*.keep") if _is_file(path)]


def seal(path: Path) -> tuple[wav.WavContent | None, str]:
    """Repair a WAV file's header and make it durable; its SHA-256. No sound: (None, ""). Raises OSError."""
    path = found(path)
    if size(path) is None:
        return None, ""
    file = path.open("r+b")
    with file:
        sound = _opus_content(file.fileno()) if path.suffix == OPUS else wav.repair(file.fileno())
        if sound is None:
            return None, ""
        os.fsync(file.fileno())
        _unlink(_peaks(path))  # of the former sound
        return sound, hashlib.file_digest(file, "sha256").hexdigest()


def _opus_content(descriptor: int) -> wav.WavContent | None:
    from appliance.store.finished import ogg  # noqa: PLC0415  late: few stations convert

    return ogg.measure(descriptor)


def _is_file(mark: Path) -> bool:
    """Whether the name is not that of a directory, which is not ours; in doubt it protects."""
    with suppress(OSError):
        return not stat.S_ISDIR(mark.lstat().st_mode)
    return True
