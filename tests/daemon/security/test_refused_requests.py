"""Requests that a phone has no use for, and broken ones: each is answered as its sender needs, and changes nothing."""

import re
import socket
import time
from contextlib import suppress

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import PATIENCE_S, Packets
from tests.support.peers.registrars import Scripted, account

EVENT = "Event: {}\r\nSubscription-State: active\r\n"
UNKNOWN = {  # method and headers outside of dialogs: the answer, and what it must say
    ("REGISTER", ""): ("405", "Allow: INVITE"),
    ("PUBLISH", "Event: presence\r\n"): ("405", "Allow: INVITE"),
    ("REFER", "Refer-To: <sip:thief@127.0.0.1>\r\n"): ("405", "Allow: INVITE"),
    ("INFO", ""): ("481", ""),
    ("UPDATE", ""): ("481", ""),
    ("BYE", ""): ("481", ""),
    ("PRACK", "RAck: 1 1 INVITE\r\n"): ("481", ""),
    ("CANCEL", ""): ("481", ""),
    **{
        ("NOTIFY", EVENT.format(event)): ("481 Subscription Does Not Exist", "")
        for event in ("check-sync", "presence", "message-summary", "dialog", "refer")
    },
    ("NOTIFY", ""): ("481 Subscription Does Not Exist", ""),
    ("SUBSCRIBE", "Event: presence\r\n"): ("403 Subscriptions Not Accepted", ""),
    ("SUBSCRIBE", "Event: conference\r\n"): ("489", "Allow-Events:"),
    ("SUBSCRIBE", ""): ("400 Missing Event Header", ""),
    ("FROBNICATE", ""): ("501", "Allow: INVITE"),
}


@pytest.fixture
def far(door):
    with Packets(door.far_address, to=door.address) as far:
        yield far
        far.ask(far.request("OPTIONS", 99), "SIP/2.0 200", "OPTIONS")  # it lives
        assert not {event["type"] for event in door.since} & {"call.ringing", "message.received"}


@pytest.mark.parametrize(("method", "headers"), UNKNOWN)
def test_what_is_not_known_outside_of_dialogs_is_answered(method, headers, far):
    begin, says = UNKNOWN[method, headers]
    assert says in far.ask(far.request(method, headers=headers), f"SIP/2.0 {begin}", method)


@pytest.mark.parametrize("event", ["check-sync", "message-summary", "refer"])
def test_a_stranger_who_notifies_has_no_subscription(event, door):
    with Packets(loopback(), to=door.address) as stranger:
        stranger.ask(stranger.request("NOTIFY", headers=EVENT.format(event)), "SIP/2.0 481", "NOTIFY")


def test_a_request_of_a_dialog_that_is_over_is_for_none(far):
    far._tag = "long-gone"
    for method in ("BYE", "INFO", "INVITE", "NOTIFY", "OPTIONS"):
        far.ask(far.request(method), "SIP/2.0 481", method)
    far._tag = ""


def test_an_account_s_server_that_notifies_of_messages_unasked_is_answered(tmp_path):
    """Some do so after each REGISTER, and give a phone up that refuses it."""
    body = {"body": "Messages-Waiting: no\r\n", "kind": "application/simple-message-summary"}
    with Scripted((200, {})) as registrar:
        with Daemon(tmp_path / "door", account={"office": account(tmp_path, registrar, "201")}) as door:
            door.wait("account.registered")
            with Packets(registrar.address, to=door.address) as server:
                server.send(server.request("NOTIFY", headers=EVENT.format("message-summary"), **body))
                server.receive("SIP/2.0 200", "NOTIFY")
                server.send(server.request("NOTIFY", 2, headers=EVENT.format("check-sync")))
                server.receive("SIP/2.0 489", "NOTIFY")


def changed(pattern, to):
    """A request in which that is put in another's place."""

    def change(packet):
        text, count = re.subn(pattern, to, packet.decode(), count=1)
        assert count
        return text.encode()

    return change


