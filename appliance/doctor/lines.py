"""The GPIO lines: whether the configured ones exist, are unique, and are free."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.base.record import Record
from appliance.board import chips, firmware
from appliance.board.chips import Chip, Chips
from appliance.config.schema import Config
from appliance.core.model import Strike
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

if TYPE_CHECKING:
    from appliance.config.schema.buttons import ButtonTable
    from appliance.config.schema.lamps import LampTable
    from appliance.config.schema.panel import SensorTable

OURS = "intercomd"  # the prefix of our own lines' consumers


class Wire(Record):
    """A configured line; `chip` "": on any chip."""

    place: str
    chip: str
    line: str


def wires(config: Config) -> Iterator[Wire]:
    """All lines of the configuration."""
    lamps = config.panel.lamp.items()
    parts: tuple[tuple[str, ButtonTable | LampTable | SensorTable], ...] = (
        *((f"panel.button.{name}", each) for name, each in config.panel.button.items()),
        *((f"panel.lamp.{name}", each) for name, each in lamps if each.pin is not None or each.line),
        *((f"panel.sensor.{name}", each) for name, each in config.panel.sensor.items()),
    )
    for place, each in parts:
        # A pin is a number of a Raspberry Pi, whose lines have such names.
        yield Wire(place, each.chip, each.line) if each.pin is None else Wire(place, "", f"GPIO{each.pin}")
    for name, lamp in lamps:
        yield from _block(f"panel.lamp.{name}", lamp.chip, tuple(lamp.rgb_lines))
    for name, keypad in config.panel.keypad.items():
        yield from _block(f"panel.keypad.{name}", keypad.chip, (*keypad.rows, *keypad.columns))
    for name, reader in config.panel.reader.items():
        yield from _block(f"panel.reader.{name}", reader.chip, tuple(filter(None, (reader.d0, reader.d1))))
    for name, door in config.door.items():
        yield Wire(f"door.{name}", door.chip, door.line)


def _block(place: str, chip: str, lines: tuple[str, ...]) -> Iterator[Wire]:
    """Several lines of one chip; without a chip, of a Raspberry Pi, whose lines are GPIO0, GPIO1 and so on."""
    for line in lines:
        yield Wire(place, chip, line if chip else f"GPIO{line.removeprefix('GPIO')}")


def examine(config: Config, root: Path = Path("/")) -> list[Finding]:
    """One finding for each line, and one for the kernel's handling of a released relay line."""
    wired = tuple(wires(config))
    if config.panel.lines == "simulated":
        return [ok("lines", "They are simulated.")]
    if not wired:
        return [ok("lines", "None is configured.")]
    there = chips.chips(root / "dev")
    found = [
        problem(
            "lines",
            f"{path} cannot be opened.",
            f"{why}.",
            "Run this as root, or as a member of the group gpio; check that the package's udev rule is active.",
        )
        for path, why in there.closed
    ]
    if not there.found:
        if not found:
            found = [
                problem(
                    "lines",
                    "There is no GPIO chip.",
                    f"The configuration names {len(wired)} lines, and {root / 'dev'} has no gpiochip.",
                    "Enable the chip's driver, or set panel.lines to simulated.",
                )
            ]
        return found
    parts: dict[tuple[str, int], str] = {}  # by chip and offset, as a line may have a name and a number
    found += [_examine(wire, there, parts) for wire in wired]
    if config.door:
        found.append(released(root))
    return found + [fail_safe(name) for name, door in config.door.items() if door.strike is Strike.FAIL_SAFE]


def fail_safe(door: str) -> Finding:
    """Note the wiring of a fail-safe strike, and its danger, for the installer."""
    return ok(
        f"door.{door}.strike",
        "Wire a fail-safe strike to the relay's normally closed contact, which releases it while the relay is "
        "energised. A power cut opens the door, also during a lockdown.",
    )


def released(root: Path) -> Finding:
    """Whether the relay's line returns to rest when the kernel or its holder dies."""
    check, persist, board = "strict_gpiod", firmware.outputs_persist(root), firmware.model(root)
    if persist is False:
        return ok(check, "A line that no process uses becomes an input.")
    if persist is None and "Raspberry Pi" not in board:
        return ok(check, "This board does not need it. The relay needs a resistor that holds it off in any case.")
    return warning(
        check,
        "The line of a relay keeps its level when no process uses it.",
        f"{board or 'This kernel'} does so unless strict_gpiod is set, so a door might stay open after a crash.",
        "Add dtparam=strict_gpiod to /boot/firmware/config.txt, and restart the board.",
    )


def _examine(wire: Wire, there: Chips, parts: dict[tuple[str, int], str]) -> Finding:
    """The finding for a line; `parts` has those of the lines before it."""
    labels = ", ".join(dict.fromkeys(chip.label for chip in there.found))
    among = there.named(wire.chip) if wire.chip else there.found
    if not among:
        return problem(
            wire.place,
            f"There is no GPIO chip {wire.chip!r}.",
            f"There is: {labels}.",
            f"Correct {wire.place}.chip; gpiodetect shows the labels.",
        )
    matches = [(chip, line) for chip in among for line in chip.find(wire.line)]
    if not matches:
        return problem(
            wire.place,
            f"There is no line {wire.line}{f' on {wire.chip}' if wire.chip else ''}.",
            f"{', '.join(_summary(chip) for chip in among)}.",
            "Name a line by its name or its offset; gpioinfo shows both.",
        )
    if len(matches) > 1:
        on = ", ".join(f"{chip.name} offset {line.offset}" for chip, line in matches)
        return problem(
            wire.place,
            f"{len(matches)} lines are named {wire.line}.",
            f"They are {on}.",
            "Name the chip by its path, or the line by its offset.",
        )
    ((chip, line),) = matches
    where = f"{line.name or f'offset {line.offset}'} of {chip.label}"
    if (other := parts.setdefault((chip.path, line.offset), wire.place)) != wire.place:
        return problem(
            wire.place,
            f"The line {where} is in use.",
            f"{other} uses it.",
            f"Correct {wire.place} or {other}: a line is for one part.",
        )
    if line.used and not line.consumer.startswith(OURS):
        return problem(
            wire.place,
            f"The line {where} is in use.",
            f"{line.consumer or 'The kernel'} uses it.",
            "End that use (a program, or an overlay in config.txt), or wire another line.",
        )
    return ok(wire.place, f"Line {where}{', held by ' + line.consumer if line.used else ', free'}.")


def _summary(chip: Chip) -> str:
    named = [line.name for line in chip.lines if line.name]
    few = ", ".join(named[:40]) or "none with a name"
    return f"{chip.label} has {len(chip.lines)} lines: {few}{' …' if len(named) > 40 else ''}"  # noqa: PLR2004
