"""SIPp calls the station: who is accepted, how the call goes, and the events."""

import pytest

from tests.support.daemon import loopback
from tests.support.shown import shows

RANG = ["incoming", "ringing"]
TALKED = [*RANG, "answering", "connecting", "connected"]


def test_it_calls_and_ends_the_call(door, caller):
    with caller("uac-call", headers='Reason: Q.850;cause=16;text="Terminated"\n') as peer:
        call = door.rung()
        door.press("answer")
        door.final(call, kind="call.ended", cause="hangup", code=200, by="remote", missed=False)
        peer.done()
    assert door.story(call) == [*TALKED, "ended"]
    assert door.of("call.incoming")[0]["data"]["target"] == "far"


def test_it_calls_and_we_end_the_call(door, caller):
    with caller("uac-answered-ends") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", code=200, by="local", missed=False)
        peer.done()
    assert door.story(call) == [*TALKED, "disconnecting", "ended"]


GIVEN_UP = {
    "": ("canceled", True),
    'Reason: SIP;cause=200;text="Call completed elsewhere"\n': ("answered_elsewhere", False),
    "Reason: Q.850;cause=16\n": ("canceled", True),
}


@pytest.mark.parametrize("headers", GIVEN_UP)
def test_it_gives_up(headers, door, caller):
    cause, missed = GIVEN_UP[headers]
    with caller("uac-cancel", headers=headers) as peer:
        call = door.rung()
        door.final(call, kind="call.canceled", cause=cause, code=487, by="remote", missed=missed)
        peer.done()
    assert door.story(call) == [*RANG, "canceled"]


CODES = [401, 402, 403, 404, 407, 408, 410, 415, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603, 604, 606]


@pytest.mark.parametrize("code", CODES)
def test_a_client_refuses_it(code, door, caller):
    with caller("uac-refused", code=code) as peer:
        call = door.rung()
        door.post(f"/v1/calls/{call}/reject", {"code": code})
        door.final(call, kind="call.rejected", cause="rejected", code=code, by="local", missed=False)
        peer.done()
    assert door.story(call) == [*RANG, "disconnecting", "rejected"]


def test_the_button_refuses_it(door, caller):
    with caller("uac-refused", code=603) as peer:
        call = door.rung()
        door.press("hangup")
        door.final(call, kind="call.rejected", cause="rejected", code=603, by="local", missed=False)
        peer.done()


def test_a_stranger_is_refused_and_does_not_ring(door, caller):
    with caller("uac-refused", address=loopback(), code=403) as peer:
        call = door.wait("call.incoming")["call"]
        door.final(call, kind="call.rejected", cause="unauthorized", code=403, by="local", missed=False)
        peer.done()
    assert door.story(call) == ["incoming", "disconnecting", "rejected"]


@pytest.mark.parametrize("hold", ["sendonly", "inactive", "zero"])
def test_it_holds_and_resumes(hold, door, caller):
    with caller("uac-hold", hold=hold) as peer:
        call = door.rung()
        door.press("answer")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()
    assert door.story(call) == [*TALKED, "held", "resumed", "ended"]
    assert [e["data"]["by"] for e in door.of("call.held", call) + door.of("call.resumed", call)] == ["remote"] * 2


def test_its_offer_comes_with_the_ack(door, caller):
    with caller("uac-late-offer") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()
    assert door.story(call) == [*TALKED, "ended"]


@shows("dtmf.received method=info")
def test_each_info_is_one_digit(door, caller):
    with caller("uac-info", digits="1177#") as peer:
        call = door.rung()
        door.press("answer")
        door.final(call, kind="call.ended")
        peer.done()
    told = [(e["data"]["digit"], e["data"]["method"], e["data"]["duration_ms"]) for e in door.of("dtmf.received", call)]
    assert told == [(digit, "info", 160) for digit in "1177#"]
