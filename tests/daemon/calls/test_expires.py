"""How long a caller's INVITE is valid, by its own Expires (RFC 3261 section 13.3.1)."""

import pytest

from tests.support.peers.packets import Packets


@pytest.fixture
def phone(door):
    with Packets(door.far_address, to=door.address) as phone:
        yield phone


def invite(phone, headers):
    return phone.request("INVITE", body=phone.sdp, headers=headers)


@pytest.mark.parametrize("header", ["Expires: 1\r\n", "expires :\r\n 1\r\n", "Expires: 0\r\n"])
def test_nobody_answers_before_the_invitation_expires(header, door, phone):
    phone.send(invite(phone, header))
    phone.receive("SIP/2.0 487 Invitation Expired", "INVITE")
    phone.send(phone.request("ACK"))
    call = door.wait("call.incoming")["call"]
    door.final(call, kind="call.rejected", cause="no_answer", code=487, reason="Invitation Expired", missed=True)


def test_it_expires_while_the_caller_hears_the_station(door, phone):
    phone.send(invite(phone, "Expires: 8\r\n"))
    call = door.rung()
    door.post(f"/v1/calls/{call}/early-media")
    phone.receive("SIP/2.0 183", "INVITE")
    phone.receive("SIP/2.0 487 Invitation Expired", "INVITE")
    phone.send(phone.request("ACK"))
    door.final(call, kind="call.rejected", cause="no_answer", code=487)


@pytest.mark.parametrize("seconds", [3600, 4294967295])
def test_it_rings_where_the_invitation_stays_valid(seconds, door, phone):
    call, _ = phone.talk_to(door, invite(phone, f"Expires: {seconds}\r\n"))
    phone.hang_up()
    door.final(call, kind="call.ended", cause="hangup")
