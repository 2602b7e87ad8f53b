"""Event ids that may have been used, in a small separate file: an id is in it, durably, before it is assigned."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FILE = "event-ids.json"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Ids up to `upto` may have been used; `clean`: all of them were, as the service ended properly."""

    upto: int
    clean: bool


def read(directory: Path) -> Reservation:
    """Read the file. Raises OSError (FileNotFoundError at the first start), and ValueError if the file is damaged."""
    found = json.loads((directory / FILE).read_bytes())
    if not isinstance(found, dict) or type(found.get("upto")) is not int or type(found.get("clean")) is not bool:
        raise ValueError(f"{FILE} is damaged")
    return Reservation(found["upto"], found["clean"])


def write(directory: Path, reservation: Reservation) -> None:
    """Replace the file so that a power cut leaves the old one or the new one. Raises OSError."""
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    new = directory / f"{FILE}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump({"upto": reservation.upto, "clean": reservation.clean}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / FILE)
    sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Make new names in `directory` durable (fsync(2): the file's own does not). Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
