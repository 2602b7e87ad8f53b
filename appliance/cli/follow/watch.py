"""Events as they come, also after the station was away: `intercomctl watch`."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client, resource

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # before another attempt to connect; each pause is twice the one before


def read(client: Client, given: argparse.Namespace) -> Iterator[Json]:
    """The events that --types, --call and --until ask for. Raises IntercomError."""
    newest = client.ask("GET", "/v1/state")["last_event"]
    if given.until:  # refused if there is no such type, which would never come
        client.ask("GET", resource("events", types=given.until, since=newest, wait=0))
    types = f"{given.types},{given.until}" if given.types and given.until else given.types
    return until(_all(client, newest if given.since is None else given.since, types, given.call), given.until)


def words(event: Json) -> str:
    """An event in a line."""
    return show.event(event)


def until(events: Iterable[Json], wanted: str) -> Iterator[Json]:
    """The events up to the first of the wanted type, or family as in call.*; all if it is empty."""
    family, every, _ = wanted.partition(".*")
    for event in events:
        yield event
        if event["type"].startswith(f"{family}.") if every else event["type"] == family:
            return


def _all(client: Client, since: int, types: str, call: str) -> Iterator[Json]:
    """Events after `since`. A lost connection is made again, and continues after the last event."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            for told in client.events(since, types, call):
                since = told["id"] if "id" in told else told["since"]
                if "id" in told:
                    pause = FIRST_PAUSE_S
                    yield told
        except IntercomError as err:
            if err.code != ErrorCode.SERVER_UNREACHABLE:
                raise
            if pause == FIRST_PAUSE_S:
                sys.stderr.write("The connection to the station is lost; trying again.\n")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
