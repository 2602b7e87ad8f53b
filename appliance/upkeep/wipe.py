"""`intercomctl wipe`: erases all that is stored about a person, or everything, from the files of the station."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.config.load import parse
from appliance.store import database, recording_files
from appliance.store.lists import erase, subscriptions
from appliance.upkeep import archive, overwrite, restore, save, service, staging

_SHORTEST = 2  # characters of a name
_CHUNK = 1 << 20
_FACTORY = '[station]\nname = "Intercom"\n\n[dbus]\nenabled = true\n'  # as the package installs it


def a_name(text: str) -> str:
    """Return the name without surplus spaces.

    Raises IntercomError for a name so short that many texts would have it.
    """
    name = " ".join(text.split())
    if len(name) < _SHORTEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{text!r} is no name.",
            f"A name has {_SHORTEST} characters at least.",
            "Give the name as it is in codes, contacts and logs.",
        )
    return name


def person(name: str, state: Path, config: Path) -> Json:
    """Erase a person; how many rows of each kind, copies that were removed, and files that still have the name.

    Raises IntercomError.
    """
    with _of_station(state):
        with suppress(FileNotFoundError):
            archive.opened(state / database.FILE).close()  # no link
        rows = erase.erase(state, state / archive.RECORDINGS, name)
        rows["devices"] = subscriptions.erase(state, name)
        removed = sorted(_copies(state))
        for path in removed:
            overwrite.remove(path)
        removed += staging.forget(state.absolute().parent, staging.RESTORE)
        durable.sync(state)
        trimmed = min(map(overwrite.trim, overwrite.discs([state, state / archive.RECORDINGS])), default=False)
        left = sorted(str(path) for path in _files(state, config) if has(path, name))
    return {"rows": rows, "removed": [str(path) for path in removed], "left": left, "trimmed": trimmed}


def everything(state: Path, config: Path, say: Callable[[str], None]) -> Json:
    """Remove all state, and the configuration with the files beside it that it names. Raises IntercomError.

    Files are overwritten, and the free space of their discs, which may have older versions. say: gets each act in
    words.
    """
    with _of_station(state):
        named: list[Path] = []
        with suppress(IntercomError):  # nobody knows which files an unreadable configuration names
            named, _ = save.beside(parse(config), config)
        # Recordings may be on another disc: there, only files with names of recordings are the station's.
        recordings = [path for path in (state / archive.RECORDINGS).glob("r-*") if recording_files.is_id(path.stem)]
        kept = config.with_name(f"{config.name}.old")  # by intercomctl init --force
        discs = overwrite.discs([state, state / archive.RECORDINGS, config.parent])
        for path in (
            *named,
            kept,
            *recordings,
            *restore.parts(state),
            *(path for path in state.iterdir() if path.name != "lock"),
        ):
            overwrite.remove(path)
        staging.forget(state.absolute().parent, staging.RESTORE)
        durable.update(config, _FACTORY)
        durable.sync(state)
        for disc in discs:
            there = disc if disc.is_dir() else disc.parent
            say(f"Overwriting {overwrite.free_bytes(there) / 1e9:.1f} GB of free space on the disc of {there}.")
            overwrite.fill(there)
            overwrite.trim(there)
        left = sorted(str(path) for path in config.parent.iterdir() if path != config)
    return {"removed": [str(state), *map(str, named)], "configuration": str(config), "left": left}


def _copies(state: Path) -> Iterator[Path]:
    """Older databases, traces and the rest of a killed restore, which nobody needs and which have names."""
    for pattern in (f"{database.FILE}.*", f"{restore.BEFORE}*", "sip.trace*"):
        yield from state.glob(pattern)
    yield from restore.parts(state)


def _files(state: Path, config: Path) -> Iterator[Path]:
    """All files that may have a name: of the state, and beside the configuration. Sound has none."""
    for path in (*state.rglob("*"), *config.parent.glob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix not in recording_files.SOUNDS:
            yield path


def has(path: Path, name: str) -> bool:
    """Whether the file has the name in its bytes, whatever its case, as text or as JSON writes it. Raises OSError."""
    wanted = {text.casefold() for text in (name, json.dumps(name)[1:-1])}
    before = b""
    with path.open("rb") as file:
        while some := file.read(_CHUNK):
            text = (before + some).decode(errors="replace").casefold()
            if any(each in text for each in wanted):
                return True
            before = some[-_CHUNK // 16 :]
    return False


@contextmanager
def _of_station(state: Path) -> Iterator[None]:
    """A station that stands still. Raises IntercomError, also where none is: nothing would be erased there."""
    with _explained(state):
        there = state.is_dir()
    if not there:
        raise IntercomError(
            ErrorCode.NOT_FOUND,
            f"There is no station in {state}, so nothing was erased.",
            "There is no such directory.",
            "Name the station's own with --state.",
        )
    with service.stopped(state), _explained(state):
        yield


@contextmanager
def _explained(state: Path) -> Iterator[None]:
    """Faults of the disc as IntercomErrors."""
    try:
        yield
    except (OSError, database.Error) as error:
        why = reason(error) if isinstance(error, OSError) else f"{error}."
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "Not everything was erased.",
            f"{getattr(error, 'filename', None) or state}: {why}",
            "Run it as root, and again once the fault is mended.",
        ) from error


def words(done: Json) -> str:
    """The erased parts in words, and the rest that people must do."""
    if "configuration" in done:
        left = f" Left beside it, as it did not name them: {', '.join(done['left'])}." if done["left"] else ""
        removed, new = ", ".join(done["removed"]), done["configuration"]
        return f"Removed: {removed}. {new} has the settings of a new station.{left}"
    rows = ", ".join(f"{count} of {table}" for table, count in done["rows"].items())
    text = f"Erased rows: {rows or 'none'}."
    if done["removed"]:
        text += f" Removed, as they may have the name: {', '.join(done['removed'])}."
    if done["left"]:
        text += f" These files still have this text: {', '.join(done['left'])}. Edit or remove them."
    if not done["trimmed"]:
        text += (
            " The disc cannot forget its free blocks: older versions of files may be read there until it is full once."
        )
    return f"{text} systemd's journal has names too: `journalctl --rotate --vacuum-time=1s` empties it."
