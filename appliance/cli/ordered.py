"""The commands that are orders: their words and requests stand in `orders.json`, which is made from the list of orders.

Each command is one request. A command with an act has one for each act, as `intercomctl door front hold`.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError, call_of, place
from appliance.cli.options import number

MADE = Path(__file__).with_name("orders.json")
_TYPES = {"int": int, "float": number, "str": str}


class _Either(list[str]):
    """Choices of which another argument may have the one that is meant: `request` looks at both."""

    def __contains__(self, _other: object) -> bool:
        return True


def commands() -> dict[str, dict[str, Any]]:
    """The commands by their names."""
    found: dict[str, dict[str, Any]] = json.loads(MADE.read_bytes())
    return found


def options(add: Callable[[str, dict[str, Any]], argparse.ArgumentParser]) -> None:
    """Add every command, with its arguments and options."""
    for name, made in commands().items():
        parser = add(name, made)
        parser.set_defaults(requests=made["requests"], place=next((argument for argument, _ in made["arguments"]), ""))
        for argument, given in made["arguments"]:
            settings = dict(given)
            if "type" in settings:
                settings["type"] = _TYPES[settings["type"]]
            if "choices" in settings and made["arguments"][0][0] != argument:
                settings["choices"] = _Either(settings["choices"])
            parser.add_argument(argument, **settings)


def send(client: Client, given: argparse.Namespace) -> Json:
    """Give the order of a command; returns the answer. Raises IntercomError."""
    method, path, fields = request(given)

    def placed(found: re.Match[str]) -> str:
        name = found[1]
        text = call_of(client, given, path.rpartition("/")[2]) if name == "call" else getattr(given, name)
        if text is None:
            raise WrongUsageError(f"No {name} is given.", "The command without arguments lists them.")
        return place(text)

    body = {name: value for name in fields if (value := getattr(given, name)) is not None}
    return client.ask(method, re.sub(r"\{(\w+)\}", placed, path), body if fields else None)


def request(given: argparse.Namespace) -> tuple[str, str, list[str]]:
    """Method, path and fields of the request; the act may stand before the object. Raises WrongUsageError."""
    act = getattr(given, "act", "")
    if act not in given.requests:
        act, other = getattr(given, given.place), act
        if act not in given.requests:
            raise WrongUsageError(
                f"{other!r} is nothing that a {given.place} does.", f"Use one of {', '.join(given.requests)}."
            )
        given.act = act
        setattr(given, given.place, other)
    method, path, fields = given.requests[act]
    return method, path, fields
