"""A name where an address belongs, while no name server answers: nothing waits for it, and no other call notices.

The name server is silent and counts what it is asked for: the SIP process, whose thread would stand still meanwhile,
asks nothing. What is ours is looked up beside it.
"""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.afterwards import outlived
from tests.support.peers.namespaces import DOOR, PBX, Cable, SilentNameServer
from tests.support.peers.packets import Packets, good_call

PORT, FAR, OTHER, STRANGER = 5080, 5090, 5092, "10.9.0.2"
NAME = "host.silent.test"


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.pbx.run("ip", "address", "add", f"{STRANGER}/24", "dev", "eth0")
        cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:5 attempts:2\n")
        yield cable


@pytest.fixture(scope="module")
def silent(cable):
    with SilentNameServer(cable.pbx) as server:
        yield server


@pytest.fixture(scope="module")
def running(cable, silent, tmp_path_factory):
    sip = {"address": "0.0.0.0", "port": PORT, "ice": True}
    target = {"far": {"uri": f"sip:far@{PBX}:{FAR}"}, "other": {"uri": f"sip:far@{PBX}:{OTHER}"}}
    with Daemon(tmp_path_factory.mktemp("d"), cable.door.within, sip=sip, target=target) as daemon:
        yield daemon


@pytest.fixture
def door(door, cable, silent, record_property):
    """It is asked for no name, and its SIP process is the one that it was; at the end it rings and can be called."""
    assert silent.asked == set()
    with outlived(door, record_property, lambda: Packets(PBX, FAR, to=f"{DOOR}:{PORT}", bound=cable.pbx.socket)):
        yield door
        assert not door.of("appliance.degraded")
    assert silent.asked == set()


@pytest.fixture
def packets(cable):
    """Makes far ends."""
    made = []

    def far(port, address=PBX, to=f"{DOOR}:{PORT}"):
        made.append(Packets(address, port, to=to, bound=cable.pbx.socket))
        return made[-1]

    yield far
    for each in made:
        each.__exit__()


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
@pytest.mark.parametrize("via", [f";maddr={NAME}", f";maddr={NAME};rport;received={NAME}"], ids=["maddr", "all"])
def test_a_stranger_s_via_with_a_name_is_answered_where_it_came_from(method, via, door, packets):
    """And who talks meanwhile does not notice."""
    far, stranger = packets(FAR), packets(0, STRANGER)
    call, _ = far.talk_to(door)
    request = stranger.invite() if method == "INVITE" else stranger.request(method)
    stranger.send(request.replace(b";branch", f"{via};branch".encode(), 1))
    answer = stranger.receive("SIP/2.0", method)
    while answer.startswith("SIP/2.0 1"):
        answer = stranger.receive("SIP/2.0", method)
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")


def named_contact(packet):
    """With a name in place of the address in its Contact."""
    lines = packet.split(b"\r\n")
    named = f"Contact: <sip:far@{NAME}>".encode()
    return b"\r\n".join(named if line.startswith(b"Contact:") else line for line in lines)


def added(packet, header):
    """With one more header."""
    first, rest = packet.split(b"\r\n", 1)
    return b"\r\n".join([first, header.encode(), rest])


HEADERS = {
    "Contact": named_contact,
    "Record-Route": lambda packet: added(packet, f"Record-Route: <sip:{NAME};lr>"),
    "strict Record-Route": lambda packet: added(packet, f"Record-Route: <sip:{NAME}>"),
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_caller_who_names_itself_by_a_name_hears_of_the_call_s_end(header, door, packets):
    far = packets(FAR)
    call, _ = far.talk_to(door, HEADERS[header](far.invite()))
    door.press("hangup")
    bye = far.receive("BYE", "BYE")
    assert NAME in bye
    far.send(far.reply(bye, "200 OK"))
    door.final(call, kind="call.ended", cause="hangup", by="local")


@pytest.mark.parametrize("header", HEADERS)
def test_who_answers_by_a_name_is_acknowledged_and_hears_of_the_end(header, door, packets):
    far = packets(FAR)
    call = door.ring()
    invite = far.receive("INVITE", "INVITE")
    far.send(HEADERS[header](far.reply(invite, "180 Ringing")))
    far.send(HEADERS[header](far.reply(invite, "200 OK", far.sdp)))
    assert NAME in far.receive("ACK", "ACK")
    door.talk(call)
    door.press("hangup")
    bye = far.receive("BYE", "BYE")
    far.send(far.reply(bye, "200 OK"))
    door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_call_whose_far_end_moves_to_a_name_goes_on(door, packets):
    far = packets(FAR)
    call, _ = far.talk_to(door)
    far.send(named_contact(far.request("INVITE", 2, far.sdp)))
    far.receive("SIP/2.0 200", "INVITE")
    far.send(far.request("ACK", 2))
    door.press("hold")
    hold = far.receive("INVITE", "INVITE")
    assert NAME in hold
    far.send(far.reply(hold, "200 OK", far.sdp))  # unanswered, it would be repeated to the next phone at this port
    far.receive("ACK", "ACK")
    door.hang_up_all()
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call, kind="call.ended", by="local")


def named_media(sdp):
    return sdp.replace(f"c=IN IP4 {PBX}", f"c=IN IP4 {NAME}")


def test_an_offer_of_sound_at_a_name_is_refused(door, packets):
    far = packets(FAR)
    far.send(far.request("INVITE", body=named_media(far.sdp)))
    far.receive("SIP/2.0 488", "INVITE")
    far.send(far.request("ACK"))
    door.wait("call.rejected", code=488)
    door.begin()
    good_call(door, packets(OTHER))


def test_a_call_that_offers_to_move_its_sound_to_a_name_goes_on_as_it_was(door, packets):
    far = packets(FAR)
    call, _ = far.talk_to(door)
    far.send(far.request("INVITE", 2, named_media(far.sdp)))
    far.receive("SIP/2.0 488", "INVITE")
    far.send(far.request("ACK", 2))
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_an_answer_with_sound_at_a_name_ends_the_call(door, packets):
    far = packets(FAR)
    call = door.ring()
    invite = far.receive("INVITE", "INVITE")
    far.send(far.reply(invite, "200 OK", named_media(far.sdp)))
    far.receive("ACK", "ACK")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call)
    good_call(door, packets(OTHER))


NAMED = {
    "a=rtcp": f"a=rtcp:5999 IN IP4 {NAME}\r\n",
    "a=candidate": (
        "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
        f"a=candidate:1 1 UDP 2130706431 {NAME} 5998 typ host\r\n"
        f"a=candidate:2 1 UDP 2130706430 8b4f2a.local 5998 typ host\r\n"
    ),
}


@pytest.mark.parametrize("line", NAMED)
def test_a_name_beside_the_address_of_the_sound_is_ignored(line, door, packets):
    far = packets(FAR)
    call, _ = far.talk_to(door, far.request("INVITE", body=far.sdp + NAMED[line]))
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("line", NAMED)
def test_a_name_beside_the_address_in_an_answer_is_ignored(line, door, packets):
    far = packets(FAR)
    call = door.ring()
    far.send(far.reply(far.receive("INVITE", "INVITE"), "200 OK", far.sdp + NAMED[line]))
    far.receive("ACK", "ACK")
    door.wait("call.connected", call)  # with ICE, media comes later
    door.press("hangup")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call, kind="call.ended", cause="hangup", by="local")
