"""What the station says to a visitor at an event, by language: the table `announcements.toml`."""

from functools import cache
from pathlib import Path

from appliance.base.types import Json
from appliance.core.model import OpenedBy, RingResult

TABLE = Path(__file__).with_name("announcements.toml")
INSIDE = {OpenedBy.EXIT, OpenedBy.RULE}  # nobody may be at the door
AT_THE_DOOR = {OpenedBy.KEYPAD, OpenedBy.CARD}


def sentence(envelope: Json) -> str | None:
    """The name of what to say at an event; None for nothing."""
    data = envelope["data"]
    match envelope["type"]:
        case "door.unlocked" if data["means"] not in INSIDE:
            return "opened"
        case "door.denied" if data["means"] in AT_THE_DOOR:
            return "denied"
        case "ring.ended" if data["result"] == RingResult.UNANSWERED:
            return "unanswered"
    return None


@cache
def languages() -> dict[str, dict[str, str]]:
    """The whole table."""
    import tomli  # noqa: PLC0415  late: few stations speak

    return tomli.loads(TABLE.read_text(encoding="utf-8"))
