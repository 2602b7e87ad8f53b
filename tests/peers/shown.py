"""`@shows(…)` says what a test causes with a real far end, and holds it to that: told, asked, and shaped as described.

Rows: an event's type; METHOD /path of the HTTP interface; cause:… of a call's end; error:… of a refused request.
"""

import functools
import json
import re
from dataclasses import fields

from pydantic import TypeAdapter

from appliance.core.events import EVENTS
from tests.peers.daemon import Daemon

SHOWN: dict[str, set[str]] = {}  # row -> tests


def shows(*rows):
    """The test's one daemon has told and been asked all of these when it is over."""

    def decorate(test):
        for row in rows:
            SHOWN.setdefault(row, set()).add(f"{test.__module__}.{test.__name__}")

        @functools.wraps(test)
        def held_to_it(**given):
            test(**given)
            (daemon,) = (value for value in given.values() if isinstance(value, Daemon))
            missing = set(rows) - done(daemon)
            assert not missing, f"not shown: {missing}"

        return held_to_it

    return decorate


def done(daemon):
    """All rows that were caused since `begin`; what has another shape than described fails."""
    rows = set()
    for envelope in daemon.since:
        fits(envelope)
        rows |= {envelope["type"], f"cause:{envelope['data'].get('cause')}"}
    for method, path, status, answer in daemon.asked_since:
        if status < 400:
            rows.add(f"{method} {template(path)}")
        else:
            rows.add(f"error:{answer['code']}")
    return rows


def fits(envelope):
    """Its data are what the type's definition says, no more and no less; the printed schemas are made of the same."""
    kind = EVENTS[envelope["type"]]
    names = {field.name: field.name.rstrip("_") for field in fields(kind)}
    data = {**envelope["data"], **({"call": envelope["call"]} if "call" in names else {})}
    assert data.keys() == set(names.values()), envelope
    given = {name: data[told] for name, told in names.items()}
    TypeAdapter(kind).validate_json(json.dumps(given), strict=True)


def template(path):
    """A path as the contract writes it."""
    path = path.partition("?")[0]
    path = re.sub(r"^/v1/calls/[^/]+", "/v1/calls/{id}", path)
    return re.sub(r"^/v1/accounts/[^/]+", "/v1/accounts/{name}", path)
