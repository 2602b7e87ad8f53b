"""Codes and cards: converts the options of `intercomctl code` to requests of the HTTP interface."""

import argparse
import getpass
import sys

from appliance.base import schedule_text
from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError, resource
from appliance.cli.moments import THERE, ahead_there

ACTS = ("list", "add", "remove")


def options(parser: argparse.ArgumentParser) -> None:
    """All options."""
    parser.add_argument("act", nargs="?", choices=ACTS, default="list", metavar="|".join(ACTS), help="(default: list)")
    parser.add_argument("code", nargs="?", help="id of the code to remove")
    parser.add_argument("--owner", help="name of its owner (add)")
    parser.add_argument("--door", action="append", metavar="DOOR", help="a door that it opens; may be repeated (add)")
    parser.add_argument(
        "--card", action="store_true", help="a card instead of a code; the command asks for its number (add)"
    )
    parser.add_argument(
        "--time", action="append", metavar="TIME", help='when it is valid, as in "mon-fri 08:00-12:00"; may be repeated'
    )
    parser.add_argument("--profile", help="a time profile of the configuration within which it is valid (add)")
    parser.add_argument("--uses", type=int, metavar="N", help="how often it may be used (default: no limit)")
    parser.add_argument("--expires", type=ahead_there, metavar="TIME", help=f"end of its validity: {THERE} from now")


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    match given.act:
        case "list":
            return client.ask("GET", "/v1/codes")
        case "remove":
            if not given.code:
                raise WrongUsageError("No code is given.", "Give its id; `intercomctl code` lists them.")
            return client.ask("DELETE", resource("codes", given.code))
        case _:
            return client.ask("POST", "/v1/codes", new(given))


def new(given: argparse.Namespace) -> Json:
    """The code or card to add."""
    if not given.owner or not given.door or not all(given.door):
        raise WrongUsageError("The owner or the door is missing.", "Give --owner and --door.")
    schedule = [period(text) for text in given.time] if given.time else None
    return {
        "owner": given.owner,
        "card" if given.card else "digits": secret("Number of the card: " if given.card else "Digits of the code: "),
        "doors": given.door,
        "schedule": schedule,
        "profile": given.profile,
        "uses": given.uses,
        "expires": given.expires,
    }


def secret(prompt: str) -> str:
    """Read a secret from the terminal without showing it, else a line of input; never from the visible command line."""
    return (getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()).strip()


def period(text: str) -> Json:
    """Parse weekly times. Raises IntercomError."""
    try:
        days, begin, end = schedule_text.parse(text.strip().lower())
    except ValueError:
        raise WrongUsageError(f'"{text}" is not a time of the week.', f"Write {schedule_text.ALLOWED}.") from None
    return {"days": days, "begin": begin, "end": end}
