"""The state as clients read it: a function of the state alone."""

from typing import Any

from appliance.core.model import State
from appliance.core.rooms import ROOMS
from appliance.core.status_line import lacking, status


def snapshot(state: State, epoch: float) -> dict[str, Any]:
    """The whole state for clients (GET /v1/state): the rooms' views, and the station's status line.

    `epoch`: the wall clock's time at CLOCK_MONOTONIC 0, in seconds since 1970.
    """
    parts: dict[str, Any] = {}
    for room in ROOMS:
        parts |= room.view(state, epoch)
    whole = {"configured": not lacking(state.settings), "status": status(state)}
    return parts | {"appliance": parts["appliance"] | whole}
