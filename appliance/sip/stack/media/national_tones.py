"""How telephone tones sound in a country: the table `national_tones.toml`, read when a country is first asked for."""

from functools import cache
from pathlib import Path

from appliance.core.model import Tone

TABLE = Path(__file__).with_name("national_tones.toml")
# (frequency, second frequency, ms on, ms off), repeated
Cadence = tuple[tuple[int, int, int, int], ...]
ROWS = {
    Tone.DIALING: "ringback",
    Tone.RINGBACK: "ringback",
    Tone.ERROR: "busy",
    Tone.BUSY: "busy",
    Tone.CONGESTION: "congestion",
    Tone.WAITING: "call_waiting",
    Tone.CALL_WAITING: "call_waiting",
}


def cadence(tone: Tone, country: str) -> Cadence | None:
    """The tone as it sounds there; None if the table has no such tone."""
    row = countries().get(country, {}).get(ROWS.get(tone, ""))
    return None if row is None else parse(row)


@cache
def countries() -> dict[str, dict[str, str]]:
    """The whole table."""
    import tomli  # noqa: PLC0415  late: a station without a country does not need it

    return tomli.loads(TABLE.read_text(encoding="utf-8"))


def parse(row: str) -> Cadence:
    """A row of the table. Raises ValueError."""
    hertz, *steps = row.split()
    first, _, second = hertz.partition("+")
    spans = (step.split("/") for step in steps)
    return tuple((int(first), int(second or 0), int(on), int(off)) for on, off in spans)
