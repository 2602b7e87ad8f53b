"""Session timers, reliable ringing, calls that answer themselves, and calls that last too long."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows

ASKS = ["Call-Info: <sip:192.0.2.9>;answer-after=0\n", "Alert-Info: <http://x.example>;info=alert-autoanswer\n"]


@pytest.fixture
def caller(door, tmp_path):
    """SIPp at the address that the station knows, calling it."""
    return lambda scenario, **options: calling(door, tmp_path, scenario, **options)


def calling(door, directory, scenario, **options):
    return Sipp(directory, scenario, door.address, address=door.far_address, user="far", **options)


@pytest.fixture
def called(door, tmp_path):
    """SIPp where the call button rings."""
    return lambda scenario: Sipp(tmp_path, scenario, address=door.far_address, port=door.far_port, user="far")


def test_a_session_timer_that_the_caller_wants_is_agreed_to(door, caller):
    with caller("uac-timer") as peer:
        call = door.rung()
        door.press("answer")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()


def test_a_reliable_ringing_is_acknowledged_before_the_answer(door, caller):
    with caller("uac-prack") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@pytest.mark.parametrize("scenario", ["uas-timer", "uas-prack"])
def test_our_call_offers_session_timer_and_reliable_ringing(scenario, door, called):
    with called(scenario) as peer:
        call = door.ring()
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@pytest.mark.long(50)
@pytest.mark.parametrize(
    "answer", [("491 Request Pending",), ("500 Server Internal Error", "Retry-After: 2")], ids=["pending", "busy"]
)
def test_a_refresh_of_the_session_that_meets_another_change_is_sent_again(answer, tmp_path):
    daemon = Daemon(tmp_path / "d", deadlines={"rtp_s": 120})
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        timer = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n"
        call, _ = far.talk_to(door, far.request("INVITE", body=far.sdp, headers=timer))
        status, *headers = answer
        refresh = far.invited()
        far.send(far.reply(refresh, status, headers=headers))
        again = far.receive("INVITE", "INVITE")
        assert again.partition("CSeq:")[2].splitlines()[0] != refresh.partition("CSeq:")[2].splitlines()[0]
        far.answer(again, "200 OK", far.sdp.replace("far 1 1", "far 1 2"))
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended", cause="hangup", by="local")


@pytest.mark.long(50)
def test_a_far_end_that_allows_update_and_refuses_it_is_sent_a_reinvite(tmp_path):
    daemon = Daemon(tmp_path / "d", deadlines={"rtp_s": 120})
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        timer = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n"
        call, _ = far.talk_to(door, far.request("INVITE", body=far.sdp, headers=timer))
        for _ in ("alone", "with an offer"):
            far.send(far.reply(far.receive("UPDATE", "UPDATE"), "405 Method Not Allowed"))
        far.answer(far.invited(), "200 OK", far.sdp.replace("far 1 1", "far 1 2"))
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended", cause="hangup", by="local")


@pytest.mark.parametrize("headers", ASKS)
def test_a_target_that_may_is_answered_without_a_hand_and_with_a_tone(headers, tmp_path):
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["auto_answer"] = True
    with daemon as door, calling(door, tmp_path, "uac-asks-answer", headers=headers) as peer:
        call = door.rung()
        assert door.get("/v1/panel")["tone"] in {"auto_answer", None}  # None: it was slow to be asked
        assert door.wait("call.answering", call)["data"]["who"] == "auto-answer"
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()


@shows("notice")
def test_where_its_tone_cannot_be_heard_it_is_rung_for_too(tmp_path):
    daemon = Daemon(tmp_path / "d", audio={"capture": "nosuchcard", "playback": "nosuchcard"})
    daemon.config["target"]["far"]["auto_answer"] = True
    with daemon as door:
        door.wait("audio.failed")
        with calling(door, tmp_path, "uac-asks-answer", headers=ASKS[0]) as peer:
            call = door.rung()
            door.wait("notice", code="rings-on")
            door.press("answer")
            assert door.wait("call.answering", call)["data"]["who"] == "button answer"
            door.final(call, kind="call.ended", cause="hangup", by="remote")
            peer.done()


def test_one_that_may_not_is_rung_for_as_any_other(door, caller):
    with caller("uac-asks-answer", headers=ASKS[0]) as peer:
        call = door.rung()
        assert door.get("/v1/panel")["tone"] == "ringing"
        door.press("answer")
        assert door.wait("call.answering", call)["data"]["who"] == "button answer"
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()


@shows("cause:duration_limit")
def test_a_call_that_lasts_too_long_is_ended(tmp_path):
    with Daemon(tmp_path / "d", sip={"max_call_s": 3}) as door, calling(door, tmp_path, "uac-answered-ends") as peer:
        call = door.rung()
        door.press("answer")
        door.wait("warning", code="duration-limit")
        told = door.final(call, kind="call.ended", cause="duration_limit", by="local")
        peer.done()
    assert told["duration_s"] >= 3
