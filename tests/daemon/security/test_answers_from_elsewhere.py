"""Somebody who reads our requests and answers them from another address: nothing of such an answer counts."""

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers import registrars
from tests.support.peers.afterwards import outlived
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.shown import shows

ELSEWHERE = "Not From Where The Request Went"
AT_THIEF = "<sip:thief@{thief}>"
OF_REGISTER = {
    "its Contact and Expires": (200, {"Expires": "3600", "Contact": AT_THIEF}),
    "Service-Route": (200, {"Service-Route": "<sip:{thief};lr>"}),
    "Path": (200, {"Path": "<sip:{thief};lr>"}),
    "a challenge": (401, {}),
    "a challenge of a proxy": (407, {"Proxy-Authenticate": 'Digest realm="thief", nonce="chosen"'}),
    "moved for ever": (301, {"Contact": AT_THIEF}),
    "moved for a while": (302, {"Contact": AT_THIEF}),
    "a shorter time than is taken": (423, {"Min-Expires": "86400"}),
    "come back later": (503, {"Retry-After": "3000"}),
    "refused": (403, {}),
}
OF_INVITE = {
    "tried, so that it is not sent again": ("100 Trying", [], False),
    "put through elsewhere": ("181 Call Is Being Forwarded", ["Contact: " + AT_THIEF], False),
    "an early dialog that is over": ("199 Early Dialog Terminated", [], False),
    "rings": ("180 Ringing", [], False),
    "sound before the answer": ("183 Session Progress", [], True),
    "answered": ("200 OK", ["Record-Route: <sip:{thief};lr>"], True),
    "moved for ever": ("301 Moved Permanently", ["Contact: " + AT_THIEF], False),
    "moved": ("302 Moved Temporarily", ["Contact: " + AT_THIEF], False),
    "by a proxy": ("305 Use Proxy", ["Contact: " + AT_THIEF], False),
    "another service": ("380 Alternative Service", ["Contact: " + AT_THIEF], False),
    "a challenge": ("401 Unauthorized", ['WWW-Authenticate: Digest realm="thief", nonce="chosen"'], False),
    "busy": ("486 Busy Here", [], False),
    "come back later": ("503 Service Unavailable", ["Retry-After: 3000"], False),
    "declined": ("603 Decline", [], False),
}


@pytest.fixture
def running(tmp_path):
    """A daemon for each test: one reports the answers of at most 16 sources in a minute, and each thief is another."""
    with Daemon(tmp_path / "station") as daemon:
        yield daemon


def doubted(door, thief, asked, reason=ELSEWHERE, **data):
    """The event that names both addresses."""
    source, to = (f"{each.address}:{each.port}" for each in (thief, asked))
    told = door.wait("answer.doubted", **{"from": source, "to": to}, reason=reason, **data)["data"]
    assert set(told) == {"method", "code", "from", "to", "reason"}
    assert door.get("/v1/state")["appliance"]["doubted_answers"] >= 1


def silent(far):
    """Whether no sound has come."""
    far.rtp.setblocking(False)
    try:
        far.rtp.recv(2000)
    except BlockingIOError:
        return True
    return False


@shows("answer.doubted")
@pytest.mark.parametrize("learned", OF_REGISTER)
def test_an_answer_to_register_from_elsewhere_changes_nothing(learned, tmp_path):
    code, headers = OF_REGISTER[learned]
    with Packets(loopback()) as registrar, Packets(loopback()) as thief:
        here = f"{thief.address}:{thief.port}"
        said = {name: value.format(thief=here) for name, value in headers.items()}
        target = {"far": {"uri": "202", "account": "office"}}
        tables = {"office": account(tmp_path, registrar, "201")}
        with Daemon(tmp_path / "door", account=tables, target=target) as door:
            asked = registrar.receive("REGISTER", "REGISTER")
            thief.to = registrar.to
            thief.send(registrars.answer(asked, code, said))
            doubted(door, thief, registrar, method="REGISTER", code=code)
            assert door.of("account.registered") == door.of("account.failed") == []
            registrar.send(registrars.answer(asked, 200, {}))
            door.wait("account.registered", account="office")
            assert door.get("/v1/accounts/office")["server"] == f"{registrar.address}:{registrar.port}"
            assert door.of("account.failed") == []
            thief.send(thief.invite().replace(b"sip:far@", b"sip:202@"))
            thief.receive("SIP/2.0 403", "INVITE")  # a stranger, though its number is a target's
            door.ring()
            assert "Authorization" not in registrar.receive("INVITE", "INVITE")
            assert not any(message.startswith("REGISTER") for message in thief.seen)


