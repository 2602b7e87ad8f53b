"""USB keypads and card readers: whether the configured ones are plugged in and readable."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from appliance.board import inputs
from appliance.board.inputs import FoundInputDevice
from appliance.config.schema import Config
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem

OURS = b"appliance"  # in the command line of the daemon, which grabs them
LOOKED_FOR = "the service finds it by itself"
RULES = "sudo udevadm trigger --action=change --subsystem-match=input, which the start of the service does too"


def examine(config: Config, root: Path = Path("/")) -> list[Finding]:
    """One finding for each; none if the panel is simulated."""
    if config.panel.lines == "simulated":
        return []
    there = inputs.devices(root)
    return [_examine(place, wanted, there, root) for place, wanted in _named(config)]


def _named(config: Config) -> Iterator[tuple[str, str]]:
    for kind, parts in (("keypad", config.panel.keypad), ("reader", config.panel.reader)):
        for name, part in parts.items():
            if part.device:
                yield f"panel.{kind}.{name}", part.device


def _examine(place: str, wanted: str, there: tuple[FoundInputDevice, ...], root: Path) -> Finding:
    found = [each.path for each in there if each.name == wanted]
    if wanted.startswith("/"):
        found = [root / wanted.lstrip("/")]
    if len(found) > 1:
        return problem(
            place,
            f"{len(found)} input devices are named {wanted}.",
            f"They are {', '.join(map(str, found))}.",
            "Give the path of one of them, in /dev/input/by-id or by-path.",
        )
    if not found or not found[0].exists():
        names = [each.name for each in there]
        near = difflib.get_close_matches(wanted, names, 1)
        return problem(
            place,
            f"There is no input device {wanted}.",
            f"There are: {', '.join(names) or 'none'}.",
            f"Did you mean {near[0]!r}?" if near else f"Plug it in: {LOOKED_FOR}.",
        )
    try:
        grabbed = inputs.grabbed(found[0])
    except PermissionError as error:
        return problem(
            place,
            f"The input device {wanted} cannot be opened.",
            f"{error.strerror}.",
            f"Run this as root. If the service reports this, apply the udev rules again: {RULES}.",
        )
    except OSError as error:
        return problem(
            place,
            f"{wanted} is not an input device, or does not answer.",
            f"{error.strerror}.",
            "Give one of /dev/input/by-id that ends in -event-kbd.",
        )
    return _held(place, wanted, found[0], root) if grabbed else ok(place, f"Input device {wanted}, free.")


def _held(place: str, wanted: str, path: Path, root: Path) -> Finding:
    """The finding for a grabbed device; if we have it open, we have grabbed it."""
    others = []
    for pid in inputs.readers(path.resolve(), root / "proc"):
        words = _read(root / f"proc/{pid}/cmdline")
        if OURS in words:
            return ok(place, f"Input device {wanted}, held by intercomd.")
        others.append(f"{_read(root / f'proc/{pid}/comm').decode(errors='replace').strip()} (process {pid})")
    return problem(
        place,
        f"The input device {wanted} is grabbed by another program.",
        f"{' or '.join(others) or 'A program that is not visible here'} has it.",
        "End that program; fuser -v /dev/input/event*, as root, shows which programs use which device.",
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