BROKEN = {  # what is done to a request: the answer
    "a version that nobody has": (changed(r"SIP/2.0\r\n", "SIP/7.0\r\n"), "505"),
    "no version": (changed(r" SIP/2.0\r\n", "\r\n"), "400 Malformed Request"),
    "an unknown scheme": (changed(r" sip:door@\S+", " nobodyKnowsThisScheme:totallyopaquecontent"), "416"),
    "a first line with no URI": (changed(r"^(\S+) \S+", r"\1 <>"), "400 Malformed Request"),
    "a broken header that matters little": (
        changed(r"Max-Forwards: 70", "Max-Forwards: many"),
        "400 Malformed Request",
    ),
    "a broken last header": (changed(r"Content-Length: \d+\r\n", "Content-Length: 0\r\nContact: \x01\r\n"), "400"),
    "a second From": (changed(r"\r\nTo:", "\r\nFrom: <sip:somebody@127.0.0.1>;tag=2\r\nTo:"), "400 Doubled Header"),
    "a second To": (changed(r"\r\nCSeq:", "\r\nTo: <sip:somebody@127.0.0.1>\r\nCSeq:"), "400 Doubled Header"),
    "a second Call-ID": (changed(r"\r\nCSeq:", "\r\ni: another\r\nCSeq:"), "400 Doubled Header"),
    "a second CSeq": (changed(r"\r\nMax", "\r\nCSeq: 7 OPTIONS\r\nMax"), "400 Doubled Header"),
    "a second Content-Length": (changed(r"\r\n\r\n", "\r\nl: 5\r\n\r\n"), "400 Doubled Header"),
    "the CSeq of another method": (changed(r"CSeq: (\d+) \w+", r"CSeq: \1 NOTIFY"), "400 CSeq Names Another Method"),
    "a body that is not there": (changed(r"Content-Length: \d+", "Content-Length: 30"), "400 Body Shorter"),
    "a body beyond all": (changed(r"Content-Length: \d+", "Content-Length: 1000000"), "413"),
    "a negative length": (changed(r"Content-Length: \d+", "Content-Length: -999"), "400 Malformed Request"),
    "an extension that is not had": (changed(r"\r\nMax", "\r\nRequire: nothingSupportsThis\r\nMax"), "420"),
    "a compressed body": (changed(r"\r\nMax", "\r\nContent-Encoding: gzip\r\nMax"), "415"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused_as_rfc_3261_says(what, far):
    change, begin = BROKEN[what]
    seen = "NOTIFY" if "another method" in what else "OPTIONS"
    answer = far.ask(change(far.request("OPTIONS")), f"SIP/2.0 {begin}", seen)
    if begin == "420":
        assert "Unsupported: nothingSupportsThis\r\n" in answer
    if begin == "415":
        assert "Accept-Encoding: identity\r\n" in answer


def test_an_invite_that_is_broken_or_asks_for_too_much_rings_no_one(far):
    required = changed(r"\r\nMax", "\r\nRequire: nothingSupportsThis\r\nMax")(far.invite())
    assert "Unsupported: nothingSupportsThis\r\n" in far.ask(required, "SIP/2.0 420", "INVITE")
    far.send(far.request("ACK"))
    far.dialog += "2"
    assert "Accept:" in far.ask(
        far.request("INVITE", body="<xml/>", kind="application/unknown"), "SIP/2.0 415", "INVITE"
    )
    far.send(far.request("ACK"))
    far.dialog += "3"
    doubled = changed(r"\r\nMax", "\r\nFrom: <sip:friend@127.0.0.1>;tag=2\r\nMax")(far.invite())
    far.ask(doubled, "SIP/2.0 400 Doubled Header", "INVITE")


def answered(far, request):
    """The answer, which may lack any header. Of many requests in a row some are dropped, as those of a flood."""
    far.socket.settimeout(1)
    for _ in range(int(PATIENCE_S)):
        far.send(request)
        with suppress(TimeoutError):
            return far.socket.recv(65536).decode()
    raise AssertionError("no answer")


@pytest.mark.parametrize(
    ("needed", "broken"),
    [
        *((needed, "") for needed in ("From", "To", "Call-ID", "CSeq")),
        *((needed, value) for needed in ("From", "To") for value in ("<<<", '"unbalanced <sip:a@b>', "isbn 2 <a", "")),
        *(("CSeq", value) for value in ("OPTIONS", "36893488147419103232 OPTIONS", "-1 OPTIONS")),
    ],
)
def test_what_lacks_what_an_answer_needs_is_answered_by_what_it_has(needed, broken, far):
    """RFC 4475 sections 3.1.2.4, 3.1.2.6 and 3.3.1."""
    line = f"{needed}: {broken}\r\n" if broken else ""
    answer = answered(far, changed(rf"{needed}: [^\r]*\r\n", line)(far.request("OPTIONS")))
    assert answer.startswith(f"SIP/2.0 400 {'Malformed Request' if broken else 'Missing Header'}\r\n")
    assert f";received={far.address}\r\n" in answer
    assert line in answer
    assert [name for name in ("Via", "From", "To", "Call-ID", "CSeq") if f"\r\n{name}:" in answer] == [
        name for name in ("Via", "From", "To", "Call-ID", "CSeq") if broken or name != needed
    ]


@pytest.mark.parametrize(
    ("via", "port_of_via"),
    [
        ("SIP/7.0/UDP [here];branch=z9hG4bK1", True),
        ("SIP/2.0/UDP [here];;,;,,", True),
        ("SIP/2.0/UDP nowhere.example:1;rport;branch=\x01", False),
        ("SIP / 2.0 / UDP [here] ; branch=\x01", True),
    ],
)
def test_a_via_that_cannot_be_read_leads_back_all_the_same(via, port_of_via, far):
    via = via.replace("[here]", f"{far.address}:{far.port}")
    request = changed(r"Via: [^\r]*", f"Via: {via}")(far.request("OPTIONS"))
    assert f"Via: {via}" in far.ask(request, "SIP/2.0 400 Malformed Request", "OPTIONS")


HEADERS = {
    "Authorization": "NoOneKnowsThisScheme opaque-data=here",
    "Proxy-Authorization": "\x01",
    "Expires": "Thu, 01 Dec 1994 16:00:00 GMT",
    "Session-Expires": "soon",
    "Min-SE": "\x01",
    "Retry-After": "later",
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_nothing_depends_on_may_be_broken(name, far):
    """RFC 3261 section 8.2."""
    far.ask(far.request("OPTIONS", headers=f"{name}: {HEADERS[name]}\r\n"), "SIP/2.0 200", "OPTIONS")


@pytest.mark.parametrize("method", ["invite", "Invite", "INVITe", "options", "Message", "bye"])
def test_methods_are_compared_with_case(method, far):
    """RFC 3261 section 7.1."""
    assert "Allow: INVITE" in far.ask(far.request(method, body=far.sdp), "SIP/2.0 501", method)


ACCEPTED = [
    "application/sdp",
    "Application/SDP;level=1",
    "text/plain, application/*",
    "a/b,*/*;q=0.1",
    "a/b\r\nAccept: */*",
]


@pytest.mark.parametrize("accept", ["text/nobodyKnowsThis", "", "application/sdpx, text/plain", "multipart/mixed"])
def test_an_invite_that_does_not_accept_sdp_is_refused(accept, far):
    request = far.request("INVITE", body=far.sdp, headers=f"Accept: {accept}\r\n")
    assert "Accept: application/sdp\r\n" in far.ask(request, "SIP/2.0 406", "INVITE")
    far.send(far.request("ACK"))


@pytest.mark.parametrize("accept", ACCEPTED)
def test_an_invite_that_accepts_sdp_rings(accept, door):
    with Packets(door.far_address, to=door.address) as far:
        far.ask(far.request("INVITE", body=far.sdp, headers=f"Accept: {accept}\r\n"), "SIP/2.0 180", "INVITE")
        door.post(f"/v1/calls/{door.rung()}/reject", {"code": 603})
        far.receive("SIP/2.0 603", "INVITE")
        far.send(far.request("ACK"))


def test_a_re_invite_that_does_not_accept_sdp_leaves_the_call_as_it_is(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        far.send(far.request("INVITE", 2, body=far.sdp, headers="Accept: text/plain\r\n"))
        far.receive("SIP/2.0 406", "INVITE")
        far.send(far.request("ACK", 2))
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


FOLDED = {
    "in quotes": (r"From: <", 'From: "Front\r\n Door" <'),
    "in a display name": (r"From: <", "From: Front\r\n\tDoor <"),
    "before a parameter": (r">;tag=far", ">\r\n ;\r\n tag=far"),
    "in a Via": (r";branch=", "\r\n ; branch =\r\n "),
    "in a CSeq": (r"CSeq: 1 ", "CSeq:\r\n 1\r\n "),
    "a line of spaces": (r"Max-Forwards: 70", "Max-Forwards: 70\r\n   "),
    "by a single LF": (r"From: <", 'From: "Front\n Door" <'),
}


@pytest.mark.parametrize("where", FOLDED)
def test_folded_lines_are_read_wherever_the_fold_is(where, door):
    """RFC 3261 section 7.3.1."""
    with Packets(door.far_address, to=door.address) as far:
        far.ask(changed(*FOLDED[where])(far.invite()), "SIP/2.0 180", "INVITE")
        call = door.rung()
        if "Door" in FOLDED[where][1]:
            assert door.get(f"/v1/calls/{call}")["remote"]["display_name"] == "Front Door"
        door.post(f"/v1/calls/{call}/reject", {"code": 603})
        far.receive("SIP/2.0 603", "INVITE")
        far.send(far.request("ACK"))


def test_nothing_answers_an_ack_or_what_is_no_request(far):
    far.send(changed(r"SIP/2.0\r\n", "SIP/7.0\r\n")(far.request("ACK")))
    far.send(changed(r"\r\nFrom: [^\r]*", "")(far.request("ACK")))
    far.send(changed(r"\r\nVia: [^\r]*", "")(far.request("BYE")))
    far.send(changed(r"^[^\r]*", "anything")(changed(r"\r\nFrom: [^\r]*", "")(far.request("BYE"))))
    far.ask(far.request("OPTIONS"), "SIP/2.0 200", "OPTIONS")
    assert len(far.seen) == 1


def test_an_answer_is_never_much_longer_than_its_request(door):
    """Else a source that is made up would be sent more than its forger has sent."""
    with Packets(loopback(), to=door.address) as stranger:
        short = f"X sip:a SIP/2.0\r\nv: SIP/2.0/UDP {stranger.address}:{stranger.port};branch=z9hG4bKx\r\n"
        short = f"{short}f: <sip:a>;tag=a\r\nt: <sip:a>\r\ni: a\r\nCSeq: 1 X\r\n\r\n".encode()
        whole = stranger.request("FROBNICATE")
        stranger.send(short, whole)
        answer = stranger.receive("SIP/2.0 501", "FROBNICATE")
        assert len(answer) <= 1.5 * len(whole)
        assert all(len(message) <= 1.5 * len(short) for message in stranger.seen[:-1])


def test_strangers_together_get_so_many_answers_and_no_more(door):
    """From addresses that change all the time, as one who makes them up would have it."""
    sockets = []
    for number in range(200):
        each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        each.bind((f"127.99.{number // 100}.{number % 100 + 2}", 0))
        each.setblocking(False)
        sockets.append(each)
    with Packets(door.far_address, to=door.address) as far:
        begin = time.monotonic()
        for number, each in enumerate(sockets):
            address, port = each.getsockname()
            request = far.request("REGISTER", number).decode().replace(f"{far.address}:{far.port}", f"{address}:{port}")
            each.sendto(request.encode(), far.to)
            if number % 40 == 0:  # no more than the station's socket holds; who is known is answered all the while
                far.ask(far.request("REGISTER", 1000 + number), "SIP/2.0 405", "REGISTER")
        far.ask(far.request("REGISTER", 2000), "SIP/2.0 405", "REGISTER")  # behind all of them
        passed = time.monotonic() - begin
    answers = 0
    for each in sockets:
        try:
            answers += each.recv(2000).startswith(b"SIP/2.0 405")
        except BlockingIOError:
            continue
        finally:
            each.close()
    assert 0 < answers <= 20 + 5 * passed + 1
