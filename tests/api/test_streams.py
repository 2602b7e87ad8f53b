"""Digits for programs: only with the scope, for a stream that brings them, and until that stream ends."""

import pytest

from appliance.core import inputs
from appliance.core.model import AccessScope, DigitsTo
from tests.api.fake import call
from tests.api.test_event_ways import by_sse, by_websocket
from tests.support.waiting import until

PATH, TO_PROGRAM, TO_CODES = "/v1/calls/c-1", {"digits_to": "program"}, {"digits_to": "codes"}


@pytest.fixture
def leading(station):
    """The only call, which the station's own token leads, as `digits_to` in it says."""

    def shown(to="codes"):
        station.state["calls"] = [call("c-1", led_by="http:token", digits_to=to)]

    shown()
    return shown


def asked(station):
    return [action for action, _ in station.requests if isinstance(action, inputs.SendDigitsTo)]


def test_digits_go_to_nobody_without_a_stream_that_brings_them(shared, station, leading):
    with shared.tcp() as client:
        answer = client.patch(PATH, json=TO_PROGRAM)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "stream" in answer.json()["cause"]
    assert asked(station) == []


@pytest.mark.parametrize(
    ("query", "brings"),
    [("", True), ("?types=dtmf.*", True), ("?types=door.*", False), ("?call=c-1", True), ("?call=c-2", False)],
)
def test_a_stream_whose_filters_hold_the_digits_back_does_not_count(shared, station, leading, query, brings):
    with by_sse(shared, query), shared.tcp() as client:
        assert client.patch(PATH, json=TO_PROGRAM).status_code == (200 if brings else 409)
    assert asked(station) == [inputs.SendDigitsTo("c-1", DigitsTo.PROGRAM)] * brings


@pytest.mark.parametrize("way", [by_websocket, by_sse])
def test_the_digits_are_unread_when_the_last_stream_of_the_client_ends(shared, station, leading, way):
    with shared.tcp() as client:
        with way(shared):
            with way(shared):
                assert client.patch(PATH, json=TO_PROGRAM).status_code == 200
                leading("program")
            client.get("/v1/state")
            assert station.unread == []
        until(lambda: station.unread == ["c-1"], "the end of the stream")


def test_a_stream_of_another_client_does_not_count(shared, station, leading):
    with by_sse(shared), shared.unix() as client:
        assert client.patch(PATH, json=TO_PROGRAM).status_code == 409


def test_a_token_without_the_scope_gets_no_digits(shared, station, leading):
    _, text = station.tokens.add("tablet", (AccessScope.VIEW, AccessScope.CALL), None)
    with shared.tcp(text) as client:
        assert client.patch(PATH, json=TO_CODES).status_code == 403
        assert client.patch(PATH, json={"custom_data": "x"}).status_code == 200
    assert station.denials[-1][2] == "digits"
