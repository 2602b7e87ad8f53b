"""The crypto lines of an offer (RFC 4568): one that the station cannot serve is passed over; without another, 488.

An answer with such a line ends the call.

Each call has keys of its own, as the station refuses those of an earlier call.
"""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.messages import found
from tests.support.peers.packets import Packets, fresh_key
from tests.support.peers.voices import Voice
from tests.support.shown import shows

PATIENCE_S = 90.0
SUITE = "AES_CM_128_HMAC_SHA1_80"
SERVED = f"1 {SUITE} inline:KEY"
SECOND = f"2 {SUITE} inline:OTHER"
UNSERVED = [
    f"{SERVED}|2^31|1:1",
    f"{SERVED}|1:4",
    f"{SERVED}|2^20|1:1;inline:OTHER|2^20|2:1",
    f"{SERVED};inline:OTHER",
    f"{SERVED} KDR=20",
    f"{SERVED} UNENCRYPTED_SRTP",
    f"{SERVED} UNENCRYPTED_SRTCP",
    f"{SERVED} UNAUTHENTICATED_SRTP",
    f"{SERVED} WSH=128 FEC_ORDER=FEC_SRTP",
    f"{SERVED} X-UNKNOWN=1",
    f"1 {SUITE} inline:SHORT",
    f"1 {SUITE} uri:KEY",
    "1 F8_128_HMAC_SHA1_80 inline:KEY",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("d"))
    daemon.config["target"]["far"]["srtp"] = "mandatory"
    with daemon:
        yield daemon


@pytest.fixture
def keys():
    """The keys of a call, by the words that stand for them in the lines."""
    key = fresh_key()
    return {"KEY": key, "OTHER": fresh_key(), "SHORT": key[:-8]}


def offer(far, keys, *lines):
    added = "".join(f"a=crypto:{line}\r\n" for line in lines)
    for word, key in keys.items():
        added = added.replace(word, key)
    return far.sdp.replace("RTP/AVP", "RTP/SAVP").replace("a=sendrecv", f"{added}a=sendrecv")


@pytest.mark.parametrize("line", [f"{SERVED}|2^31", f"{SERVED}|2^20 WSH=128", f"{SERVED} -X-EXTENSION=1", f"{SERVED} "])
def test_a_line_with_a_lifetime_or_a_hint_is_served(door, keys, line):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door, far.request("INVITE", body=offer(far, keys, line)))
        assert found(r"^a=crypto:1 (\S+)", accepted)[1] == SUITE
        assert door.get(f"/v1/calls/{call}")["srtp"]
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("line", UNSERVED)
def test_a_line_that_cannot_be_served_is_passed_over(door, keys, line):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door, far.request("INVITE", body=offer(far, keys, line, SECOND)))
        assert found(r"^a=crypto:(\d+) (\S+)", accepted).groups() == ("2", SUITE)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("line", UNSERVED)
def test_without_a_line_that_can_be_served_the_offer_is_refused(door, keys, line):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=offer(far, keys, line)))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK"))
        call = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        door.final(call, kind="call.rejected", cause="media_failed", code=488, by="local")


@pytest.mark.parametrize("line", [UNSERVED[0], UNSERVED[4], UNSERVED[5]])
def test_such_a_line_in_a_call_is_refused_and_the_call_goes_on(door, keys, line):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door, far.request("INVITE", body=offer(far, keys, SERVED)))
        far.send(far.request("INVITE", 2, body=offer(far, keys, line).replace("far 1 1", "far 1 2")))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK", 2))
        assert door.call()["state"] == "connected"
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def answered(far, keys, line, profile="RTP/SAVP"):
    """Our INVITE is accepted with that line, which has the tag of the suite in our offer."""
    invite = far.invited()
    tag = found(rf"^a=crypto:(\d+) {SUITE}", invite)[1]
    far.answer(invite, "200 OK", offer(far, keys, line.replace("1 ", f"{tag} ", 1)).replace("RTP/SAVP", profile))


def refused(door, far, call, words="accepted the call", **end):
    """We end the call at once, and say why."""
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    told = door.final(call, cause="media_failed", by="local", **end)
    assert f"{words} with other encryption than was offered" in told["explanation"]


@pytest.fixture
def far(door):
    with Packets(door.far_address, door.far_port) as far:
        yield far


@pytest.mark.parametrize("line", [f"{SERVED}|2^31", f"{SERVED} WSH=128 -X-EXTENSION=1"])
def test_an_answer_whose_line_has_a_lifetime_or_a_hint_is_served(door, far, keys, line):
    call = door.ring()
    answered(far, keys, line)
    door.talk(call)
    assert door.get(f"/v1/calls/{call}")["srtp"]
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@pytest.mark.parametrize("line", UNSERVED)
def test_an_answer_whose_line_cannot_be_served_ends_the_call_at_once(door, far, keys, line):
    call = door.ring()
    answered(far, keys, line)
    refused(door, far, call, kind="call.failed")


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP"])
def test_so_it_is_where_encryption_is_optional(tmp_path, keys, profile):
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["srtp"] = "optional"
    with daemon as door, Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        answered(far, keys, UNSERVED[0], profile)
        refused(door, far, call, kind="call.failed")


def test_so_it_is_for_the_answer_to_our_hold(door, far, keys):
    call = door.ring()
    answered(far, keys, SERVED)
    door.talk(call)
    door.press("hold")
    answered(far, keys, UNSERVED[0])
    refused(door, far, call, "accepted a change of the call", kind="call.ended")


@shows("media.silent")
def test_packets_that_the_keys_do_not_decrypt_are_named_and_so_is_the_end_of_the_call(tmp_path, keys):
    daemon = Daemon(tmp_path / "d", deadlines={"rtp_s": 6})
    daemon.config["target"]["far"]["srtp"] = "optional"
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door, far.request("INVITE", body=offer(far, keys, SERVED)))
        with Voice(far.rtp, accepted):  # not encrypted at all
            door.wait("media.silent", call, patience=PATIENCE_S, direction="receive", why="undecrypted")
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        told = door.final(call, kind="call.ended", cause="rtp_timeout", by="local")
        assert "decrypt" in told["explanation"]
