"""Orders whose outcome comes later, with a far end that decides: the client waits for it, or reads the operation."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.waiting import until

SAID = {"content_type": "text/plain", "body": "Hello"}


@pytest.fixture
def far(door):
    with Packets(door.far_address, door.far_port) as far:
        yield far


def dial(door, **wanted):
    """Place a call in a thread, and wait for its outcome; its answer to come."""
    pool = ThreadPoolExecutor(1)
    answer = pool.submit(door.ask, "POST", "/v1/calls", {"to": "far", **wanted}, prefer="wait=60")
    pool.shutdown(wait=False)
    return answer


def called(door, far):
    """We call the far end, and it answers; the call and the INVITE."""
    door.post("/v1/calls", {"to": "far"})
    invite = far.receive("INVITE", "INVITE")
    far.send(far.reply(invite, "200 OK", far.sdp))
    far.receive("ACK", "ACK")
    return door.talk(door.call()["id"]), invite


def outcome(door, answer):
    """What became of an order that was answered at once."""
    path = f"/v1/operations/{answer['operation']['id']}"
    return until(lambda: (it := door.get(path))["state"] != "running" and it, "its outcome")


def test_a_call_with_its_clients_id_is_waited_for_until_it_is_answered(door, far):
    answer = dial(door, id="porch-7")
    invite = far.receive("INVITE", "INVITE")
    far.send(far.reply(invite, "180 Ringing"))
    door.wait("call.ringing", "porch-7")
    assert not answer.done()
    far.send(far.reply(invite, "200 OK", far.sdp))
    far.receive("ACK", "ACK")
    status, said = answer.result(60.0)
    assert (status, said["id"], said["call"]["state"]) == (201, "porch-7", "connected")
    door.post("/v1/calls/porch-7/hangup")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final("porch-7", kind="call.ended")
    status, said = door.ask("POST", "/v1/calls", {"to": "far", "id": "porch-7"})
    assert (status, said["code"]) == (409, "conflict")


def test_a_call_that_is_refused_shows_its_end_to_who_waits(door, far):
    answer = dial(door)
    far.send(far.reply(far.receive("INVITE", "INVITE"), "486 Busy Here"))
    far.receive("ACK", "ACK")
    status, said = answer.result(60.0)
    assert (status, said["call"]["state"], said["call"]["end"]["cause"]) == (201, "ended", "busy")


def test_a_call_that_nobody_answers_in_the_clients_time_is_canceled(door, far):
    answer = dial(door, timeout_s=2)
    invite = far.receive("INVITE", "INVITE")
    assert "\r\nExpires: 2\r\n" in invite
    far.send(far.reply(invite, "180 Ringing"))
    cancel = far.receive("CANCEL", "CANCEL")
    far.send(far.reply(cancel, "200 OK"))
    far.send(far.reply(invite, "487 Request Terminated"))
    assert answer.result(60.0)[1]["call"]["end"]["cause"] == "no_answer"


@shows("GET /v1/operations/{operation}", "error:order-failed", "error:operation-not-found")
def test_what_the_far_end_makes_of_an_info_is_the_outcome_of_the_order(door, far):
    call, _ = called(door, far)
    for response, good in (("200 OK", True), ("415 Unsupported Media Type", False)):
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(door.ask, "POST", f"/v1/calls/{call}/info", SAID, "wait=60")
            far.send(far.reply(far.receive("INFO", "INFO"), response))
            status, said = answer.result(60.0)
        assert status == (200 if good else 502)
        assert good or (said["code"], said["cause"]) == ("order-failed", "Unsupported Media Type (415)")
        begun = door.post(f"/v1/calls/{call}/info", SAID)
        assert begun["operation"]["state"] == "running"
        far.send(far.reply(far.receive("INFO", "INFO"), response))
        found = outcome(door, begun)
        assert (found["state"], found["event"]["type"]) == (
            ("succeeded", "info.sent") if good else ("failed", "info.failed")
        )
    assert door.ask("GET", "/v1/operations/o-1")[0] == 404


def test_a_sound_is_waited_for_until_it_was_heard(door, far):
    call, _ = called(door, far)
    status, said = door.ask("POST", f"/v1/calls/{call}/playback", {"sound": "ok"}, "wait=60")
    assert (status, said["operation"]["event"]["type"]) == (200, "playback.finished")


def test_an_order_fails_with_its_call(door, far):
    call, invite = called(door, far)
    begun = door.post(f"/v1/calls/{call}/info", SAID)
    far.send(far.inside(invite, "BYE"))
    assert outcome(door, begun)["state"] == "failed"


def test_a_doctor_who_reports_later(door):
    status, begun = door.ask("POST", "/v1/doctor", prefer="respond-async")
    assert status == 202
    assert outcome(door, begun)["result"]["findings"]
