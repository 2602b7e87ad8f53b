"""Wrong usage of `intercomctl`, which no station has to answer, and the paths of its requests."""

import json

import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.cli.__main__ import main
from appliance.cli.client import resource
from appliance.cli.terms import own

WRONG = [
    ("accounts", "register"),
    ("audio", "set"),
    ("audio", "--volume", "50"),
    ("code", "add", "--owner", "Ann"),
    ("code", "remove"),
    ("forward", "busy"),
    ("log", "doors", "--missed"),
    ("play",),
    ("recordings", "get"),
    ("token", "add", "tablet"),
    ("token", "remove"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_an_argument_that_is_missing_or_does_not_fit_is_wrong_usage(words, tmp_path, capsys):
    place = ["--socket", str(tmp_path / "none.sock")]
    assert main([*place, *words]) == 2
    assert capsys.readouterr().err.strip().endswith(".")
    assert main([*place, "--json", *words]) == 2
    problem = json.loads(capsys.readouterr().out)
    assert problem["code"] == "parameter-invalid" and problem["resolution"]


def test_an_id_is_one_part_of_the_path_whatever_is_in_it():
    assert resource("doors", "front door", "open") == "/v1/doors/front%20door/open"
    assert resource("calls", "a/b?c#d%e") == "/v1/calls/a%2Fb%3Fc%23d%25e"


def test_a_query_has_what_is_given_and_a_number_of_zero():
    assert resource("log", "calls", limit=0, cursor=None, party="") == "/v1/log/calls?limit=0"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /v1/contacts lists them.", "`intercomctl contacts` lists them."),
        ("GET /v1/state shows the faults.", "`intercomctl state` shows the faults."),
        ("GET /v1/recordings/live lists those that run.", "GET /v1/recordings/live lists those that run."),
        ("GET /v1/events?since=3 has the event.", "GET /v1/events?since=3 has the event."),
    ],
)
def test_a_command_stands_for_a_path_only_if_it_is_the_whole_path(said, shown):
    assert own(IntercomError(ErrorCode.CONFLICT, "No.", "", said)).resolution == shown
