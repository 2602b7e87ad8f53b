"""Which elements of a card's mixer set speaker and microphone: the table `profiles.toml`."""

import re
from functools import cache
from pathlib import Path

from appliance.base.record import Record

TABLE = Path(__file__).with_name("profiles.toml")
_BETWEEN = re.compile(r"[\s_-]+")


class Profile(Record):
    """Elements of a kind of card, the preferred first. match: words in its id or name."""

    name: str
    match: tuple[str, ...]
    playback: tuple[str, ...]
    capture: tuple[str, ...]


def profile(card: str, name: str) -> Profile:
    """The profile of a card with that id and name; the last of the table fits all."""
    words = _BETWEEN.sub("", f"{card} {name}".lower())
    return next(each for each in profiles() if any(word in words for word in each.match))


@cache
def profiles() -> tuple[Profile, ...]:
    """The whole table."""
    import tomli  # noqa: PLC0415  late: a station without a card does not need it

    rows = tomli.loads(TABLE.read_text(encoding="utf-8"))["profile"]
    return tuple(
        Profile(row["name"], tuple(row["match"]), tuple(row["playback"]), tuple(row["capture"])) for row in rows
    )
