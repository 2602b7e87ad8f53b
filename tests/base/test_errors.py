"""Errors in words: whole sentences, and none of Python's numbers."""

import ast
import errno
import os
import socket
import sys
from pathlib import Path

import pytest

import appliance
from appliance.api.openapi.event_schemas import schemas
from appliance.base.errors import RESERVED, ErrorCode, IntercomError, problem, reason, sentences, survive
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.transition import Turn
from appliance.generate.errors import raised
from tests.core.station import Station
from tests.tree.sources import nodes

PACKAGE = Path(appliance.__file__).parent


def missing():
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/etc/x")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (missing(), "No such file or directory: /etc/x"),
        (OSError(errno.EBUSY, os.strerror(errno.EBUSY)), "Device or resource busy"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("It is closed"), "It is closed"),
        (ValueError("no number"), "no number"),
    ],
)
def test_a_reason_has_no_number(error, words):
    assert reason(error) == words


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("It failed", "Nobody came", "Call again."), "It failed. Nobody came. Call again."),
        (("It failed.", "", "Call again"), "It failed. Call again"),
        (("Why?", "", ""), "Why?"),
        (("", "", ""), ""),
    ],
)
def test_a_full_stop_stands_between_message_cause_and_remedy(parts, text):
    assert sentences(*parts) == text
    assert str(IntercomError("conflict", *parts)) == (text or "conflict")


def test_a_part_that_fails_is_reported_with_a_full_stop_before_the_remedy():
    station = Station().give(inputs.PartFailed, part="http", why="The port is in use", resolution="Take another.")
    assert station.last(events.ApplianceDegraded).why == "The port is in use. Take another."


def test_the_problem_object_has_the_words_of_the_error():
    told = problem(IntercomError("door-not-found", "There is no door x.", "", "See the list."))
    assert told == {
        "type": "urn:intercomd:error:door-not-found",
        "title": "Door not found",
        "status": 404,
        "detail": "There is no door x.",
        "code": "door-not-found",
        "cause": "The id is misspelt, or the configuration has changed.",
        "resolution": "See the list.",
    }


@pytest.mark.parametrize("code", ErrorCode)
def test_no_error_that_a_client_gets_is_without_cause_and_remedy(code):
    told = problem(IntercomError(code, "It failed."))
    assert told["cause"] and told["resolution"]
    error_events.emit(turn := Turn(Station().state, 1.0, "f"), IntercomError(code, "It failed."), "dial")
    (event,) = turn.events
    assert (event.cause, event.resolution) == (told["cause"], told["resolution"])


def test_a_code_is_raised_or_reserved_and_never_both():
    assert set(raised()) | set(RESERVED) == set(ErrorCode)
    assert not set(raised()) & set(RESERVED), "raised: no longer reserved"


def test_every_error_in_the_code_names_a_code_of_the_enumeration():
    """By its name, or in a variable: mypy does not look at values of type Any."""
    written = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "IntercomError"
        for code in [*node.args[:1], *(each.value for each in node.keywords if each.arg == "code")]
        if isinstance(code, ast.Constant | ast.JoinedStr)
    ]
    assert written == []


def test_the_event_of_an_error_enumerates_the_codes():
    described = schemas()["error"]
    reference = described["properties"]["code"]["$ref"].rpartition("/")[2]
    assert described["$defs"][reference]["enum"] == list(ErrorCode)


def test_a_fault_that_is_survived_is_handed_on_and_an_exit_is_not_survived():
    faults = []
    assert survive(lambda: 7, faults.append) == 7
    assert survive(lambda: {}["missing"], faults.append) is None
    assert [type(fault) for fault in faults] == [KeyError]
    with pytest.raises(SystemExit):
        survive(sys.exit, faults.append)
