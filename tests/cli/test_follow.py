"""What follows the station: which events count, and how each is shown; with answers of a station that is not there."""

import argparse

from appliance.base.errors import ErrorCode, IntercomError
from appliance.cli import show
from appliance.cli.__main__ import output
from appliance.cli.follow import logs, messages, wait_ring, watch
from appliance.store.audit import TYPES


class Station:
    """A client whose station gives these events at once, and knows these calls."""

    def __init__(self, events, calls):
        self._events, self._calls = events, calls

    def ask(self, _method, path):
        if path.startswith("/v1/events"):
            return {"events": self._events, "since": 9}
        return self._calls[path.removeprefix("/v1/calls/")] if path.startswith("/v1/calls/") else {"last_event": 3}


def event(kind, call=None, **data):
    return {"id": 4, "type": kind, "time": "2026-11-20T06:07:08.123456Z", "call": call, "data": data}


def rang(events, calls):
    return wait_ring.wait(Station(events, calls), argparse.Namespace(timeout=None))


def test_the_log_of_doors_goes_on_with_the_events_that_the_audit_keeps():
    assert {each + "*" if each.endswith(".") else each for each in TYPES} == set(logs.DOORS.split(","))


def test_watch_resumes_behind_events_that_were_held_back():
    asked = []

    class Cut(Station):
        def events(self, since, *_):
            asked.append(since)
            yield from [{"since": since}, {"since": since + 500}]
            if len(asked) == 2:
                yield event("door.unlocked") | {"id": since + 501}
            raise IntercomError(ErrorCode.SERVER_UNREACHABLE, "")

    given = argparse.Namespace(types="door.*", call="", until="door.unlocked", since=0)
    assert [told["id"] for told in watch.read(Cut([], {}), given)] == [1001]
    assert asked == [0, 500]


def test_a_caller_rings_and_a_call_of_the_station_itself_does_not():
    calls = {
        "c-1": {"id": "c-1", "direction": "outgoing", "ring": None},
        "c-2": {"id": "c-2", "direction": "incoming", "ring": None, "state": "incoming", "summary": "Ann calls"},
    }
    lost = event("events.lost", **{"from": 1, "to": 2, "certain": True})
    found = rang([lost, event("call.ringing", "c-1"), event("call.ringing", "c-2")], calls)
    assert found == {"ring": None, "call": calls["c-2"]}
    assert wait_ring.words(found) == "c-2  incoming  Ann calls"


def test_a_visitor_rings_with_the_first_call_of_the_ring_or_without_one():
    ring = {"ring": "v-1", "button": "ring", "to": "kitchen"}
    started, ended = event("ring.started", **ring), event("ring.ended", ring="v-1")
    calls = {"c-1": {"id": "c-1", "ring": None}, "c-2": {"id": "c-2", "ring": "v-1"}}
    dialed = [event("call.dialing", "c-1"), event("call.dialing", "c-2")]
    assert rang([ended, *dialed, started, *dialed], calls) == {"ring": ring, "call": calls["c-2"]}
    found = rang([started, dialed[0], ended], calls)
    assert found == {"ring": ring, "call": None}
    assert wait_ring.words(found) == "A visitor rings for kitchen, who cannot be called now."


def test_each_event_of_a_message_is_shown_in_a_line_that_steers_no_terminal():
    came = event("message.received", by="sip:ann@x", target="", display_name="Ann", body="milk\n\x1b[2J")
    failed = event("message.failed", message="m-1", to="sip:bob@x", code=408, reason="No answer")
    assert messages.words(came) == "2026-11-20T06:07:08.123456Z  Ann: milk  [2J"
    assert messages.words(failed) == "2026-11-20T06:07:08.123456Z  m-1 did not reach sip:bob@x: 408 No answer"
    assert "events.lost" in messages.words(event("events.lost", certain=True))


def test_an_event_is_one_line_whatever_a_client_put_into_it():
    custom = event("custom", name="lift.called", details={"floor": "3\n\x1b[2J"}, by="http:lift")
    line = "2026-11-20T06:07:08.123456Z  4  custom  name=lift.called details=3  [2J by=http:lift"
    assert show.event(custom) == line


def test_no_answer_steers_the_terminal(capsys):
    output(
        {"status": "Call from \x1b[2JAnn\x07\nReady."}, argparse.Namespace(json=False, utc=True), lambda a: a["status"]
    )
    assert capsys.readouterr().out == "Call from  [2JAnn \nReady.\n"
