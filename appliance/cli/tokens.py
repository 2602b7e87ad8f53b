"""Tokens of clients over TCP: converts the options of `intercomctl token` to requests of the HTTP interface."""

import argparse

from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError, resource
from appliance.cli.moments import WRITTEN, ahead

ACTS = ("list", "add", "remove")
SCOPES = ("view", "call", "listen", "digits", "door", "admin")


def options(parser: argparse.ArgumentParser) -> None:
    """All options."""
    parser.add_argument("act", nargs="?", choices=ACTS, default="list", metavar="|".join(ACTS), help="(default: list)")
    parser.add_argument("token", nargs="?", help="id of the token to remove, or name of the client that gets a new one")
    parser.add_argument(
        "--scope",
        action="append",
        choices=SCOPES,
        help="what it allows; may be repeated (add): view reads state, logs and events; call is for calls and "
        "recordings; listen, with call, talks and listens at the door from a browser; digits gets the digits of its "
        "calls, in place of the codes; door opens and locks doors; admin does everything",
    )
    parser.add_argument("--expires", type=ahead, metavar="TIME", help=f"its end: {WRITTEN} from now (add)")


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    match given.act:
        case "list":
            return client.ask("GET", "/v1/tokens")
        case "remove":
            return client.ask(
                "DELETE", resource("tokens", wanted(given, "Give its id; `intercomctl token` lists them."))
            )
        case _:
            name = wanted(given, "Name the client that gets it, as in `intercomctl token add kitchen-tablet`.")
            if not given.scope:
                raise WrongUsageError("The token would allow nothing.", "Give --scope at least once.")
            return client.ask("POST", "/v1/tokens", {"name": name, "scopes": given.scope, "expires": given.expires})


def wanted(given: argparse.Namespace, resolution: str) -> str:
    """The token's id or name. Raises IntercomError."""
    if not given.token:
        raise WrongUsageError("No token is given.", resolution)
    return str(given.token)
