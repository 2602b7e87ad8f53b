"""MESSAGE in and out of calls, and INFO in them, with SIPp as the far end: the events, and the accepted senders."""

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.times import REAL, patient

TEXT = "There is a parcel"
TOLD = {"content_type": "text/plain", "body": TEXT, "headers": {"X-Floor": "2"}}
REFUSED = {"code": 415, "reason": "Done"}


@shows("message.received")
def test_somebody_whom_we_know_writes(door, caller):
    with caller("uac-writes", display_name='"Far" ') as peer:
        told = door.wait("message.received", **TOLD)
        peer.done()
    assert told["call"] is None
    data = told["data"]
    assert (data["target"], data["display_name"], data["by"]) == ("far", "Far", f"sip:far@{peer.address}:{peer.port}")


@shows("access.denied scope=message")
def test_a_stranger_who_sends_a_text_is_reported_and_not_heard(door, caller):
    address = loopback()
    with caller("uac-writes", address=address) as peer:
        door.wait("access.denied", scope="message", **{"from": address})
        peer.done()
    assert door.of("message.received") == []


def test_a_text_of_several_lines_and_letters_comes_as_it_was_sent(door, caller):
    text = "Grüße,\n\tder Bäcker ☺"
    with caller("uac-writes", text=text) as peer:
        body = door.wait("message.received")["data"]["body"]
        peer.done()
    assert body.split() == text.split()
    assert "\n" in body
    assert not [line for line in door.log.splitlines() if line.startswith(("der", "\tder"))], "one event, one line"


def test_a_message_in_a_call_names_it(door, caller):
    with caller("uac-writes-in-call") as peer:
        call = door.rung()
        door.press("answer")
        door.wait("message.received", call, **TOLD, target="far")
        door.press("hangup")
        peer.done()


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/vnd.door+xml"])
@shows("info.received")
def test_info_of_any_content_is_answered_and_reported(door, caller, kind):
    with caller("uac-informs", kind=kind) as peer:
        call = door.rung()
        door.press("answer")
        door.wait("info.received", call, **TOLD | {"content_type": kind})
        door.press("hangup")
        peer.done()


def test_a_digit_by_info_of_its_own_is_a_digit_and_never_reported_as_text(door, caller):
    with caller("uac-informs", kind="application/dtmf", text="7") as peer:
        call = door.rung()
        door.press("answer")
        door.wait("dtmf.received", call, method="info")
        door.press("hangup")
        peer.done()
    assert door.of("info.received") == []


@pytest.mark.parametrize("code", [200, 202])
@shows("message.sent", "POST /v1/messages")
def test_a_message_that_arrives_is_reported_as_sent(door, far, code):
    with far("uas-reads", code=code) as peer:
        message = door.post("/v1/messages", {"to": "far", "text": TEXT})["message"]
        told = door.wait("message.sent", message=message)
        peer.done()
    assert (told["call"], told["data"]["to"]) == (None, f"sip:far@{door.far_address}:{door.far_port}")


@pytest.mark.parametrize("code", [404, 415, 486, 503, 603])
def test_a_message_that_is_refused_is_reported_as_failed(door, far, code):
    with far("uas-reads", code=code) as peer:
        message = door.post("/v1/messages", {"to": "far", "text": TEXT})["message"]
        to = f"sip:far@{door.far_address}:{door.far_port}"
        door.wait("message.failed", message=message, to=to, code=code, reason="Done")
        peer.done()


def test_messages_to_one_go_one_after_another(tmp_path):
    with (
        Daemon(tmp_path / "d", times=patient(message_waits_s=REAL.message_waits_s)) as door,
        Sipp(tmp_path, "uas-silent", address=door.far_address, port=door.far_port),
    ):
        first = door.post("/v1/messages", {"to": "far", "text": TEXT})["message"]
        second = door.post("/v1/messages", {"to": "far", "text": TEXT})["message"]
        told = [door.wait("message.failed", message=each, patience=120)["data"] for each in (first, second)]
    assert [data["code"] for data in told] == [0, 0]
    assert "previous message" in told[1]["reason"]
    assert "previous message" not in told[0]["reason"]


def test_a_message_in_a_call_arrives(door, far):
    with far("uas-reads-in-call", code=200) as peer:
        call = door.talk(door.ring())
        message = door.post(f"/v1/calls/{call}/message", {"text": TEXT})["message"]
        door.wait("message.sent", call, message=message)
        door.press("hangup")
        peer.done()


@shows("message.failed", "POST /v1/calls/{id}/message")
def test_a_message_in_a_call_is_refused_and_the_call_goes_on(door, far):
    with far("uas-reads-in-call", code=415) as peer:
        call = door.talk(door.ring())
        message = door.post(f"/v1/calls/{call}/message", {"text": TEXT})["message"]
        door.wait("message.failed", call, message=message, **REFUSED)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


def informs(door, far, code, told):
    """Our INFO in a call, and the event after this answer."""
    content = {"content_type": "application/vnd.door.json", "body": TEXT}
    with far("uas-informed", code=code, kind=content["content_type"]) as peer:
        call = door.talk(door.ring())
        message = door.post(f"/v1/calls/{call}/info", content)["message"]
        door.wait(told, call, message=message)
        door.press("hangup")
        peer.done()


@shows("info.sent", "POST /v1/calls/{id}/info")
def test_an_info_that_arrives_is_reported_as_sent(door, far):
    informs(door, far, 200, "info.sent")


@shows("info.failed")
def test_an_info_that_is_refused_is_reported_as_failed(door, far):
    informs(door, far, 415, "info.failed")


@shows("error:text-too-long")
def test_what_cannot_be_sent_is_refused_at_once(door):
    status, error = door.ask("POST", "/v1/messages", {"to": "far", "text": "ö" * 501})
    assert (status, error["code"]) == (400, "text-too-long")
    status, error = door.ask("POST", "/v1/messages", {"to": "nobody", "text": TEXT})
    assert (status, error["code"]) == (400, "number-invalid")
    status, error = door.ask("POST", "/v1/calls/c-none/info", {"content_type": "text/plain", "body": ""})
    assert (status, error["code"]) == (404, "call-not-found")