@pytest.mark.parametrize("learned", OF_INVITE)
def test_an_answer_to_invite_from_elsewhere_changes_nothing(learned, door, record_property):
    status, headers, sound = OF_INVITE[learned]
    with (
        outlived(door, record_property),
        Packets(door.far_address, door.far_port) as far,
        Packets(loopback()) as thief,
    ):
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        thief.to = far.to
        here = f"{thief.address}:{thief.port}"
        said = [line.format(thief=here) for line in headers]
        thief.send(thief.reply(invite, status, thief.sdp if sound else "", said).replace(b";tag=far", b";tag=thief"))
        doubted(door, thief, far, method="INVITE", code=int(status[:3]))
        assert door.of("call.ringing") == door.of("call.early_media") == door.of("call.connected") == []
        far.send(far.reply(invite, "180 Ringing"))
        door.wait("call.ringing", call)
        far.answer(invite, "200 OK", far.sdp)
        door.talk(call)
        far.send(far.inside(invite, "BYE", 2))
        far.receive("SIP/2.0 200", "BYE")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        assert silent(thief)


def test_a_second_answer_with_a_tag_of_its_own_from_elsewhere_is_dropped(door, record_property):
    with (
        outlived(door, record_property),
        Packets(door.far_address, door.far_port) as far,
        Packets(loopback()) as thief,
    ):
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.answer(invite, "200 OK", far.sdp)
        door.talk(call)
        thief.to = far.to
        thief.send(thief.reply(invite, "200 OK", thief.sdp).replace(b";tag=far", b";tag=thief"))
        doubted(door, thief, far, method="INVITE", code=200)
        far.send(far.inside(invite, "BYE", 2))
        far.receive("SIP/2.0 200", "BYE")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        assert silent(thief)


def test_an_answer_from_another_port_of_the_far_end_is_dropped(door, record_property):
    with (
        outlived(door, record_property),
        Packets(door.far_address, door.far_port) as far,
        Packets(door.far_address) as other,
    ):
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        other.to = far.to
        other.send(other.reply(invite, "603 Decline"))
        doubted(door, other, far, method="INVITE", code=603)
        far.answer(invite, "486 Busy Here")
        door.final(call, kind="call.rejected", code=486)


def test_an_answer_to_a_message_from_elsewhere_delivers_nothing(door):
    with Packets(door.far_address, door.far_port) as far, Packets(loopback()) as thief:
        message = door.post("/v1/messages", {"to": "far", "text": "There is a parcel"})["message"]
        asked = far.receive("MESSAGE", "MESSAGE")
        thief.to = far.to
        thief.send(thief.reply(asked, "200 OK"))
        doubted(door, thief, far, method="MESSAGE", code=200)
        far.send(far.reply(asked, "486 Busy Here"))
        door.wait("message.failed", message=message, code=486)
        assert door.of("message.sent") == []


def test_an_answer_to_options_from_elsewhere_makes_nobody_available(tmp_path):
    with Packets(loopback()) as far, Packets(loopback()) as thief:
        watched = {"uri": f"sip:far@{far.place}", "watch": "options", "watch_s": 5}
        with Daemon(tmp_path / "door", target={"watched": watched}) as door:
            asked = far.receive("OPTIONS", "OPTIONS")
            thief.to = far.to
            thief.send(thief.reply(asked, "200 OK"))
            doubted(door, thief, far, method="OPTIONS", code=200)
            assert door.of("contact.changed") == []
            far.send(far.reply(asked, "200 OK"))
            door.wait("contact.changed", contact="watched", new="available")


def test_an_answer_in_a_call_from_elsewhere_neither_ends_it_nor_counts_for_its_far_end(door, record_property):
    with (
        outlived(door, record_property),
        Packets(door.far_address, door.far_port) as far,
        Packets(loopback()) as thief,
        Packets(loopback()) as other_thief,
    ):
        call = far.rung_by(door)
        thief.to = other_thief.to = far.to
        door.press("hold")
        invite = far.invited()
        thief.send(thief.reply(invite, "481 Call Does Not Exist"))
        doubted(door, thief, far, method="INVITE", code=481)
        far.answer(invite, "200 OK", far.sdp.replace("sendrecv", "recvonly"))
        door.wait("call.held", call)
        door.press("hangup")
        bye = far.receive("BYE", "BYE")
        other_thief.send(other_thief.reply(bye, "200 OK"))
        doubted(door, other_thief, far, method="BYE", code=200)
        far.receive("BYE", "BYE")  # it is sent again, as nobody has confirmed it
        far.send(far.reply(bye, "200 OK"))
        door.final(call, kind="call.ended", cause="hangup", by="local")


