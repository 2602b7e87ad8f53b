"""Waits for a ring: `intercomctl wait ring`."""

import argparse
import math

from appliance.base.types import Json
from appliance.cli.client import Client
from appliance.cli.follow import feed

_EVENTS = "types=ring.started,ring.ended,call.dialing,call.ringing"
NOTHING: Json = {"ring": None, "call": None}


def wait(client: Client, given: argparse.Namespace) -> Json:
    """Wait for the next ring: `ring` of a visitor, or `call`; both None once the time is over. Raises IntercomError."""
    newest = client.ask("GET", "/v1/state")["last_event"]
    ring: Json | None = None
    for event in feed.coming(client, _EVENTS, newest, math.inf if given.timeout is None else given.timeout):
        match event["type"]:
            case "ring.started":
                ring = event["data"]
            case "ring.ended" if ring is not None:
                break  # without a call
            case "call.dialing" if ring is not None:
                call = client.ask("GET", f"/v1/calls/{event['call']}")
                if call["ring"] == ring["ring"]:
                    return {"ring": ring, "call": call}
            case "call.ringing":
                call = client.ask("GET", f"/v1/calls/{event['call']}")
                if call["direction"] == "incoming":
                    return {"ring": None, "call": call}
            case _:
                pass  # the end of an earlier ring, or events.lost
    return NOTHING if ring is None else {"ring": ring, "call": None}


def words(answer: Json) -> str:
    """The call in a line."""
    if (call := answer["call"]) is not None:
        return f"{call['id']}  {call['state']}  {call['summary']}"
    if answer["ring"] is not None:
        return f"A visitor rings for {answer['ring']['to']}, who cannot be called now."
    return "It did not ring."
