"""`@shows(…)` says what a test causes by a real line, reader, client or far end, and holds it to that.

All of it occurred while the test ran, and each event has the shape that its schema describes. Rows:
an event's type, with one of its data where CHOICES names it, as in `door.unlocked means=card`; `METHOD /path` of the
HTTP interface; `Door1.Open`, a method, signal or property on the message bus; `intercomctl door open`; `cause:…` of a
call's end; `error:…` of a refused request.
"""

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from tests.support import schema

Test = Callable[..., None]
SHOWN: dict[str, set[str]] = {}  # row -> tests, with their module
# Data with a choice of values: what follows a colon in one is particular.
CHOICES = {
    "access.denied": "scope",
    "access.locked_out": "scope",
    "card.discarded": "why",
    "code.added": "kind",
    "door.denied": "why",
    "door.unlocked": "means",
    "dtmf.received": "method",
    "keypad.refused": "why",
    "lamp.changed": "pattern",
    "ring.ended": "result",
    "sensor.changed": "kind",
}


class Witness(ABC):
    """Something under test that lists its events and requests since a moment."""

    started: ClassVar[list["Witness"]] = []  # by the test that runs

    @abstractmethod
    def moment(self) -> Any:
        """When the test that begins now began with it."""

    @abstractmethod
    def witnessed(self, moment: Any) -> tuple[Sequence[dict[str, Any]], Iterable[str]]:
        """The events from a moment on, from the very beginning where it is None, and the rows of what was asked."""


def shows(*rows: str) -> Callable[[Test], Test]:
    """The witnesses, those that the test is given and those it starts, have reported and been asked all of these."""

    def decorate(test: Test) -> Test:
        for row in rows:
            SHOWN.setdefault(row, set()).add(f"{test.__module__}.{test.__name__}")

        @functools.wraps(test)
        def held_to_it(**given: Any) -> None:
            began = [(witness, witness.moment()) for witness in among(given.values())]
            Witness.started = []
            test(**given)
            began += [(witness, None) for witness in Witness.started]
            missing = set(rows).difference(*(done(*witness.witnessed(moment)) for witness, moment in began))
            assert not missing, f"not shown: {missing}"

        return held_to_it

    return decorate


def among(values: Iterable[object]) -> Iterator[Witness]:
    """The witnesses there, also of a fixture that gives several."""
    for value in values:
        if isinstance(value, Witness):
            yield value
        elif isinstance(value, list | tuple):
            yield from among(value)


def done(events: Iterable[dict[str, Any]], asked: Iterable[str]) -> set[str]:
    """All rows that these are; an event of another shape than described fails."""
    rows = set(asked)
    for envelope in events:
        schema.check(envelope)
        kind, data = envelope["type"], envelope["data"]
        rows |= {kind, f"cause:{data.get('cause')}"}
        if kind in CHOICES:
            rows.add(f"{kind} {CHOICES[kind]}={data[CHOICES[kind]].partition(': ')[0]}")
        if kind == "error":
            rows.add(f"error:{data['code']}")
    return rows


def asked_by_http(method: str, path: str, status: int, answer: Any) -> str:
    """The row of a request: what was done, or why not."""
    return f"{method} {template(path)}" if status < 400 else f"error:{answer['code']}"


def template(path: str) -> str:
    """A path as the catalogue writes it."""
    path = path.partition("?")[0]
    if path in {"/v1/calls/from-browser", "/v1/rules/try"}:  # they name no call, and no rule
        return path
    for name, of in (
        ("id", "calls"),
        ("id", "conferences"),
        ("code", "codes"),
        ("flat", "contacts"),
        ("name", "accounts"),
        ("door", "doors"),
        ("button", "panel/buttons"),
        ("lamp", "panel/lamps"),
        ("sensor", "panel/sensors"),
        ("rule", "rules"),
        ("ring", "rings"),
        ("token", "tokens"),
        ("recording", "recordings/live"),
        ("operation", "operations"),
    ):
        path = re.sub(rf"^/v1/{of}/[^/]+", f"/v1/{of}/{{{name}}}", path)
    return re.sub(r"/media/[^/]+$", "/media/{target}", path)
