"""Each fault of a call or registration, caused by a real peer, is reported with the setting to check: by the event, by
the call log or the account, and by the doctor."""

import re
import socket
import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import Sipp

CALLS = {
    401: "wants a password, and the call went through no account: set target.far.account",
    403: "refuses the call (403 Refused): check target.far.uri",
    404: "is not known there (404 Refused): check target.far.uri",
    484: "is not known there (484 Refused): check target.far.uri",
    488: "accepts none of the offered codecs and encryption (488 Refused): check sip.codecs, and target.far.srtp",
    500: "reports a fault there (500 Refused): nothing to change here",
    503: "cannot be reached now (503 Refused): nothing to change here",
}


WAITS_S = 3  # for a first answer


def rung(door, far):
    """The INVITE of a visitor's ring, as soon as it comes: the station waits for an answer for a few seconds only."""
    door.press("ring")
    return far.invited()


def examined(door, check):
    """What the doctor says of it."""
    (found,) = (each for each in door.post("/v1/doctor")["findings"] if each["check"] == check)
    return found


@pytest.mark.parametrize("code", CALLS)
def test_a_call_that_failed_says_why_in_event_log_and_examination(code, door, tmp_path):
    with Sipp(tmp_path, "uas-refuse", address=door.far_address, port=door.far_port, code=code, rings=False) as peer:
        call = door.ring()
        told = door.final(call, code=code)["explanation"]
        peer.done()
    assert CALLS[code] in told
    logged = door.get("/v1/log/calls?limit=1")["calls"][0]
    assert (logged["id"], logged["end"]["explanation"]) == (call, told)
    found = examined(door, "calls")
    assert (found["level"], found["cause"]) == ("warning", told)


def test_a_call_that_people_ended_has_nothing_to_explain(door, tmp_path):
    with Sipp(tmp_path, "uas-ends", address=door.far_address, port=door.far_port) as peer:
        told = door.final(door.ring(), kind="call.ended")
        peer.done()
    assert told["explanation"] == ""
    assert examined(door, "calls")["level"] == "ok"


def test_a_registrar_that_is_not_there_is_reported_as_that(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"dialing_s": 1}) as door:
        told = door.final(door.ring(), kind="call.failed", cause="unavailable")["explanation"]
    assert "Nobody answers at sip:far@" in told
    assert "check target.far.uri, the network, and the firewall" in told


def test_a_pbx_that_takes_a_call_which_nothing_rings_for_is_not_called_silent(tmp_path):
    limit = {"dialing_s": WAITS_S}
    with Daemon(tmp_path / "d", deadlines=limit) as door, Packets(door.far_address, door.far_port) as far:
        invite = rung(door, far)
        far.send(far.reply(invite, "100 Trying"))
        cancel = far.receive("CANCEL", "CANCEL")
        far.send(far.reply(cancel, "200 OK"), far.reply(invite, "487 Request Terminated"))
        call = door.wait("call.dialing")["call"]
        told = door.final(call, kind="call.failed", cause="unavailable")["explanation"]
    assert "took the call, but nothing rang there in time: check target.far.uri" in told


BROKEN = {  # what is changed in each answer: what is said of it
    "Unreadable To": (lambda text: re.sub("(?m)^To: .*", "To: <", text), "what it says in To cannot be read"),
    "no CSeq": (lambda text: re.sub("(?m)^CSeq: .*\n", "", text), "without a header that each answer must have"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_far_end_that_cannot_be_understood_is_not_called_silent(case, tmp_path):
    change, words = BROKEN[case]
    limit = {"dialing_s": WAITS_S}
    with Daemon(tmp_path / "d", deadlines=limit) as door, Packets(door.far_address, door.far_port) as far:
        far.send(change(far.reply(rung(door, far), "180 Ringing").decode()).encode())
        call = door.wait("call.dialing")["call"]
        told = door.final(call, kind="call.failed", cause="unavailable")["explanation"]
    assert f"answers, but {words}" in told


def test_an_answer_from_another_address_is_named_where_nothing_else_comes(tmp_path):
    with (
        Daemon(tmp_path / "d", deadlines={"dialing_s": WAITS_S}) as door,
        Packets(door.far_address, door.far_port) as far,
        Packets(loopback()) as other,
    ):
        invite = rung(door, far)
        other.to = far.to
        other.send(other.reply(invite, "180 Ringing"))
        call = door.wait("call.dialing")["call"]
        told = door.final(call, kind="call.failed", cause="unavailable")["explanation"]
    assert f"does not answer, but {other.place} does, which is not believed" in told


UNSENT = {
    "sip:far@nosuch.invalid": "(the name nosuch.invalid cannot be resolved: ",
    "sip:far@240.0.0.1": "(Invalid argument)",
    "sip:far@[2001:db8::1]": "(Unsupported transport",
}


@pytest.mark.parametrize("uri", UNSENT)
def test_a_call_that_could_not_be_sent_does_not_blame_a_firewall(uri, tmp_path):
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["uri"] = uri
    with daemon as door:
        told = door.final(door.ring(), kind="call.failed", cause="unavailable")["explanation"]
    assert told.startswith(f"The call did not get through to {uri} {UNSENT[uri]}")
    assert "firewall" not in told


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_transport_that_no_account_uses_is_named_as_the_cause(transport, tmp_path):
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["uri"] += f";transport={transport}"
    with daemon as door:
        told = door.final(door.ring(), kind="call.failed", cause="unavailable")["explanation"]
    assert f"SIP has no {transport.upper()} here, as no account uses it: let target.far.uri name UDP" in told


def test_a_registrar_that_closes_its_connection_is_not_called_silent(tmp_path):
    def closes(server):
        with suppress(OSError):
            while True:
                server.accept()[0].close()

    with socket.create_server((loopback(), 0)) as server:
        place = SimpleNamespace(address=server.getsockname()[0], port=server.getsockname()[1])
        threading.Thread(target=closes, args=[server], daemon=True).start()
        office = account(tmp_path, place, "201", transport="tcp")
        with Daemon(tmp_path / "d", account={"office": office}) as door:
            told = door.wait("account.failed")["data"]["explanation"]
        server.shutdown(socket.SHUT_RDWR)
    assert "gave no answer by TCP (" in told
    assert "firewall" not in told


def test_registrations_that_fail_say_why_and_one_that_holds_has_no_error(tmp_path):
    with Kamailio(tmp_path / "k") as registrar:
        unnamed = {**account(tmp_path, registrar, "304"), "registrar": "pbx.invalid"}
        nobody = {**account(tmp_path, registrar, "305"), "registrar": f"{loopback()}:9", "transport": "tcp"}
        accounts = {
            "good": account(tmp_path, registrar, "301"),
            "wrong": account(tmp_path, registrar, "302", "not it"),
            "other": account(tmp_path, registrar, "303", "pw-306", auth_user="306"),
            "unnamed": unnamed,
            "nobody": nobody,
        }
        expected = {
            "wrong": "rejects the password: check account.wrong.password_file and account.wrong.auth_user",
            "other": "check account.other.user, account.other.auth_user",
            "unnamed": "check account.unnamed.registrar for a slip.",
            "nobody": "by TCP",
        }
        with Daemon(tmp_path / "d", account=accounts) as door:
            door.wait("account.registered", account="good")
            for name, part in expected.items():
                told = door.wait("account.failed", account=name)["data"]["explanation"]
                assert part in told
                found = examined(door, f"account.{name}")
                assert (found["level"], part in found["cause"]) == ("problem", True)
            assert examined(door, "account.good")["level"] == "ok"
