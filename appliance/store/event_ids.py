"""Event ids that may have been used, in a small separate file: an id is in it, durably, before it is assigned."""

import json
from pathlib import Path

from appliance.base import durable
from appliance.base.record import Record

FILE = "event-ids.json"


class Reservation(Record):
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
    text = json.dumps({"upto": reservation.upto, "clean": reservation.clean})
    durable.replace(directory / FILE, text, mode=0o666)
