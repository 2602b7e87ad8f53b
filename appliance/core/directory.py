"""The directory: flats that a visitor rings by their number, at a keypad or from the list on the display."""

from appliance.core.model import Action, ButtonId, ButtonSettings, Entry
from appliance.core.turn import Turn
from appliance.errors import IntercomError


def bell(entry: Entry, who: str) -> ButtonSettings:
    """The button that there would be for each flat, were there room for them."""
    return ButtonSettings(ButtonId(who), Action.RING, target=entry.plan.name)


def find(turn: Turn, flat: str) -> Entry:
    """The flat of that number. Raises IntercomError."""
    entry = turn.settings.entry(flat)
    if entry is None:
        raise IntercomError(
            "flat-not-found",
            f"There is no flat {flat}.",
            "The directory does not have it.",
            "GET /v1/contacts lists them.",
        )
    return entry
