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
    """The test's daemons, those it is given and those it starts, have told and been asked all of these at its end."""

    def decorate(test):
        for row in rows:
            SHOWN.setdefault(row, set()).add(f"{test.__module__}.{test.__name__}")

        @functools.wraps(test)
        def held_to_it(**given):
            began = [(daemon, daemon.mark) for daemon in among(given.values())]
            Daemon.started = []
            test(**given)
            began += [(daemon, (0, 0)) for daemon in Daemon.started]
            missing = set(rows).difference(*(done(daemon, *mark) for daemon, mark in began))
            assert not missing, f"not shown: {missing}"

        return held_to_it

    return decorate


def among(values):
    """The daemons there, also of a fixture that gives several."""
    for value in values:
        if isinstance(value, Daemon):
            yield value
        elif isinstance(value, list | tuple):
            yield from among(value)


def done(daemon, event, asked):
    """All rows that were caused from these places on; what has another shape than described fails."""
    rows = set()
    for envelope in daemon.events[event:]:
        fits(envelope)
        rows |= {envelope["type"], f"cause:{envelope['data'].get('cause')}"}
        if envelope["type"] == "error":
            rows.add(f"error:{envelope['data']['code']}")
    for method, path, status, answer in daemon.asked[asked:]:
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
    path = re.sub(r"^/v1/conferences/[^/]+", "/v1/conferences/{id}", path)
    path = re.sub(r"^/v1/codes/[^/]+", "/v1/codes/{code}", path)
    path = re.sub(r"^/v1/contacts/[^/]+", "/v1/contacts/{flat}", path)
    return re.sub(r"^/v1/accounts/[^/]+", "/v1/accounts/{name}", path)
