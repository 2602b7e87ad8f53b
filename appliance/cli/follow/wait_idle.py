"""Waits for a moment when the daemon can end unnoticed, as before an upgrade."""

import time

from appliance.base.errors import ErrorCode
from appliance.base.types import Json
from appliance.cli.client import Client, LateError
from appliance.cli.follow import feed

_EVENTS = "types=call.*,door.*"


def wait(client: Client, seconds: float) -> None:
    """Return when there is no call and no open door; new calls may begin meanwhile.

    Raises LateError if that took longer than `seconds`, or the client's errors.
    """
    deadline = time.monotonic() + seconds
    while busy := _busy(state := client.ask("GET", "/v1/state")):
        left = deadline - time.monotonic()
        if left <= 0:
            raise LateError(
                ErrorCode.CONFLICT, f"The station is still busy after {seconds:g} s.", busy, "Try again later."
            )
        client.ask("GET", f"/v1/events?{_EVENTS}&since={state['last_event']}&wait={min(left, feed.POLL_S):.3f}")


def _busy(state: Json) -> str:
    """The calls and open doors of the station in words; "" without any."""
    calls = [call["summary"] or f"A call is {call['state']}" for call in state["calls"]]
    doors = [f"door {door['id']} is open" for door in state["doors"] if door["until"]]  # or is about to open
    return "; ".join(calls + doors)
