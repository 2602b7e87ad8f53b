"""The deadlines that a state holds: the values of all fields whose type is `Deadline`."""

from collections.abc import Iterator
from functools import cache
from math import inf
from typing import Any, get_args, get_type_hints

from msgspec import Struct

from appliance.core.model import Deadline, State

COPIES = {"settings", "on_disc"}  # fields of what is configured, and of what the disc has: nothing is due there
KNOWN = 10_000
_least: dict[int, tuple[Any, float]] = {}  # by the id of a part, which steps share as long as it stays as it is


@cache
def fields(record: type[Struct]) -> dict[str, bool]:
    """The fields of a record that can hold deadlines, and whether each is one itself."""
    hints = get_type_hints(record, include_extras=True)
    own = {name: hint == Deadline or Deadline in get_args(hint) for name, hint in hints.items()}
    return {name: is_one for name, is_one in own.items() if is_one or (may_hold(hints[name]) and name not in COPIES)}


def may_hold(hint: Any) -> bool:
    """Whether a value of this type can hold records."""
    return (isinstance(hint, type) and issubclass(hint, Struct)) or any(map(may_hold, get_args(hint)))


def least(part: Any) -> float:
    """The earliest deadline in a record, a row or a table; inf without one."""
    known = _least.get(id(part))
    if known is None or known[0] is not part:
        if len(_least) >= KNOWN:
            _least.clear()
        known = _least[id(part)] = (part, min(_of(part), default=inf))
    return known[1]


def _of(part: Any) -> Iterator[float]:
    if isinstance(part, tuple):
        yield from map(least, part)
    elif isinstance(part, Struct):
        for name, is_one in fields(type(part)).items():
            value = getattr(part, name)
            if not is_one:
                yield least(value)
            elif value is not None:
                yield value


def earliest(state: State) -> float:
    """The earliest deadline of a state, inf without one."""
    return min(least(getattr(state, name)) for name in fields(State))


def named(part: Any, where: str = "") -> Iterator[tuple[str, float]]:
    """Each deadline in there, by the way to it, for a test that fails."""
    if isinstance(part, tuple):
        for number, each in enumerate(part):
            yield from named(each, f"{where}[{number}]")
    elif isinstance(part, Struct):
        for name, is_one in fields(type(part)).items():
            value = getattr(part, name)
            if not is_one:
                yield from named(value, f"{where}.{name}")
            elif value is not None:
                yield f"{where}.{name}", value
