"""The whole daemon registered at real registrars: Kamailio, and one that answers as a test says."""

import os
import signal
import time

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.messages import found
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, Scripted, account
from tests.support.peers.sipp import Sipp, listening
from tests.support.shown import shows
from tests.support.times import patient
from tests.support.waiting import until

PATIENCE_S = 120.0  # longer than the 32 s after which SIP gives a silent registrar up
pytestmark = pytest.mark.usefixtures("hasty_stations")


@pytest.fixture(scope="module")
def kamailio(tmp_path_factory):
    with Kamailio(tmp_path_factory.mktemp("k")) as registrar:
        yield registrar


def test_two_accounts_register_with_digest_by_udp_and_by_tcp_and_no_password_is_shown(kamailio, tmp_path):
    accounts = {
        "office": account(tmp_path, kamailio, "201"),
        "home": account(tmp_path, kamailio, "202", transport="tcp"),
    }
    with Daemon(tmp_path / "door", account=accounts, sip={"trace": True}) as door:
        for name in accounts:
            told = door.wait("account.registered", account=name)
            assert (told["data"]["after"], told["data"]["expires_s"]) == ("start", 300.0)
        shown = door.get("/v1/accounts")["accounts"]
        assert [(a["name"], a["state"], a["transport"]) for a in shown] == [
            ("office", "registered", "udp"),
            ("home", "registered", "tcp"),
        ]
        assert {a["server"] for a in shown} == {f"{kamailio.address}:{kamailio.port}"}
        assert door.get("/v1/state")["appliance"]["status"] == "registered as 201; registered as 202"
        door.begin()
        assert door.post("/v1/accounts/home/unregister")["account"]["name"] == "home"
        door.wait("account.unregistered", account="home")
        until(lambda: "REGISTERED 202 by tcp for 0 " in kamailio.log, "the end of the registration")
        assert door.get("/v1/accounts/home")["state"] == "unregistered"
        door.post("/v1/accounts/home/register")
        door.wait("account.registered", account="home", after="recovery")
        trace = (tmp_path / "door" / "sip.trace").read_text(errors="replace")
        assert 'Digest username="201"' in trace
        everything = [door.log, trace, str(door.get("/v1/state"))]
    until(lambda: "REGISTERED 201 by udp for 0 " in kamailio.log, "the end of the registration")
    everything += [str(door.events), *(p.read_text(errors="replace") for p in (tmp_path / "door").rglob("*.log"))]
    assert not any("pw-" in text for text in everything)


def test_what_is_wrong_is_reported_with_its_cause_and_tried_again(kamailio, tmp_path):
    granted, busy, gone = (200, {}), (503, {"Retry-After": "2"}), (404, {})
    moved = 302, {"Contact": "<sip:192.0.2.9:5070>"}
    with (
        Scripted((401, {}), busy, granted) as overloaded,
        Scripted(gone) as stranger,
        Scripted(moved) as elsewhere,
        Scripted((500, {}), granted) as hiccup,
    ):
        accounts = {
            "wrong": account(tmp_path, kamailio, "203", "not it"),
            "refused": account(tmp_path, kamailio, "204", "pw-205", auth_user="205"),
            "busy": account(tmp_path, overloaded, "206"),
            "gone": account(tmp_path, stranger, "207"),
            "moved": account(tmp_path, elsewhere, "208"),
            "hiccup": account(tmp_path, hiccup, "209"),
            "nobody": {**account(tmp_path, kamailio, "210"), "registrar": "127.0.0.1:9", "transport": "tcp"},
            "unnamed": {**account(tmp_path, kamailio, "211"), "registrar": "pbx.invalid"},
        }
        expected = [
            ("wrong", 401, 50, 60, "account.wrong.password_file"),
            ("refused", 403, 50, 60, "account.refused.user"),
            ("busy", 503, 2, 5, "a fault of its own"),
            ("gone", 404, 50, 60, "account.gone.user and account.gone.domain"),
            ("moved", 302, 50, 60, "to sip:192.0.2.9:5070): set account.moved.registrar"),
            ("hiccup", 500, 1, 5, "a fault of its own"),
            ("nobody", 0, 1, 5, "127.0.0.1:9 refuses a connection by TCP (Connection refused)"),
            ("unnamed", 0, 1, 5, "DNS knows no pbx.invalid (the name pbx.invalid cannot be resolved"),
        ]
        with Daemon(tmp_path / "door", account=accounts, times=patient()) as door:
            for name, code, low, high, part in expected:
                told = door.wait("account.failed", account=name, patience=PATIENCE_S)["data"]
                assert (told["code"], part in told["explanation"]) == (code, True), told
                assert low <= told["retry_in_s"] <= high
                if low > 10:  # the others are tried again meanwhile
                    assert door.get(f"/v1/accounts/{name}")["explanation"] == told["explanation"]
            for name in ("busy", "hiccup"):
                assert door.wait("account.registered", account=name)["data"]["after"] == "start"
            assert not door.of("account.expired")
        first, second = overloaded.times[1:3]
        assert second - first >= 2


