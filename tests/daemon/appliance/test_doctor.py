"""Each thing that can be set wrong, or be in the way, broken on purpose: event, interface and `intercomctl doctor` name
it in the same sentence."""

import json
import subprocess
import sys
from contextlib import closing

import pytest

from appliance.store import database
from tests.support.certificates import Authority
from tests.support.clocks import behind
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, Scripted, account
from tests.support.peers.sipp import Sipp
from tests.support.waiting import until

PATIENCE_S = 120.0  # longer than the 32 s after which SIP gives a silent registrar up
NOBODY = "nobody.invalid"


def diagnosed(door, check):
    """What `intercomctl doctor` says of it."""
    words = [sys.executable, "-m", "appliance.cli", "--socket", str(door.directory / "http.sock"), "--json", "doctor"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    (found,) = (each for each in json.loads(done.stdout)["findings"] if each["check"] == check)
    return found


@pytest.fixture(scope="module")
def pbx(tmp_path_factory):
    with Kamailio(tmp_path_factory.mktemp("k")) as registrar:
        yield registrar


# -- lists on disc -----------------------------------------------------------------------------------------------------


def test_lists_keep_to_their_limits_and_a_changed_entry_is_named(tmp_path):
    with closing(database.connect(tmp_path / "d")) as connection:
        known = {"direction": "incoming", "created": "2026-11-20T06:07:08Z", "remote": {}, "end": {}}
        calls = [(f"c-{number}", json.dumps(known | {"id": f"c-{number}"})) for number in range(3)]
        connection.executemany("INSERT INTO calls (id, boot, over, call) VALUES (?, 'b', 1, ?)", calls)
    with Daemon(tmp_path / "d", log={"keep_calls": 2}, door={"front": {"pulse_s": 0.5}}) as door:
        until(lambda: len(door.get("/v1/log/calls")["calls"]) == 2, "the oldest call to go")
        for digits in ("4711", "4712"):
            door.post("/v1/codes", {"owner": "Ann", "digits": digits, "doors": ["front"]})
        kept = until(lambda: len(found := door.get("/v1/log/doors")["events"]) == 2 and found, "both in the audit")
        whole = {each["check"]: each for each in door.post("/v1/doctor")["findings"]}
        assert [whole[f"log.{name}"]["level"] for name in ("events", "calls", "doors")] == ["ok"] * 3
        assert whole["log.calls"]["message"].startswith("The call log is whole: 2 rows")
        assert f"Newest opening: row 2, hash {kept[0]['hash']}." in whole["log.doors"]["message"]
        with closing(database.connect(door.directory)) as connection:
            connection.execute("UPDATE audit SET envelope = replace(envelope, 'Ann', 'Bob') WHERE number = 1")
        changed = diagnosed(door, "log.doors")
        assert (changed["level"], changed["cause"]) == ("problem", "table audit: row 1 was changed.")


# -- registrations ---------------------------------------------------------------------------------------------------

ACCOUNTS = {
    "password": "rejects the password: check account.password.password_file and account.password.auth_user.",
    "user": "check account.user.user, account.user.auth_user and account.user.password_file",
    "realm": "does not know sip:404@elsewhere.test (404 Said): check account.realm.user and account.realm.domain.",
    "dns": f"DNS knows no {NOBODY} ",
    "firewall": "check account.firewall.registrar and account.firewall.transport, the network, and the firewall.",
    "transport": "by TCP (Connection refused): check whether the PBX runs, and account.transport.registrar",
}


def test_each_registration_that_fails_names_what_to_look_at(pbx, tmp_path):
    with Scripted((404, {})) as stranger, Scripted((0, {})) as wall:
        accounts = {
            "password": account(tmp_path, pbx, "401", "not it"),
            "user": account(tmp_path, pbx, "402", "pw-403", auth_user="403"),
            "realm": account(tmp_path, stranger, "404", domain="elsewhere.test"),
            "dns": {**account(tmp_path, pbx, "405"), "registrar": NOBODY},
            "firewall": account(tmp_path, wall, "406"),
            "transport": {**account(tmp_path, pbx, "407", transport="tcp"), "registrar": f"{loopback()}:9"},
        }
        with Daemon(tmp_path / "d", account=accounts) as door:
            for name, sentence in ACCOUNTS.items():
                told = door.wait("account.failed", account=name, patience=PATIENCE_S)["data"]["explanation"]
                assert sentence in told
                assert door.get(f"/v1/accounts/{name}")["explanation"] == told
                found = diagnosed(door, f"account.{name}")
                assert (found["level"], found["cause"]) == ("problem", told)


def test_a_clock_that_is_years_behind_is_named_where_a_certificate_is_not_valid_yet(tmp_path):
    authority, address = Authority(tmp_path / "ca"), loopback()
    certificate = authority.sign("pbx", "pbx", f"IP:{address}")
    with Kamailio(tmp_path / "k", certificate, address) as pbx:
        table = {**account(tmp_path, pbx, "411", transport="tls"), "registrar": f"{address}:{pbx.tls_port}"}
        settings = {"account": {"office": table}, "tls": {"ca_file": str(authority.file)}}
        with Daemon(tmp_path / "d", behind(3650), **settings) as door:
            told = door.wait("account.failed", account="office")["data"]["explanation"]
            assert told.endswith("have the PBX's certificate renewed, or this station's clock set.")
            assert diagnosed(door, "account.office")["cause"] == told
        with Daemon(tmp_path / "in time", **settings) as door:
            door.wait("account.registered", account="office")
            assert diagnosed(door, "account.office")["level"] == "ok"


# -- calls -----------------------------------------------------------------------------------------------------------


def explained(door, call, **final):
    """The sentence on a call that failed, which is everywhere the same."""
    told = door.final(call, **final)["explanation"]
    (logged,) = door.get("/v1/log/calls?limit=1")["calls"]
    assert (logged["id"], logged["end"]["explanation"]) == (call, told)
    found = diagnosed(door, "calls")
    assert (found["level"], found["cause"]) == ("warning", told)
    return told


def test_a_call_to_somebody_unknown_names_the_address(tmp_path):
    with Daemon(tmp_path / "d") as door:
        with Sipp(tmp_path, "uas-refuse", address=door.far_address, port=door.far_port, code=404, rings=False) as peer:
            told = explained(door, door.ring(), code=404, cause="not_found")
            peer.done()
    assert "is not known there (404 Refused): check target.far.uri." in told


def test_a_call_without_a_codec_in_common_names_the_codecs(tmp_path):
    with Daemon(tmp_path / "far", sip={"callers": "anyone", "codecs": ["PCMA"]}) as far:
        target = {"far": {"uri": f"sip:door@{far.address}"}}
        with Daemon(tmp_path / "d", sip={"codecs": ["opus"]}, target=target) as door:
            told = explained(door, door.ring(), code=488, cause="media_failed")
    assert told.endswith("(488 Not Acceptable Here): check sip.codecs, and target.far.srtp.")


def test_a_call_whose_sound_must_be_encrypted_names_the_encryption(pbx, tmp_path):
    def station(user, srtp):
        table = account(tmp_path, pbx, user, srtp=srtp)
        target = {"far": {"uri": "422", "account": "office"}}
        return Daemon(tmp_path / user, account={"office": table}, target=target)

    with station("421", "mandatory") as door, station("422", "off") as far:
        for each in (door, far):
            each.wait("account.registered")
        told = explained(door, door.ring(), code=488, cause="media_failed")
    assert told.endswith("check sip.codecs, and account.office.srtp.")


def test_a_call_whose_sound_is_shut_out_names_the_firewall(tmp_path):
    with (
        Daemon(tmp_path / "d", deadlines={"rtp_s": 1}) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        call = door.ring()
        far.send(far.reply(far.receive("INVITE", "INVITE"), "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        told = explained(door, call, kind="call.ended", cause="rtp_timeout")
    assert told.endswith("check the network and whether a firewall lets UDP through in both directions.")


@pytest.mark.parametrize(
    ("account_too", "field"),
    [(False, "target.far.uri"), (True, "account.office.registrar")],
    ids=["to an address", "through a registrar"],
)
def test_a_call_that_is_shut_out_names_address_and_firewall(account_too, field, tmp_path):
    with Scripted((200, {})) as registrar:  # answers no call
        settings = {"deadlines": {"dialing_s": 1}}
        if account_too:
            settings["account"] = {"office": account(tmp_path, registrar, "431")}
            settings["target"] = {"far": {"uri": "432", "account": "office"}}
        with Daemon(tmp_path / "d", **settings) as door:
            if account_too:
                door.wait("account.registered")
            told = explained(door, door.ring(), kind="call.failed", cause="unavailable")
    assert told.startswith("Nobody answers at ")
    assert told.endswith(f"check {field}, the network, and the firewall.")
