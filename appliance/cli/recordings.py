"""Recordings: converts the options of `intercomctl recordings` and `record` to requests of the HTTP interface."""

import argparse

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli.client import Client

LIVE = ("start", "stop")
ACTS = ("list", "delete", "protect", "unprotect")


def options(parser: argparse.ArgumentParser) -> None:
    """All options."""
    parser.add_argument("act", nargs="?", choices=ACTS, default="list", metavar="|".join(ACTS))
    parser.add_argument("recording", nargs="?", help="id of the recording to delete, or to protect from deletion")


def live_options(parser: argparse.ArgumentParser) -> None:
    """What to do with the recording of a call."""
    parser.add_argument("act", nargs="?", choices=LIVE, default="start", metavar="|".join(LIVE))
    parser.add_argument("call", nargs="?", help="its id (default: the active call)")


def of_call(client: Client, call: str, act: str) -> Json:
    """Perform `intercomctl record` for a call; returns the answer. Raises IntercomError."""
    return client.ask("POST" if act == "start" else "DELETE", f"/v1/calls/{call}/recording")


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    if given.act == "list":
        return client.ask("GET", "/v1/recordings")
    if not given.recording:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "No recording is given.",
            "",
            "Give its id; `intercomctl recordings` lists them.",
        )
    path = f"/v1/recordings/{given.recording}"
    if given.act == "delete":
        return client.ask("DELETE", path)
    return client.ask("PATCH", path, {"protected": given.act == "protect"})
