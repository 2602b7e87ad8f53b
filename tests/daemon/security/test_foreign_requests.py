"""A third party that has overheard a call's ids: what it sends into the call is refused, and the call goes on."""

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.afterwards import outlived
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account

DIGIT = {"body": "Signal=5\r\nDuration=160\r\n", "kind": "application/dtmf-relay"}
STRANGERS_OFFER = "an offer of sound for the third party"
IN_DIALOG = {
    "BYE": {},
    "INFO": DIGIT,
    "INVITE": {"body": STRANGERS_OFFER},
    "UPDATE": {"body": STRANGERS_OFFER},
    "REFER": {"headers": "Refer-To: <sip:thief@127.0.0.1>\r\n"},
    "NOTIFY": {"headers": "Event: refer\r\nSubscription-State: active\r\n"},
    "MESSAGE": {"body": "Open the door", "kind": "text/plain"},
    "PRACK": {"headers": "RAck: 1 1 INVITE\r\n"},
}
CHANGES = {"dtmf.received", "message.received", "info.received", "call.update_received", "transfer.requested"}


class Thief(Packets):
    """Somebody elsewhere who knows the dialog of `far`."""

    def __init__(self, far, address=""):
        super().__init__(address or loopback())
        self.to, self.dialog, self._tag = far.to, far.dialog, far._tag

    def refused(self, method, seq=50, body="", **options):
        self.send(self.request(method, seq, self.sdp if body == STRANGERS_OFFER else body, **options))
        self.receive("SIP/2.0 403", method)


@pytest.fixture
def talking(door, record_property):
    """A call from the address that the station knows: its far end, and its id."""
    with outlived(door, record_property), Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        yield far, call


def goes_on(door, far, call, seq=9):
    """The far end is heard as before, and nothing that the third party wanted has happened."""
    far.send(far.request("INFO", seq - 1, body="Signal=7\r\nDuration=160\r\n", kind="application/dtmf-relay"))
    far.receive("SIP/2.0 200", "INFO")
    door.wait("dtmf.received", call, digit="7")
    far.hang_up(seq)
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    assert [event["type"] for event in door.since if event["type"] in CHANGES] == ["dtmf.received"]


@pytest.mark.parametrize("method", IN_DIALOG)
def test_a_request_in_a_call_from_elsewhere_is_refused_and_the_call_goes_on(method, door, talking):
    far, call = talking
    with Thief(far) as thief:
        thief.refused(method, **IN_DIALOG[method])
        told = door.wait("request.refused", **{"from": thief.address})["data"]
    assert told == {"method": method, "from": thief.address, "code": 403, "reason": "Not From The Far End"}
    goes_on(door, far, call)  # with lower numbers than the thief's: the dialog has counted none of those


def test_no_one_else_cancels_a_call_that_comes_in(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        far.receive("SIP/2.0 180", "INVITE")
        with Packets(loopback(), far.port) as thief:
            thief.to = far.to
            thief.send(far.request("CANCEL"))  # with the far end's Via: the branch is what it goes by
            thief.receive("SIP/2.0 403", "CANCEL")
        door.press("answer")
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK"))
        door.talk(call)
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")


def test_no_one_else_acknowledges_a_call(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        far.accepted(lambda: door.press("answer"))
        with Thief(far) as thief:
            thief.send(thief.request("ACK"))
            thief.refused("BYE")  # it has come
        far.receive("SIP/2.0 200", "INVITE")  # so our answer is repeated
        far.send(far.request("ACK"))
        door.talk(call)
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")


def test_in_our_own_call_only_its_far_end_is_heard(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "180 Ringing"))
        door.wait("call.ringing", call)
        with Packets(loopback()) as thief:
            thief.to = far.to
            thief.send(thief.reply(invite, "180 Ringing"))  # so that its address could count as the far end's
            bye = answering(thief, invite, "BYE")
            thief.send(bye)
            thief.receive("SIP/2.0 403", "BYE")
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        door.talk(call)
        far.send(answering(far, invite, "BYE"))
        far.receive("SIP/2.0 200", "BYE")
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def answering(sender, invite, method):
    """A request from the far end of our INVITE."""
    lines = dict(line.split(": ", 1) for line in invite.partition("\r\n\r\n")[0].split("\r\n")[1:])
    contact = lines["Contact"].partition("<")[2].partition(">")[0]
    return (
        f"{method} {contact} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {sender.address}:{sender.port};branch=z9hG4bK{sender.dialog}\r\n"
        f"From: {lines['To']};tag=far\r\nTo: {lines['From']}\r\nCall-ID: {lines['Call-ID']}\r\n"
        f"CSeq: 7 {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def test_where_a_far_end_moves_to_it_says_from_where_it_was(door, talking):
    """A new Contact counts from then on; by UDP, nothing else shows that it is the same one."""
    far, call = talking
    with Thief(far) as moved:
        moved.refused("BYE")
        refresh = far.request("INVITE", 2, far.sdp).decode()
        before, after = f"<sip:far@{far.address}:{far.port}>", f"<sip:far@{moved.address}:{moved.port}>"
        far.send(refresh.replace(f"Contact: {before}", f"Contact: {after}").encode())
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2))
        moved.hang_up(9)
    door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_request_with_tags_of_a_call_and_another_call_id_is_for_none(door, talking):
    far, call = talking
    with Thief(far, far.address) as other:
        other.dialog = "another"
        other.send(other.request("BYE", 50))
        other.receive("SIP/2.0 481", "BYE")
    goes_on(door, far, call)


def test_another_server_of_the_account_may_end_its_call(tmp_path):
    """As after a failover: a server that has not sent the INVITE knows its dialog, and is one of the account's."""
    with Kamailio(tmp_path / "k") as registrar:
        other = loopback()
        table = account(tmp_path, registrar, "201")
        table["proxies"] = [f"{registrar.address}:{registrar.port}", f"{other}:5060"]
        with Daemon(tmp_path / "door", account={"office": table}) as door:
            door.wait("account.registered", account="office")
            with Packets(registrar.address, to=door.address) as one:
                call = one.rings(door)
                one.called(lambda: door.press("answer"))
                door.talk(call)
                with Thief(one) as thief:
                    thief.refused("BYE")
                with Thief(one, other) as second:
                    second.hang_up(51)
                door.final(call, kind="call.ended", cause="hangup", by="remote")
