"""A visitor presses the button, and SIPp is the far end: its actions, and the events."""

import pytest

from tests.support.shown import shows
from tests.support.waiting import until

RANG = ["dialing", "ringing"]
TALKED = [*RANG, "connecting", "connected"]


def test_it_answers_and_we_end_the_call(door, far):
    with far("uas-answer") as peer:
        call = door.talk(door.ring())
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", code=200, by="local", missed=False)
        peer.done()
    assert door.story(call) == [*TALKED, "disconnecting", "ended"]


def test_it_answers_and_ends_the_call(door, far):
    with far("uas-ends", headers='Reason: Q.850;cause=16;text="Terminated"\n') as peer:
        call = door.ring()
        door.final(call, kind="call.ended", cause="hangup", code=200, by="remote", missed=False)
        peer.done()
    assert door.story(call) == [*TALKED, "ended"]


REFUSALS = {
    302: ("call.failed", "unavailable"),
    401: ("call.failed", "unauthorized"),
    402: ("call.failed", "payment_required"),
    403: ("call.failed", "unauthorized"),
    404: ("call.failed", "not_found"),
    407: ("call.failed", "unauthorized"),
    408: ("call.failed", "no_answer"),
    410: ("call.failed", "not_found"),
    415: ("call.failed", "media_failed"),
    480: ("call.failed", "unavailable"),
    484: ("call.failed", "not_found"),
    486: ("call.rejected", "busy"),
    487: ("call.failed", "unavailable"),
    488: ("call.failed", "media_failed"),
    500: ("call.failed", "server_error"),
    502: ("call.failed", "unavailable"),
    503: ("call.failed", "unavailable"),
    504: ("call.failed", "server_error"),
    600: ("call.rejected", "busy"),
    603: ("call.rejected", "rejected"),
    604: ("call.failed", "not_found"),
    606: ("call.failed", "media_failed"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_it_rings_and_refuses(code, door, far):
    kind, cause = REFUSALS[code]
    with far("uas-refuse", code=code) as peer:
        call = door.ring()
        door.final(call, kind=kind, cause=cause, code=code, reason="Refused", by="remote", duration_s=0, missed=False)
        peer.done()
    assert door.story(call) == [*RANG, kind.removeprefix("call.")]


@pytest.mark.parametrize("code", [408, 480])
def test_it_refuses_without_having_rung(code, door, far):
    with far("uas-refuse", code=code, rings=False) as peer:
        call = door.ring()
        door.final(call, kind="call.failed", cause="unavailable", code=code, by="remote")
        peer.done()
    assert door.story(call) == ["dialing", "failed"]


@shows("call.canceled", "cause:canceled")
def test_the_visitor_gives_up(door, far):
    with far("uas-ring") as peer:
        call = door.ring()
        door.wait("call.ringing", call)
        door.press("hangup")
        door.final(call, kind="call.canceled", cause="canceled", code=487, by="local", missed=False)
        peer.done()
    assert door.story(call) == [*RANG, "disconnecting", "canceled"]


def test_its_200_crosses_our_cancel(door, far):
    with far("uas-late") as peer:
        call = door.ring()
        door.wait("call.ringing", call)
        door.press("hangup")
        door.final(call, kind="call.canceled", cause="canceled", by="local")
        peer.done()
    assert door.story(call) == [*RANG, "disconnecting", "canceled"]


STARTS = {
    "uas-rings-twice": ["dialing", "ringing", "connecting", "connected"],
    "uas-progress": ["dialing", "ringing", "connecting", "connected"],
    "uas-early": ["dialing", "early_media", "connecting", "connected"],
    "uas-slow": ["dialing", "connecting", "connected"],
}


@pytest.mark.parametrize("scenario", STARTS)
def test_however_it_begins_and_repeats_itself_it_is_one_call(scenario, door, far):
    with far(scenario) as peer:
        call = door.talk(door.ring())
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()
    assert door.story(call) == [*STARTS[scenario], "disconnecting", "ended"]


@pytest.mark.parametrize("hold", ["sendonly", "inactive", "zero"])
def test_it_holds_and_resumes(hold, door, far):
    with far("uas-hold", hold=hold) as peer:
        call = door.ring()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()
    assert door.story(call) == [*TALKED, "held", "resumed", "ended"]
    assert [e["data"]["by"] for e in door.of("call.held", call) + door.of("call.resumed", call)] == ["remote"] * 2


def test_who_resumes_before_the_hold_is_settled_resumes_all_the_same(door, far):
    """SIPp answers the hold with two codecs, and our UPDATE for one of them late."""
    with far("uas-hold-settled", seconds=3) as peer:
        call = door.talk(door.ring())
        door.press("hold")
        until(lambda: "\nUPDATE sip:" in peer.messages(), "the UPDATE")
        door.press("hold")
        peer.until_sent("the end of the second re-INVITE", 3)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@pytest.mark.parametrize("hold", ["sendonly", "inactive"])
def test_we_hold_and_resume(hold, door, far):
    """SIPp checks what we offer; it answers recvonly, or holds as well."""
    with far("uas-held", hold=hold) as peer:
        call = door.talk(door.ring())
        door.press("hold")
        peer.until_sent("the end of the first re-INVITE", 2)
        door.press("hold")
        peer.until_sent("the end of the second re-INVITE", 3)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()
    ours = [
        e["type"] for e in door.since if e["data"].get("by") == "local" and e["type"] in {"call.held", "call.resumed"}
    ]
    assert ours == ["call.held", "call.resumed"]
