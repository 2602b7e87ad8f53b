"""Codes and cards as clients read them."""

from typing import Any

from appliance.core import wall_clock
from appliance.core.model import State


def codes_view(state: State) -> list[dict[str, Any]]:
    """Codes and cards for clients, without anything that would reveal their digits."""
    return (
        []
        if state.access.book is None
        else [
            {
                "id": code.id,
                "kind": code.kind,
                "owner": code.owner,
                "doors": list(code.doors),
                "schedule": [
                    {"days": list(period.days), "begin": period.begin, "end": period.end} for period in code.schedule
                ],
                "uses": code.uses,
                "expires": wall_clock.iso(code.expires, 0.0),
            }
            for code in state.access.book.codes
        ]
    )
