"""Odd messages of a far end: what its call is served with all the same, and what names them where it is not."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Scripted, account, answer

EVENT = "Event: {}\r\nSubscription-State: active\r\n"
IN_CALLS = {  # method and headers: the answer, and what it must say
    ("OPTIONS", ""): ("200", ("Allow: ", "Accept: application/sdp", "Supported: ")),
    ("NOTIFY", EVENT.format("talk")): ("489", ("Allow-Events: ",)),
    ("NOTIFY", EVENT.format("hold")): ("489", ("Allow-Events: ",)),
    ("NOTIFY", EVENT.format("check-sync")): ("489", ("Allow-Events: ",)),
    ("NOTIFY", EVENT.format("message-summary")): ("481", ()),
    ("NOTIFY", ""): ("400 Missing Event Header", ()),
    ("SUBSCRIBE", "Event: conference\r\n"): ("489", ("Allow-Events: ",)),
    ("SUBSCRIBE", "Event: presence\r\n"): ("403 Subscriptions Not Accepted", ()),
    ("PUBLISH", "Event: presence\r\n"): ("405", ("Allow: ", "INVITE", "BYE", "REFER")),
    ("REGISTER", ""): ("405", ("Allow: ",)),
    ("FROBNICATE", ""): ("501", ()),
}
UNLIKE = {  # Contacts by transports that the station lacks
    "tcp": "<sip:far@{};transport=tcp>",
    "tls": "<sip:far@{};transport=tls>",
    "ws": "<sip:far@{};transport=ws>",
    "wss": "<sip:far@{};transport=WSS>",
    "sctp": "<sip:far@{};transport=sctp>",
    "sips": "<sips:far@{}>",
    "sips by tcp": "<sips:far@{};transport=tcp>",
}
IGNORED = (  # headers of a 200 that nobody needs
    "Session-Expires: soon",
    "Expires: never",
    "Retry-After: later",
    "Max-Forwards: many",
    "WWW-Authenticate: Basic",
    'WWW-Authenticate: Digest realm="far',
    "Proxy-Authenticate: NTLM",
    "Supported: \x01",
    "Accept: ;",
    "Allow: (",
    "Min-SE: ?",
    "Refer-To: <nothing",
)
NEEDED = {  # headers of a 200 that it cannot do without: what breaks them
    "From": "From: <",
    "To": "To: <sip:far@127.0.0.1",
    "CSeq": "CSeq: first INVITE",
    "Content-Type": "Content-Type: application",
    "Record-Route": "Record-Route: sip:far@",
    "Content-Length": "Content-Length: many",
}


@pytest.fixture
def far(door):
    with Packets(door.far_address, door.far_port, door.address) as far:
        yield far


def with_contact(packet, form, far):
    """A message with another Contact."""
    head, _, rest = packet.decode().partition("\r\nContact: ")
    return f"{head}\r\nContact: {form.format(f'{far.address}:{far.port}')}\r\n{rest.partition(chr(10))[2]}".encode()


def breaking(packet, name):
    """A message in which one header cannot be read."""
    lines = packet.decode().split("\r\n")
    assert any(line.startswith(f"{name}:") for line in lines) or name == "Record-Route"
    lines[1:] = [line for line in lines[1:] if not line.startswith(f"{name}:")]
    lines.insert(2, NEEDED[name])
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("ours", [False, True])
def test_requests_in_a_call_that_nothing_serves_are_answered_as_rfc_3261_and_6665_say(door, far, ours):
    if ours:
        call = far.rung_by(door)
        invite = next(message for message in far.seen if message.startswith("INVITE"))
    else:
        call, _ = far.talk_to(door)

    def asked(method, seq, headers):
        if ours:
            return far.inside(invite, method, seq, headers=headers)
        return far.request(method, seq, headers=headers)

    for seq, ((method, headers), (begin, says)) in enumerate(IN_CALLS.items(), 20):
        answer = far.ask(asked(method, seq, headers), "SIP/2.0", method)
        assert answer.startswith(f"SIP/2.0 {begin}"), (method, headers, answer)
        assert all(part in answer for part in says), answer
    assert door.get(f"/v1/calls/{call}")["state"] == "connected"
    far.ask(asked("BYE", 99, ""), "SIP/2.0 200", "BYE")
    door.final(call, kind="call.ended", by="remote")


@pytest.mark.parametrize("form", UNLIKE)
def test_a_caller_whose_contact_names_a_transport_that_is_not_had_is_reached_as_it_was_heard(door, far, form):
    call, accepted = far.talk_to(door, with_contact(far.invite(), UNLIKE[form], far))
    assert "m=audio" in accepted
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@pytest.mark.parametrize("form", UNLIKE)
def test_a_far_end_whose_contact_names_a_transport_that_is_not_had_gets_its_ack(door, far, form):
    call = door.ring()
    invite = far.invited()
    far.ask(with_contact(far.reply(invite, "200 OK", far.sdp), UNLIKE[form], far), "ACK", "ACK")
    door.talk(call)
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@pytest.mark.parametrize("header", IGNORED)
def test_a_header_that_cannot_be_read_is_ignored_in_an_answer_that_can_do_without(door, far, header):
    call = door.ring()
    invite = far.invited()
    far.ask(far.reply(invite, "200 OK", far.sdp, [header]), "ACK", "ACK")
    door.talk(call)
    far.hung_up_by(door, call)


@pytest.mark.parametrize("name", NEEDED)
def test_an_answer_that_cannot_be_read_is_named(door, far, name):
    call = door.ring()
    invite = far.invited()
    far.send(breaking(far.reply(invite, "200 OK", far.sdp), name))
    doubted = door.wait("answer.doubted", method="INVITE", code=200)["data"]
    assert doubted["reason"] == f"Unreadable {name}"
    far.ask(far.reply(invite, "200 OK", far.sdp), "ACK", "ACK")
    door.talk(call)
    far.hung_up_by(door, call)


def test_a_broken_invite_of_a_known_phone_leaves_an_event(door, far):
    far.ask(far.invite().replace(b"Max-Forwards: 70", b"Max-Forwards: many"), "SIP/2.0 400", "INVITE")
    refused = door.wait("request.refused", method="INVITE", code=400)["data"]
    assert (refused["from"], refused["reason"]) == (far.address, "Malformed Request")


UNSERVED = {
    "Require: precondition": (420, "Bad Extension"),
    "Content-Encoding: gzip": (415, "Unsupported Media Type"),
    "Accept: text/plain": (406, "Not Acceptable"),
}


@pytest.mark.parametrize("header", UNSERVED)
def test_an_invite_of_a_known_phone_that_wants_what_is_not_served_leaves_an_event(door, far, header):
    code, reason = UNSERVED[header]
    far.ask(far.request("INVITE", body=far.sdp, headers=f"{header}\r\n"), f"SIP/2.0 {code}", "INVITE")
    assert door.wait("request.refused", method="INVITE", code=code)["data"]["reason"] == reason


OTHER_SCHEMES = (
    'Bearer authz_server="https://login.example/realm", scope="sip"',
    'Basic realm="pbx"',
    "NTLM",
    "Negotiate",
    'NTLM realm="SIP Communications Service", targetname="pbx", version=4',
    'Digest realm="pbx',
    "",
)


@pytest.mark.parametrize("scheme", OTHER_SCHEMES)
@pytest.mark.parametrize("first", [True, False])
def test_a_registrar_that_offers_another_scheme_beside_digest_gets_a_digest(tmp_path, scheme, first):
    digest = 'Digest realm="pbx", nonce="n1", qop="auth", algorithm=MD5'
    challenge = (401, {"WWW-Authenticate": scheme})  # the registrar adds a digest
    if not first:
        challenge = (407, {"Proxy-Authenticate": f"{digest}\r\nProxy-Authenticate: {scheme}"})
    with Scripted(challenge, (200, {})) as registrar:
        with Daemon(tmp_path / "door", account={"office": account(tmp_path, registrar, "201")}) as door:
            door.wait("account.registered")
            assert not door.of("account.failed")
        assert 'Authorization: Digest username="201"' in registrar.requests[1]


class AsksCallers(Scripted):
    """Grants each registration, and wants a password for calls, in two ways; then it is busy."""

    def __init__(self, *challenges):
        super().__init__((200, {}))
        self.challenge = "\r\nProxy-Authenticate: ".join(challenges)

    def other(self, text, peer):
        if text.startswith("INVITE "):
            given = "\nProxy-Authorization: Digest " in text
            said = (486, {}) if given else (407, {"Proxy-Authenticate": self.challenge})
            self.socket.sendto(answer(text, *said), peer)


@pytest.mark.parametrize("scheme", OTHER_SCHEMES)
@pytest.mark.parametrize("first", [True, False])
def test_so_does_a_pbx_that_asks_so_for_a_call(tmp_path, scheme, first):
    ways = [scheme, 'Digest realm="pbx", nonce="n1", qop="auth", algorithm=MD5'][:: 1 if first else -1]
    with AsksCallers(*ways) as pbx:
        accounts = {"office": account(tmp_path, pbx, "201")}
        target = {"far": {"uri": f"sip:kitchen@{pbx.address}:{pbx.port}", "account": "office"}}
        with Daemon(tmp_path / "door", account=accounts, target=target) as door:
            door.wait("account.registered")
            door.final(door.ring(), cause="busy", code=486)
