"""Reads the configuration file and reports all its errors at once."""

import difflib
import errno
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.printable import printable
from appliance.base.toml import dotted
from appliance.config import checks, describe, files, rules
from appliance.config.accepted import accepted
from appliance.config.schema import Config
from appliance.config.schema.base import ID_ALLOWED, WORDED

CODE = ErrorCode.CONFIG_INVALID
_SHOWN = 60  # characters of a wrong value that a message repeats


def load(path: Path) -> Config:
    """Read, check and complete the file at `path`.

    Raises only IntercomError `config-invalid`. Its message has a line for each error, such as "intercomd.toml:
    door.front.pulse_s = 300: a number from 0.1 to 60"; a line number is given only for a file that is not TOML, because
    the parser stores no positions of values.
    """
    return check(parse(path), path.name)


def parse(path: Path) -> dict[str, Any]:
    """The settings of a file as they are written, whatever their values. Raises IntercomError as `load` does."""
    return _parse(_read(path), path.name)


def check(raw: dict[str, Any], name: str) -> Config:
    """Check a file's contents as parsed from TOML; `name` begins each line of the error."""
    config = None
    problems: dict[str, str] = {}
    refused = set[tuple[str, ...]]()
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            refused.add(tuple(describe.resolve(one["loc"])[0]))
            place, sentence = _explain(one["type"], one["loc"], raw, one["msg"])
            problems.setdefault(place, sentence)  # a union's members fail one by one at the same place
    written = accepted(raw, refused)
    for place, sentence in (*checks.cross(written), *rules.cross(written)):
        problems.setdefault(place, f"{place}: {sentence}")
    if config is not None and not problems and any(rule.state for rule in config.rule.values()):
        problems |= {place: f"{place}: {sentence}" for place, sentence in rules.state_places(config)}
    if config is None or problems:
        raise IntercomError(
            CODE,
            "\n".join(f"{name}: {sentence}" for sentence in problems.values()),
            resolution="" if len(problems) > 1 else "Correct it, then run intercomd --check.",
        )
    return config


def _read(path: Path) -> bytes:
    try:
        return files.read(path)[0]
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else errno.EINVAL
        if isinstance(error, files.UnfitError):
            cause, resolution = f"{error.strerror}.", "Give a regular file with --config."
            raise IntercomError(CODE, f"The configuration {path} cannot be read.", cause, resolution) from error
        cause, resolution = files.refused(path, error) or {
            errno.ENOENT: ("There is no such file.", "Name a file that exists, or copy the example file."),
            errno.EISDIR: ("It is a directory.", "Give the file in it with --config."),
        }.get(number or 0, (f"{reason(error)}.", "Check that the file and its disc are sound."))
        raise IntercomError(CODE, f"The configuration {path} cannot be read.", cause, resolution) from error


def _parse(contents: bytes, name: str) -> dict[str, Any]:
    try:
        return tomli.loads(contents.decode("utf-8-sig"))  # some editors put a byte-order mark at the beginning
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        found = "UTF-16, not UTF-8" if contents.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "not UTF-8"
        message, resolution = f"{name}:{line}: this is {found}", "Save the file as UTF-8."
    except tomli.TOMLDecodeError as error:
        message, resolution = f"{name}:{error.lineno}: {_syntax(error)}", "Correct that line or the one before it."
    except ValueError:  # of int(), above sys.set_int_max_str_digits
        message, resolution = f"{name}: it contains a number with thousands of digits", "Start from the example file."
    except RecursionError:
        message, resolution = f"{name}: it is nested too deeply", "Start from the example file."
    raise IntercomError(CODE, message, resolution=resolution)


def _syntax(error: tomli.TOMLDecodeError) -> str:
    message: str = error.msg
    if message == "Cannot overwrite a value" or message.startswith("Duplicate"):
        return "this key appears twice in its table"
    if message.startswith("Cannot declare"):
        return "this table appears twice in the file"
    return f"{message[0].lower()}{message[1:]} (column {error.colno})"


def _explain(kind: str, loc: tuple[int | str, ...], raw: dict[str, Any], message: str) -> tuple[str, str]:
    """The place, and a sentence about it."""
    keys, model, field = describe.resolve(loc)
    place = dotted(keys)
    if kind == "extra_forbidden" and field is None:
        return place, f"{place}: no such setting{_nearest(keys[-1], list(model.model_fields) if model else [])}"
    if field is None:
        if loc[-1] == "[key]":
            return place, f"{place}: this name is not allowed here; it must be {ID_ALLOWED}"
        return place, f"{place}: must be a table, [{place}]"
    if describe.child(field) is not None:
        return place, f"{place}: must be a table, [{place}]"
    setting = describe.describe(keys[-1], field)
    if kind == "missing":
        return place, f"{place}: is missing; it must be {setting.allowed}"
    if kind == WORDED:
        return place, f"{place} = {_shown(raw, keys)}: {message}; it must be {setting.allowed}"
    return place, f"{place}{'' if setting.secret else f' = {_shown(raw, keys)}'}: must be {setting.allowed}"


def _shown(raw: dict[str, Any], keys: list[str]) -> str:
    value: Any = raw
    for key in keys:
        value = value[key]
    # Characters that are not printable could steer the terminal, or the direction of the sentence around them.
    text = "".join(each if printable(each) else f"\\u{ord(each):04x}" for each in describe.toml(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