@pytest.mark.parametrize("port", ["given", "the registrar's"])
def test_a_pbx_that_answers_from_its_second_address_is_given_it_in_its_account(port, tmp_path):
    with Packets(loopback()) as registrar, Packets(loopback(), registrar.port if port != "given" else 0) as second:
        table = account(tmp_path, registrar, "201")
        table["other_addresses"] = [f"{second.address}:{second.port}" if port == "given" else second.address]
        with Daemon(tmp_path / "door", account={"office": table}) as door:
            asked = registrar.receive("REGISTER", "REGISTER")
            second.to = registrar.to
            second.send(registrars.answer(asked, 200, {}))
            door.wait("account.registered", account="office")
            second.send(second.invite().replace(b"sip:door@", b"sip:201@"))  # its calls are the PBX's as well
            door.rung()
            assert door.of("answer.doubted") == []


class Registrar(Packets):
    """A registrar that reads each REGISTER, and answers as a test says."""

    def __init__(self):
        super().__init__(loopback())

    def asked(self, begin=""):
        """The next REGISTER that has not been answered yet, and holds that."""
        while True:
            request = self.receive("REGISTER", "REGISTER")
            if begin in request and registrars_key(request) not in self._over:
                return request

    def say(self, request, code, *headers):
        self._over.add(registrars_key(request))
        made = registrars.answer(request, 200 if code == 200 else 599, {}).decode()
        made = made.replace("SIP/2.0 599", f"SIP/2.0 {code}")
        lines = "".join(f"{line}\r\n" for line in headers)
        self.send(made.replace("Content-Length: 0", f"{lines}Content-Length: 0").encode())

    def challenge(self, request, realm="pbx", more=', qop="auth"', name="WWW-Authenticate"):
        code = 401 if name.startswith("WWW") else 407
        self.say(request, code, f'{name}: Digest realm="{realm}", nonce="{self.dialog}"{more}')


def registrars_key(request):
    return tuple(line for line in request.split("\r\n") if line.startswith(("Call-ID", "CSeq")))


STRONG = ', algorithm=SHA-256, qop="auth"'
DOUBTS = {
    "another realm": (', qop="auth"', {"realm": "thief"}, "Another Realm"),
    "a realm for proxies": (', qop="auth"', {"realm": "thief", "name": "Proxy-Authenticate"}, "Another Realm"),
    "an empty realm": (', qop="auth"', {"realm": ""}, "Another Realm"),
    "without qop": (', qop="auth"', {"more": ""}, "Weaker Challenge"),
    "MD5 after SHA-256": (STRONG, {"more": ', qop="auth"'}, "Weaker Challenge"),
    "MD5 without qop after SHA-256": (STRONG, {"more": ", algorithm=MD5"}, "Weaker Challenge"),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_challenge_unlike_the_one_that_was_accepted_gets_no_answer(doubt, tmp_path):
    before, challenge, reason = DOUBTS[doubt]
    with Registrar() as registrar:
        tables = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=tables) as door:
            registrar.challenge(registrar.asked(), more=before)
            registrar.say(registrar.asked("Authorization"), 200)
            door.wait("account.registered", account="office")
            renewal = registrar.asked()
            registrar.challenge(renewal, **challenge)
            doubted(door, registrar, registrar, reason, method="REGISTER")
            registrar.challenge(renewal, more=before)  # the registrar's own, which counts as before
            answered = registrar.asked(f'nonce="{registrar.dialog}"')
            assert 'realm="pbx"' in answered
            registrar.say(answered, 200)
            assert door.of("account.failed") == []
            assert not any('realm="thief"' in message for message in registrar.seen)


def test_of_two_challenges_the_one_that_was_accepted_is_answered(tmp_path):
    with Registrar() as registrar:
        tables = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=tables) as door:
            registrar.challenge(registrar.asked())
            registrar.say(registrar.asked("Authorization"), 200)
            door.wait("account.registered", account="office")
            other, own = (
                f'WWW-Authenticate: Digest realm="{name}", nonce="later", qop="auth"' for name in ("x", "pbx")
            )
            registrar.say(registrar.asked(), 401, other, own)
            assert 'realm="pbx"' in registrar.asked('nonce="later"')
            assert door.of("answer.doubted") == []