def test_a_registration_for_no_time_is_a_failure(tmp_path):
    with Scripted((200, {"Expires": "0"})) as registrar:
        accounts = {"office": account(tmp_path, registrar, "206")}
        with Daemon(tmp_path / "door", account=accounts) as door:
            failed = door.wait("account.failed", account="office", patience=PATIENCE_S)["data"]
            assert (failed["code"], failed["reason"]) == (200, "Said, for 0 s")
            assert "for no time" in failed["explanation"]
            until(lambda: len(registrar.requests) > 3, "other attempts", PATIENCE_S)
            assert not door.of("account.unregistered")
            door.begin()
            assert door.post("/v1/accounts/office/unregister")["account"]["name"] == "office"
            door.wait("account.unregistered", account="office")


@pytest.mark.parametrize("contacts", [("*",), ("*", "OURS"), ("OURS", "*")], ids=" ".join)
def test_a_contact_without_an_address_in_the_answer_is_passed_over(contacts, tmp_path):
    with Packets(loopback()) as registrar:
        accounts = {"office": account(tmp_path, registrar, "206")}
        with Daemon(tmp_path / "door", account=accounts) as door:
            sip, asked = door.sip(), registrar.receive("REGISTER", "REGISTER")
            ours = found(r"^Contact: *(.*?)\r$", asked)[1]
            usual = f"Contact: <sip:far@{registrar.place}>\r\n"
            lines = "".join(f"Contact: {ours if each == 'OURS' else each}\r\n" for each in contacts)
            answer = registrar.reply(asked, "200 OK", headers=["Expires: 600"]).decode()
            registrar.send(answer.replace(usual, lines).encode())
            assert door.wait("account.registered")["data"]["expires_s"] == 600
            assert door.sip() == sip
            assert not door.of("appliance.degraded")


def test_a_registrar_that_was_killed_has_its_stations_back_soon_after_its_return(tmp_path, record_property):
    with Kamailio(tmp_path / "k") as registrar:
        accounts = {
            "office": account(tmp_path, registrar, "201"),
            "home": account(tmp_path, registrar, "202", transport="tcp"),
        }
        with Daemon(tmp_path / "door", account=accounts) as door:
            for name in accounts:
                door.wait("account.registered", account=name)
            registrar.kill()
            door.wait("account.failed", account="home", code=0)
            with registrar:
                back, begin = time.monotonic(), registrar.log.rindex("Listening on")
                took = {}
                for name, user in (("office", "201"), ("home", "202")):
                    until(lambda user=user: f"REGISTERED {user} " in registrar.log[begin:], user, PATIENCE_S)
                    took[name] = round(time.monotonic() - back, 1)
                until(lambda: all(a["state"] == "registered" for a in door.get("/v1/accounts")["accounts"]), "both")
    record_property("figures", f"registered again after its return: UDP {took['office']} s, TCP {took['home']} s")
    assert max(took.values()) < 20


