"""Events by long poll, which begins sooner than a WebSocket: stored events, then new ones."""

import math
import time
from collections.abc import Iterator

from appliance.base.types import Json
from appliance.cli.client import Client

LOOK_S = 0.5  # for each look at events that may be older than all that are kept
POLL_S = 5.0  # well within the client's wait for an answer


def kept(client: Client, query: str, newest: int) -> Iterator[Json]:
    """All events that are kept, up to the one with the id `newest`. Raises IntercomError."""
    since = 0
    while since < newest:
        answer = client.ask("GET", f"/v1/events?{query}&since={since}&wait={LOOK_S}")
        yield from answer["events"]
        since = max(answer["since"], since)


def coming(client: Client, query: str, since: int, seconds: float = math.inf) -> Iterator[Json]:
    """Events after the one with the id `since`, as they come, for so long. Raises IntercomError."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        answer = client.ask("GET", f"/v1/events?{query}&since={since}&wait={min(left, POLL_S):.3f}")
        yield from answer["events"]
        since = answer["since"]
