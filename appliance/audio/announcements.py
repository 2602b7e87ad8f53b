"""The texts of the station's announcements by language: the table `announcements.toml`."""

from collections.abc import Iterable, Iterator
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


def texts(name: str, wanted: Iterable[str], configured: str) -> Iterator[tuple[str, str]]:
    """The sentence of that name in each language, with the language to speak it in.

    That is the configured one if it is a form of it, such as en-gb of en.
    """
    for language in wanted:
        yield configured if base(configured) == language else language, languages()[language][name]


def base(language: str) -> str:
    """The language without its form: en of en-gb."""
    return language.partition("-")[0].lower()


@cache
def languages() -> dict[str, dict[str, str]]:
    """The whole table."""
    import tomli  # noqa: PLC0415  late: few stations speak

    return tomli.loads(TABLE.read_text(encoding="utf-8"))