@shows("account.expired")
def test_a_registration_that_cannot_be_renewed_runs_out(tmp_path):
    with Scripted((200, {"Expires": "10"}), (0, {})) as registrar:
        with Daemon(tmp_path / "door", account={"office": account(tmp_path, registrar, "206")}) as door:
            assert door.wait("account.registered")["data"]["expires_s"] == 10
            assert door.get("/v1/accounts/office")["state"] == "registered"
            door.wait("account.expired", account="office", patience=PATIENCE_S)
            assert door.get("/v1/accounts/office")["expires"] is None


def test_a_new_sip_process_registers_again(kamailio, tmp_path):
    with Daemon(tmp_path / "door", account={"office": account(tmp_path, kamailio, "205")}) as door:
        door.wait("account.registered")
        door.begin()
        os.kill(door.sip(), signal.SIGKILL)
        door.wait("account.unregistered")
        door.wait("account.registered", after="recovery")


def test_stations_call_each_other_through_the_registrar(kamailio, tmp_path):
    def station(name, user, other, transport):
        return Daemon(
            tmp_path / name,
            account={"office": account(tmp_path, kamailio, user, transport=transport)},
            target={"far": {"uri": other, "account": "office"}},
        )

    with station("a", "211", "212", "udp") as one, station("b", "212", "211", "tcp") as two:
        for door in (one, two):
            door.wait("account.registered")
        for caller, callee in ((one, two), (two, one)):
            for door in (one, two):
                door.begin()
            call = caller.ring()
            came = callee.rung()
            assert callee.get(f"/v1/calls/{came}")["account"] == "office"
            assert callee.get(f"/v1/calls/{came}")["remote"]["target"] == "far"
            caller.wait("call.ringing", call)
            callee.press("answer")
            caller.talk(call)
            callee.talk(came)
            callee.press("hangup")
            caller.final(call, kind="call.ended", cause="hangup", by="remote")
            callee.final(came, kind="call.ended", cause="hangup", by="local")
        one.begin()
        number = one.post("/v1/calls", {"to": "299"})["id"]  # nobody has registered that
        one.final(number, kind="call.failed", cause="unavailable", code=480)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_from_the_registrar_is_its_accounts_though_it_is_addressed_to_our_address(transport, kamailio, tmp_path):
    """As Asterisk does; by TCP nobody could have acknowledged what another Contact says."""
    accounts = {
        "other": account(tmp_path, kamailio, "221", transport=transport),
        "office": account(tmp_path, kamailio, "222", transport=transport),
    }
    with Daemon(tmp_path / "door", account=accounts) as door:
        for name in accounts:
            door.wait("account.registered", account=name)
        host, port = door.address.split(":")
        ours = f"{host}:{port if transport == 'udp' else listening(host)}"
        caller = Sipp(
            tmp_path, "uac-call", ours, address=kamailio.address, user="far", called="222", transport=transport
        )
        with caller as peer:
            call = door.rung()
            assert door.get(f"/v1/calls/{call}")["account"] == "office"
            door.press("answer")
            door.talk(call)
            door.final(call, kind="call.ended", by="remote")
            peer.done()
        accepted = peer.messages().partition("SIP/2.0 200 OK")[2].partition("\r\n\r\n")[0]
        contact = next(line for line in accepted.splitlines() if line.startswith("Contact:"))
        assert f"<sip:222@{host}:" in contact


def test_an_idle_station_writes_nothing_though_its_registration_is_renewed(tmp_path):
    """Each write costs an SD card some of its life."""
    with Scripted((200, {})) as registrar:
        accounts = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=accounts) as door:
            door.wait("account.registered", account="office")

            def renewed(times):
                seen = len(registrar.times)
                until(lambda: len(registrar.times) >= seen + times, "renewals", PATIENCE_S)

            renewed(1)  # the events of the start are on disc by then
            before = touched(tmp_path)
            renewed(2)
            assert touched(tmp_path) == before


def touched(directory):
    """Every file with its size and the moment of its last change."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
