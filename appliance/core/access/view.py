"""Codes and cards as clients read them."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import carried
from appliance.core import wall_clock
from appliance.core.model import State
from appliance.core.views.codes import Code


def codes_view(state: State) -> tuple[Code, ...]:
    """Codes and cards for clients, without anything that would reveal their digits.

    Raises `unavailable` until the book has been read: an empty list would claim that no codes exist.
    """
    if state.access.book is None:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "Codes cannot be shown now.",
            dict(state.appliance.failed).get("codes", "They have not been read yet."),
            "Try again; GET /v1/state shows what does not work.",
        )
    return tuple(
        [
            carried(
                Code,
                code,
                schedule=code.schedule or None,
                profile=code.profile or None,
                expires=wall_clock.iso(code.expires, 0.0),
            )
            for code in state.access.book.codes
        ]
    )
