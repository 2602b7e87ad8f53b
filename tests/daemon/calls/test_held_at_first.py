"""A far end that holds from its first offer or answer (RFC 3264 §8.4, RFC 6337 §5.3)."""

import pytest

from tests.support.peers.packets import Packets
from tests.support.waiting import until

HOLDS = ["sendonly", "inactive", "zero"]


def directed(far, direction):
    """The far end's SDP with that direction; "zero" is the old hold by c=0.0.0.0."""
    if direction == "zero":
        return far.sdp.replace(f"c=IN IP4 {far.address}", "c=IN IP4 0.0.0.0")
    return far.sdp.replace("a=sendrecv", f"a={direction}")


def is_held(door, call):
    """The far end's hold is reported before people could talk, and nobody hears the microphone."""
    door.wait("call.connected", call)
    door.wait("call.held", call, by="remote")
    shown = door.get(f"/v1/calls/{call}")
    assert shown["hold"] == "remote"
    assert "held" in shown["summary"]
    door.wait("tone.started", tone="held")
    assert door.of("audio.microphone_changed") == []


def resumes(door, far, call):
    """The far end resumes: its sound begins, by its codec."""
    far.send(far.request("INVITE", 2, body=far.sdp))
    far.receive("SIP/2.0 200", "INVITE")
    far.send(far.request("ACK", 2))
    door.wait("call.resumed", call, by="remote")
    assert door.wait("call.update_received", call)["data"]["changes"] == ["resume"]
    assert door.wait("media.started", call)["data"]["codec"]["name"] == "PCMA"
    assert door.get(f"/v1/calls/{call}")["hold"] == "none"


@pytest.mark.parametrize("direction", HOLDS)
@pytest.mark.parametrize("message", ["INVITE", "ACK"])
def test_a_caller_holds_from_the_first(door, message, direction):
    with Packets(door.far_address, to=door.address) as far:
        sdp = directed(far, direction)
        call = far.rings(door, far.request("INVITE", body=sdp if message == "INVITE" else ""))
        far.accepted(lambda: door.press("answer"))
        far.send(far.request("ACK", body=sdp if message == "ACK" else ""))
        is_held(door, call)
        resumes(door, far, call)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("direction", HOLDS)
def test_who_answers_holds_from_the_first(door, direction):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        far.answer(far.invited(), "200 OK", directed(far, direction))
        is_held(door, call)
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_who_only_listens_does_not_hold(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door, far.request("INVITE", body=directed(far, "recvonly")))
        shown = door.get(f"/v1/calls/{call}")
        assert (shown["hold"], door.of("call.held", call)) == ("none", [])
        door.wait("audio.microphone_changed", active=True)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_call_that_the_far_end_has_lost_while_it_held_is_not_refused_for_its_sound(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        far.answer(far.invited(), "200 OK", directed(far, "inactive"))
        is_held(door, call)
        door.press("hold")
        far.answer(far.invited(), "481 Call Does Not Exist")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local", cause="error", code=481)
        until(lambda: door.get("/v1/calls")["calls"] == [], "no call")
