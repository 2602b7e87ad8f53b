"""The two slots of the card: which one runs, which one has been well, and what to do when this one is not."""

import os
import re
import subprocess
from pathlib import Path

VERSION = Path("/usr/lib/intercomd-image/version")
NOTES = Path("/data/image")
OTHER = {"A": "B", "B": "A"}


def own(command_line: str) -> str:
    """The slot that runs, by the kernel's command line."""
    found = re.search(r"\brauc\.slot=([AB])\b", command_line)
    if found is None:
        raise SystemExit("This system was not started from a slot.")
    return found[1]


def current() -> str:
    """The slot that runs."""
    return own(Path("/proc/cmdline").read_text())


def version() -> str:
    """The version of the image in this slot."""
    return VERSION.read_text().strip()


def was_well(slot: str, notes: Path = NOTES) -> str:
    """The version that was well in that slot; empty if none was since the slot was written."""
    note = notes / f"well-{slot}"
    return note.read_text().strip() if note.exists() else ""


def note_well(slot: str, what: str, notes: Path = NOTES) -> None:
    """Remember that the door phone of this version worked in that slot, through a power cut."""
    write(notes / f"well-{slot}", what)


def write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(file.name + ".new")
    with new.open("w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def left(slot: str, environment: str) -> int:
    """How often U-Boot would still try that slot; environment: what fw_printenv prints."""
    found = re.search(rf"(?m)^BOOT_{slot}_LEFT=([0-9a-f]+)$", environment)
    return int(found[1], 16) if found else 0


def environment() -> str:
    """What U-Boot keeps: NAME=VALUE lines."""
    return subprocess.run(["fw_printenv"], capture_output=True, text=True, check=False).stdout


def verdict(slot: str, kept: str, present: str, notes: Path = NOTES) -> str:
    """What to do with a slot that is not well: empty to go back to the other one, else why it stays.

    kept: U-Boot's environment; present: the version in this slot.
    """
    if was_well(slot, notes) == present:
        return "It was well before, so the update is not the cause."
    other = OTHER[slot]
    if not was_well(other, notes):
        return f"Slot {other} has nothing that was ever well."
    return "" if left(other, kept) else f"Slot {other} has no try left."
