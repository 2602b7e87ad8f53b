"""The logs of calls and of doors: a page, or entries as they come: `intercomctl log`."""

import argparse
from collections.abc import Iterator

from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client, WrongUsageError, resource
from appliance.cli.follow import feed
from appliance.cli.follow.story import ENDS

PAGE = 200
ENTRIES = {"calls": "calls", "doors": "events"}  # their name in the answer
DOORS = (
    "door.*,keypad.accepted,keypad.refused,keypad.locked_out,access.*,code.*,dtmf.redirected,rule.added,rule.removed"
)
EVENTS = {"calls": ",".join(sorted(ENDS)), "doors": DOORS}  # after each of them the log may have a new entry
WORDS = {"calls": show.past, "doors": show.event}


def page(client: Client, given: argparse.Namespace) -> Json:
    """A page of the log, newest first. Raises IntercomError."""
    return _page(client, given, given.limit, given.cursor)


def follow(client: Client, given: argparse.Namespace) -> Iterator[Json]:
    """The entries since --since, oldest first, and then each that comes. Raises IntercomError."""
    newest = client.ask("GET", "/v1/state")["last_event"]
    found = list(_all(client, given)) if given.since else _entries(client, given)
    seen = {entry["id"] for entry in found}
    if given.since:
        yield from reversed(found)
    for _ in feed.coming(client, f"types={EVENTS[given.what]}", newest):
        for entry in reversed(_entries(client, given)):
            if entry["id"] not in seen:
                seen.add(entry["id"])
                yield entry


def _all(client: Client, given: argparse.Namespace) -> Iterator[Json]:
    cursor = None
    while True:
        answer = _page(client, given, PAGE, cursor)
        yield from answer[ENTRIES[given.what]]
        if (cursor := answer["next"]) is None:
            return


def _entries(client: Client, given: argparse.Namespace) -> list[Json]:
    found: list[Json] = _page(client, given, PAGE, None)[ENTRIES[given.what]]
    return found


def _page(client: Client, given: argparse.Namespace, limit: int, cursor: str | None) -> Json:
    if given.what == "doors" and (given.party or given.direction or given.missed):
        raise WrongUsageError("The log of doors has no calls.", "Leave out --party, --direction and --missed.")
    wanted = {"limit": limit, "cursor": cursor, "after": given.since}
    if given.what == "calls":
        wanted |= {"party": given.party, "direction": given.direction, "missed": "true" if given.missed else None}
    return client.ask("GET", resource("log", given.what, **wanted))
