"""A key of SRTP that an earlier call has used: who plays its packets again is not heard in a later one."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.messages import found
from tests.support.peers.packets import Packets, fresh_key


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("d"))
    daemon.config["target"]["far"]["srtp"] = "mandatory"
    with daemon as door:
        yield door


class Encrypting(Packets):
    """A far end whose sound is encrypted with `key`."""

    key = ""

    @property
    def sdp(self):
        offer = super().sdp.replace("RTP/AVP", "RTP/SAVP")
        return f"{offer}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{self.key}\r\n"


def calls(door, key):
    """A call of the far end, which uses that key."""
    door.begin()
    with Encrypting(door.far_address, to=door.address) as far:
        far.key = key
        call, _ = far.talk_to(door)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_offer_with_the_key_of_an_earlier_call_is_refused_and_one_with_another_is_not(station):
    key = fresh_key()
    calls(station, key)
    station.begin()
    with Encrypting(station.far_address, to=station.address) as again:
        again.key = key
        again.ask(again.invite(), "SIP/2.0 488", "INVITE")
        again.send(again.request("ACK"))
        told = station.final(station.wait("call.incoming")["call"], kind="call.rejected", code=488)
    assert "called with a key that an earlier call has used" in told["explanation"]
    assert not station.of("call.ringing")
    calls(station, fresh_key())


def test_a_call_may_repeat_its_own_key(station):
    key = fresh_key()
    station.begin()
    with Encrypting(station.far_address, to=station.address) as far:
        far.key = key
        call, _ = far.talk_to(station)
        far.ask(far.request("INVITE", 2, far.sdp.replace("far 1 1", "far 1 2")), "SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2))
        far.hang_up()
        station.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_re_invite_with_the_key_of_an_earlier_call_is_refused_and_the_call_goes_on(station):
    key = fresh_key()
    calls(station, key)
    station.begin()
    with Encrypting(station.far_address, to=station.address) as far:
        far.key = fresh_key()
        call, _ = far.talk_to(station)
        far.key = key
        far.ask(far.request("INVITE", 2, far.sdp.replace("far 1 1", "far 1 2")), "SIP/2.0 488", "INVITE")
        far.send(far.request("ACK", 2))
        far.hang_up()
        station.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_answer_with_the_key_of_an_earlier_call_ends_the_call(station):
    key = fresh_key()
    calls(station, key)
    station.begin()
    with Encrypting(station.far_address, station.far_port) as far:
        far.key = key
        call = station.ring()
        invite = far.invited()
        tag = found(r"^a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 ", invite)[1]
        far.answer(invite, "200 OK", far.sdp.replace("a=crypto:1 ", f"a=crypto:{tag} "))
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        told = station.final(call, cause="media_failed", by="local")
    assert "with a key that an earlier call has used" in told["explanation"]


def test_a_call_that_was_refused_uses_no_key(station):
    key = fresh_key()
    station.begin()
    with Encrypting(station.far_address, to=station.address) as far:
        far.key = key
        far.rings(station)
        station.press("hangup")
        far.receive("SIP/2.0 ", "INVITE")
    calls(station, key)
