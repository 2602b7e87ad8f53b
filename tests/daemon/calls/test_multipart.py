"""Messages whose session description is one part of several: gateways (ISUP, QSIG), emergency phones (PIDF-LO)."""

import re

import pytest

from tests.support.peers.packets import Packets
from tests.support.peers.voices import Voice, drained
from tests.support.shown import shows
from tests.support.waiting import until

ISUP = "Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\nxx"
LOCATION = "Content-Type: application/pidf+xml\r\nContent-ID: <here@far>\r\n\r\n<presence/>"
QSIG = "Content-Type: application/qsig\r\n\r\nxx"
MIXED, RELATED = 'multipart/mixed;boundary="b 1"', "multipart/related;boundary=b1"
ALTERNATIVE, UNNAMED = "multipart/alternative;boundary=b1", "multipart/mixed"


def parts(kind, *several):
    """A body of that type; a session description is given as it is."""
    boundary = "b 1" if kind is MIXED else "b1"
    typed = [f"Content-Type: application/sdp\r\n\r\n{part}" if part.startswith("v=0") else part for part in several]
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in typed) + f"--{boundary}--\r\n"


def within(kind, body):
    """That body as a part of another one."""
    return f"Content-Type: {kind}\r\n\r\n{body}"


def heard_both_ways(door, far, call, sdp):
    """Sound goes both ways in a call that our SDP began."""
    with Voice(far.rtp, sdp):
        until(lambda: drained(far.rtp), "our sound")
        door.wait("media.started", call, direction="receive")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MIXED, lambda sdp: parts(MIXED, sdp, ISUP)),
        (MIXED, lambda sdp: parts(MIXED, QSIG, sdp)),
        (MIXED, lambda sdp: parts(MIXED, LOCATION, sdp, ISUP)),
        (RELATED, lambda sdp: parts(RELATED, sdp, LOCATION)),
        (ALTERNATIVE, lambda sdp: parts(ALTERNATIVE, ISUP, sdp)),
        (UNNAMED, lambda sdp: parts(UNNAMED, sdp, ISUP)),
        (MIXED, lambda sdp: parts(MIXED, within(RELATED, parts(RELATED, sdp, LOCATION)), ISUP)),
        (RELATED, lambda sdp: parts(RELATED, sdp, LOCATION).replace("--b1--\r\n", "")),
    ],
    ids=["with ISUP", "behind QSIG", "between", "related", "alternative", "unnamed boundary", "nested", "no end"],
)
def test_a_caller_whose_offer_is_one_part_of_several_is_talked_to(door, kind, body):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door, far.request("INVITE", body=body(far.sdp), kind=kind))
        assert "a=sendrecv" in accepted
        heard_both_ways(door, far, call, accepted)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


@shows("call.early_media")
def test_early_media_and_an_answer_with_several_parts_are_taken(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        far.send(far.reply(invite, "183 Session Progress", parts(MIXED, far.sdp, ISUP), kind=MIXED))
        door.wait("call.early_media", call)
        far.answer(invite, "200 OK", parts(MIXED, ISUP, far.sdp), MIXED)
        heard_both_ways(door, far, door.talk(call), invite)
        far.send(far.inside(invite, "BYE", 2))
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_reliable_183_with_several_parts_is_the_answer(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        reliably = ["Require: 100rel", "RSeq: 1"]
        far.send(far.reply(invite, "183 Session Progress", parts(MIXED, QSIG, far.sdp), reliably, MIXED))
        far.send(far.reply(far.receive("PRACK", "PRACK"), "200 OK"))
        door.wait("call.early_media", call, code=183)
        far.answer(invite, "200 OK", parts(MIXED, ISUP, QSIG), MIXED)
        heard_both_ways(door, far, door.talk(call), invite)
        far.send(far.inside(invite, "BYE", 2))
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_answer_to_our_hold_may_be_one_part_of_several(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        door.press("hold")
        answer = parts(RELATED, LOCATION, far.sdp.replace("sendrecv", "recvonly"))
        far.answer(far.invited(), "200 OK", answer, RELATED)
        until(lambda: door.get(f"/v1/calls/{call}")["hold"] == "local", "the hold")
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended", cause="hangup", by="local")


OPTIONAL = {  # a body that may be ignored (RFC 3261 §20.11): what is sent of it
    "a part": {"body": parts(MIXED, ISUP), "kind": MIXED},
    "two parts": {"body": parts(MIXED, ISUP, ISUP.replace(";handling", " ; Handling")), "kind": MIXED},
    "the body": {
        "body": "xx",
        "kind": "application/isup;version=itu-t92+",
        "headers": "Content-Disposition: signal; handling=optional\r\n",
    },
}


@pytest.mark.parametrize("case", OPTIONAL)
def test_an_invite_of_what_may_be_ignored_has_no_offer_in_a_call_and_before(door, case):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", **OPTIONAL[case]))
        call = door.rung()
        offer = far.accepted(lambda: door.press("answer"))
        far.send(far.request("ACK", body=parts(MIXED, far.sdp, ISUP), kind=MIXED))
        heard_both_ways(door, far, door.talk(call), offer)
        far.send(far.request("INVITE", 2, **OPTIONAL[case]))
        assert "m=audio" in far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2, body=far.sdp))
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_invite_of_what_must_be_understood_is_refused(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=parts(MIXED, QSIG, ISUP), kind=MIXED))
        far.receive("SIP/2.0 415", "INVITE")
        far.send(far.request("ACK"))
        call = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        door.final(call, kind="call.rejected", cause="media_failed", code=415, by="local")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_hold_with_several_parts_is_a_hold(door, method):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        held = far.sdp.replace("far 1 1", "far 1 2").replace("a=sendrecv", "a=sendonly")
        far.send(far.request(method, 2, body=parts(MIXED, QSIG, held), kind=MIXED))
        answer = far.receive("SIP/2.0 200", method)
        assert re.search("a=(recvonly|inactive)", answer)
        if method == "INVITE":
            far.send(far.request("ACK", 2))
        door.wait("call.held", call, by="remote")
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_answer_in_the_ack_may_be_one_part_of_several(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE"))
        call = door.rung()
        offer = far.accepted(lambda: door.press("answer"))
        answer = parts(MIXED, far.sdp, ISUP)
        far.send(far.request("ACK", body=answer, kind=MIXED))
        heard_both_ways(door, far, door.talk(call), offer)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_ack_whose_parts_have_no_answer_ends_the_call(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE"))
        call = door.rung()
        far.accepted(lambda: door.press("answer"))
        far.send(far.request("ACK", body=parts(MIXED, QSIG, ISUP), kind=MIXED))
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="media_failed", by="local")
