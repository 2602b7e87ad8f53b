"""Answers and errors in the command line's terms: its own commands, local time, and colours on a terminal."""

import os
import re
from typing import TextIO

from appliance.base.errors import IntercomError
from appliance.cli.moments import in_utc, local

COMMANDS = {
    "accounts": "accounts",
    "calls": "state",
    "codes": "code",
    "conferences": "conference",
    "contacts": "contacts",
    "doors": "state",
    "panel": "panel",
    "recordings": "recordings",
    "state": "state",
    "tokens": "token",
}
# A level at the beginning of a line, or the type of an event after its time and id.
_LEVEL = re.compile(r"^(?: *|\S+(?: \S+)? {2}\d+ {2})(ok|warning|problem|failed|error)(?= {2})", re.MULTILINE)
_COLORS = {"ok": 32, "warning": 33, "problem": 31, "failed": 31, "error": 31}  # of ECMA-48: green, yellow, red
_PATH = re.compile(r"(?:GET )?/v1/(\w+)(?![\w/?])")


def own(error: IntercomError) -> IntercomError:
    """Return the error with a command instead of each path of the HTTP interface, if one exists."""
    return IntercomError(error.code, *map(_commands, (error.message, error.cause, error.resolution)))


def shown(text: str, to: TextIO, *, utc: bool) -> str:
    """An answer's text for a person, with colours if `to` is a terminal that has them (NO_COLOR: no-color.org)."""
    text = (in_utc if utc else local)(plain(text))
    if not to.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return text
    return _LEVEL.sub(lambda found: found[0].replace(found[1], f"\x1b[{_COLORS[found[1]]}m{found[1]}\x1b[0m"), text)


def plain(text: str) -> str:
    """The text without characters that steer a terminal: callers and clients choose some of it."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text)


def _commands(text: str) -> str:
    return _PATH.sub(lambda path: f"`intercomctl {COMMANDS[path[1]]}`" if path[1] in COMMANDS else path[0], text)