def test_a_pbx_whose_realm_has_changed_is_believed_after_a_restart(tmp_path):
    with Registrar() as registrar:
        tables = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=tables) as door:
            registrar.challenge(registrar.asked())
            registrar.say(registrar.asked("Authorization"), 200)
            door.wait("account.registered", account="office")
            registrar.challenge(registrar.asked(), realm="renamed")
            doubted(door, registrar, registrar, "Another Realm", method="REGISTER")
            door.kill()
            door.begin()
            door.start()
            door.ready()
            registrar.challenge(registrar.asked(), realm="renamed")
            answered = registrar.asked('realm="renamed"')
            registrar.say(answered, 200)
            door.wait("account.registered", account="office")
            assert door.of("answer.doubted") == []


RECEIVED = {
    "another address": "received=192.0.2.77;rport=7777",
    "an address of the same network": "received=127.250.250.250;rport=7777",
    "another port of our address": "rport=7777",
    "an address of IPv6": "received=[2001:db8::7];rport=7777",
    "a private address": "received=10.9.8.7",
}


@pytest.mark.parametrize("said", RECEIVED)
def test_an_address_of_ours_that_a_challenge_names_is_not_believed_either(said, tmp_path):
    with Registrar() as registrar:
        tables = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=tables) as door:
            asked = registrar.asked()
            registrar.challenge(asked.replace(";rport", f";{RECEIVED[said]}", 1))
            answered = registrar.asked("Authorization")
            doubted(door, registrar, registrar, "Received Address Without A Reason", method="REGISTER", code=401)
            registrar.say(answered, 200)
            door.wait("account.registered", account="office")
            for header in ("Contact", "Via"):
                before, after = (line_of(request, header).partition(";branch")[0] for request in (asked, answered))
                assert before == after


PIDF = "application/pidf+xml"
THERE = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:1@x">
<tuple id="1"><status><basic>open</basic></status></tuple></presence>"""


def test_neither_an_answer_nor_a_report_of_a_watched_contact_counts_from_elsewhere(tmp_path):
    """Who reads the subscription knows its ids, and so can make its reports, too."""
    watched = {"uri": "102", "account": "office", "watch": "subscribe", "watch_s": 60}
    with Packets(loopback()) as registrar, Packets(loopback()) as thief:
        tables = {"office": account(tmp_path, registrar, "201")}
        with Daemon(tmp_path / "door", account=tables, target={"kitchen": watched}) as door:
            registrar.send(registrars.answer(registrar.receive("REGISTER", "REGISTER"), 200, {}))
            asked = registrar.receive("SUBSCRIBE", "SUBSCRIBE")
            thief.to = registrar.to
            thief.send(thief.reply(asked, "200 OK", headers=["Expires: 600"]))
            doubted(door, thief, registrar, method="SUBSCRIBE", code=200)
            registrar.send(registrar.reply(asked, "200 OK", headers=["Expires: 600"]))
            state = "Event: presence\r\nSubscription-State: active;expires=600\r\n"
            report = thief.inside(asked, "NOTIFY", body=THERE, kind=PIDF, headers=state)
            refused = thief.ask(report, "SIP/2.0 4", "NOTIFY")
            assert refused.split()[1] in {"403", "481"}
            assert not [told for told in door.of("contact.changed") if told["data"]["new"] == "available"]
            own = registrar.inside(asked, "NOTIFY", body=THERE, kind=PIDF, headers=state)
            registrar.ask(own, "SIP/2.0 200", "NOTIFY")
            door.wait("contact.changed", contact="kitchen", new="available")


@pytest.mark.parametrize("said", RECEIVED)
def test_an_address_of_ours_that_nothing_explains_is_not_believed(said, tmp_path):
    """The registrar is in a network of the station's own, so no NAT lies between them."""
    with Registrar() as registrar:
        tables = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=tables) as door:
            asked = registrar.asked()
            registrar.say(asked.replace(";rport", f";{RECEIVED[said]}", 1), 200)
            door.wait("account.registered", account="office")
            doubted(door, registrar, registrar, "Received Address Without A Reason", method="REGISTER", code=200)
            renewal = registrar.asked()
            for header in ("Contact", "Via"):
                before, after = (line_of(request, header).partition(";branch")[0] for request in (asked, renewal))
                assert before == after


def line_of(request, header):
    return next(line for line in request.split("\r\n") if line.startswith(f"{header}:"))
