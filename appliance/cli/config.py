"""The configuration: `intercomctl config` shows the settings in force, and checks a file."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from appliance.base import toml
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError

ACTS = ("show", "get", "check")


def options(parser: argparse.ArgumentParser) -> None:
    """Options: the settings to show, or the file to check."""
    parser.add_argument(
        "act", nargs="?", choices=ACTS, default="show", metavar="|".join(ACTS), help="(default: show the whole)"
    )
    parser.add_argument(
        "setting",
        nargs="?",
        metavar="KEY|FILE",
        help="get: a setting or a table, such as sip.port or door.front; check: a file (default: as intercomd)",
    )


def read(client: Client, given: argparse.Namespace) -> Any:
    """The configuration in force, or the wanted part of it. Raises IntercomError."""
    whole = client.ask("GET", "/v1/config")
    if given.act == "show":
        return whole
    if not given.setting:
        raise WrongUsageError("No setting is given.", "Name one, as in `intercomctl config get sip.port`.")
    found: Any = whole["configuration"]
    for key in given.setting.split("."):
        if not isinstance(found, dict) or key not in found:
            import difflib  # noqa: PLC0415  late: the other commands are quicker without

            near = difflib.get_close_matches(given.setting, keys(whole["configuration"]), 1)
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"There is no setting {given.setting}, or it has no value.",
                "",
                f"Did you mean {near[0]}?" if near else "`intercomctl config show` lists all.",
            )
        found = found[key]
    return found


def check(file: str | None) -> Json:
    """The result of `intercomd --check`, which this asks, as it has all that a configuration must be held against."""
    import subprocess  # noqa: PLC0415  late: the other commands are quicker without

    words = [sys.executable, "-m", "appliance", "--check", *(["--config", file] if file else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return {"valid": done.returncode == 0, "lines": (done.stdout + done.stderr).splitlines()}


def keys(table: Json, at: str = "") -> Iterator[str]:
    """The dotted names of all settings and tables."""
    for key, value in table.items():
        yield f"{at}{key}"
        if isinstance(value, dict):
            yield from keys(value, f"{at}{key}.")


def words(answer: Any) -> str:
    """A value, or tables, in TOML."""
    if isinstance(answer, dict):
        return toml.dump(answer.get("configuration", answer)).rstrip("\n")
    return answer if isinstance(answer, str) else toml.value(answer)
