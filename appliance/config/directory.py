"""The directory: a CSV file (RFC 4180) with a line for each flat, as spreadsheets write it."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.config import files
from appliance.config.schema import Config
from appliance.config.schema.addresses import sip_uri
from appliance.core.accounts import sip_uris
from appliance.core.model import BROWSERS

NEEDED, OPTIONAL = ("flat", "name", "targets"), ("doors",)
NUMBER = re.compile(r"[0-9]{1,12}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
MOST, MOST_TARGETS = 1000, 8
LONGEST = 1_000_000  # bytes

Wrong = Iterator[tuple[str, str]]  # column, sentence


class Flat(Record):
    """A line. targets: names of targets and plans, "browsers", SIP addresses, or numbers at the first account.

    The addresses and numbers may open `doors`.
    """

    number: str
    name: str
    targets: tuple[str, ...]
    doors: tuple[str, ...] = ()


def read(config: Config) -> tuple[Flat, ...]:
    """The flats of the configured file; none without one.

    Raises IntercomError `config-invalid`, with a line for each error, as in "directory.csv:7: targets: there is no …".
    """
    if not config.directory.file:
        return ()
    path = Path(config.directory.file)
    try:
        contents, _ = files.read(path, LONGEST)
    except OSError as error:
        cause, remedy = f"{error.strerror}.", "Give a file that the service's user may read in directory.file."
        cause, remedy = files.refused(path, error, remedy) or (cause, remedy)
        raise IntercomError(ErrorCode.CONFIG_INVALID, f"The directory {path} cannot be read.", cause, remedy) from error
    return parse(contents, path.name, config)


def parse(contents: bytes, name: str, config: Config) -> tuple[Flat, ...]:
    """The flats of a file's contents; `name` begins each line of the error. Raises IntercomError `config-invalid`."""
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        raise IntercomError(
            ErrorCode.CONFIG_INVALID, f"{name}:{line}: this is not UTF-8", resolution="Save the file as UTF-8."
        ) from error
    first = text.split("\n", 1)[0]
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    problems: list[str] = []
    flats: dict[str, Flat] = {}
    try:
        columns = [column.strip().lower() for column in next(rows, [])]
        problems += [f"{name}:1: {sentence}" for sentence in _head(columns)]
        for row in rows if not problems else ():
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
            flat = Flat(
                cells.get("flat", ""),
                cells.get("name", ""),
                tuple(cells.get("targets", "").split()),
                tuple(cells.get("doors", "").split()),
            )
            wrong = [*_cells(row, columns), *_flat(flat, flats, config)]
            problems += [f"{name}:{rows.line_num}: {column}: {sentence}" for column, sentence in wrong]
            flats.setdefault(flat.number, flat)
    except csv.Error as error:
        problems.append(f"{name}:{rows.line_num}: {error}")
    if len(flats) > MOST:
        problems.append(f"{name}: there are more than {MOST} flats")
    if problems:
        raise IntercomError(ErrorCode.CONFIG_INVALID, "\n".join(problems))
    return tuple(flats.values())


def _head(columns: list[str]) -> Iterator[str]:
    for column in NEEDED:
        if column not in columns:
            yield f"there is no column {column}; the first line must name the columns, as in {','.join(NEEDED)}"
    for column in columns:
        if column not in NEEDED + OPTIONAL:
            yield f'there is no column "{column}"; the columns are {", ".join(NEEDED + OPTIONAL)}'
        elif columns.count(column) > 1:
            yield f"column {column} appears twice"


def _cells(row: list[str], columns: list[str]) -> Wrong:
    if len(row) != len(columns):
        yield columns[min(len(row), len(columns)) - 1], f"the line has {len(row)} cells, not {len(columns)}"


def _flat(flat: Flat, known: dict[str, Flat], config: Config) -> Wrong:
    if not NUMBER.fullmatch(flat.number):
        yield "flat", f'"{flat.number}" must be 1 to 12 digits'
    elif flat.number in known:
        yield "flat", f"{flat.number} appears already, as {known[flat.number].name}"
    if not NAME.fullmatch(flat.name):
        yield "name", "must be 1 to 64 printable characters"
    if not 0 < len(flat.targets) <= MOST_TARGETS:
        yield "targets", f"must name 1 to {MOST_TARGETS}, separated by spaces"
    for target in flat.targets:
        named = target == BROWSERS or target in config.target or target in config.plan
        if not named and (sentence := _address(target, config)):
            yield "targets", sentence
    for door in flat.doors:
        if door not in config.door:
            there = f" (there is {', '.join(sorted(config.door))})" if config.door else ""
            yield "doors", f"there is no [door.{door}]{there}"


def _address(target: str, config: Config) -> str:
    """The error of a target that is not a table's name; "" if it is an address or number."""
    if target.startswith("sip:"):
        try:
            sip_uri(target)
        except ValueError:
            return f"{target} is not a SIP address"
        return ""
    if sip_uris.NUMBER.fullmatch(target) and config.account:
        return ""
    return (
        f"there is no [target.{target}] or [plan.{target}]{'' if config.account else ', and no account for a number'}"
    )
