"""Writes TOML (https://toml.io/en/v1.0.0) that tomli reads; each value is on one line."""

import json
import re
from collections.abc import Sequence
from typing import Any

from appliance.base.types import Json

_BARE = re.compile(r"[A-Za-z0-9_-]+")  # https://toml.io/en/v1.0.0#keys


def dump(tables: Json) -> str:
    """Return a whole file, without comments."""
    return "\n".join(_table(tables, ())).lstrip("\n") + "\n"


def value(given: Any) -> str:
    """Return a value in TOML, on one line."""
    match given:
        case bool():
            return "true" if given else "false"
        case int() | float():
            return repr(given)
        case str():
            return quoted(given)
        case list():
            return "[" + ", ".join(value(each) for each in given) + "]"
        case dict():
            return "{ " + ", ".join(f"{dotted([key])} = {value(each)}" for key, each in given.items()) + " }"
        case _:  # a date or time, which no setting is
            return quoted(str(given))


def dotted(keys: Sequence[str]) -> str:
    """The place of a key or table, written as a header of the file."""
    return ".".join(key if _BARE.fullmatch(key) else quoted(key) for key in keys)


def quoted(text: str) -> str:
    """A basic string of TOML: as in JSON, except for DEL, which only TOML requires to be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(table: Json, path: tuple[str, ...]) -> list[str]:
    lines = [f"{dotted([key])} = {value(each)}" for key, each in table.items() if not isinstance(each, dict)]
    if path and (lines or not table):
        lines = ["", f"[{dotted(path)}]", *lines]
    for key, each in table.items():
        if isinstance(each, dict):
            lines += _table(each, (*path, key))
    return lines
