"""Stations that register at Kamailio by TLS, and encrypt their calls' sound or not, as configured."""

import pytest

from tests.support.cabled import flows
from tests.support.certificates import Authority
from tests.support.daemon import Daemon, loopback, talking
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import free_port
from tests.support.waiting import until


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def pbx(tmp_path_factory, authority):
    address = loopback()
    certificate = authority.sign("pbx", "pbx", f"IP:{address}")
    with Kamailio(tmp_path_factory.mktemp("k"), certificate, address) as registrar:
        yield registrar


def station(directory, pbx, authority, user, other, srtp="off", transport="tls", **more):
    table = account(directory, pbx, user, transport=transport, srtp=srtp) | more
    if transport == "tls":
        table |= {"registrar": f"{pbx.address}:{pbx.tls_port}"}
    return Daemon(
        directory / user,
        account={"office": table},
        tls={"ca_file": str(authority.file)},
        target={"far": {"uri": other, "account": "office"}},
    )


CALLS = [("mandatory", "optional", True), ("optional", "optional", True), ("optional", "off", False)]


@pytest.mark.parametrize(("ours", "theirs", "encrypted"), CALLS, ids=[f"{a} {b}" for a, b, _ in CALLS])
def test_a_call_by_tls_is_encrypted_where_both_sides_agree(ours, theirs, encrypted, pbx, authority, tmp_path):
    with (
        station(tmp_path, pbx, authority, "211", "212", ours) as one,
        station(tmp_path, pbx, authority, "212", "211", theirs) as two,
    ):
        for door in (one, two):
            door.wait("account.registered")
        assert one.get("/v1/accounts/office")["server"] == f"{pbx.address}:{pbx.tls_port}"
        call, came = talking(one, two)
        for door, number in ((one, call), (two, came)):
            shown = door.get(f"/v1/calls/{number}")
            assert (shown["transport"], shown["srtp"], shown["account"]) == ("tls", encrypted, "office")
            until(lambda d=door, n=number: (d.get(f"/v1/calls/{n}")["quality"] or {}).get("received"), "sound")
        two.press("hangup")
        one.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("proxied", [False, True], ids=["registrar", "proxies"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_either_side_ends_a_call_through_a_proxy_after_both_have_held_it(transport, proxied, pbx, authority, tmp_path):
    """A re-INVITE has no Record-Route, and its Contact may name a transport that this station lacks."""
    more = {"proxies": [f"{pbx.address}:{pbx.tls_port}"]} if proxied else {}
    with (
        station(tmp_path, pbx, authority, "215", "216", **more) as one,
        station(tmp_path, pbx, authority, "216", "215", transport=transport) as two,
    ):
        for door in (one, two):
            door.wait("account.registered")
        for ends, hears in ((one, two), (two, one)):
            for door in (one, two):
                door.begin()
            call, came = talking(one, two)
            sides = ((one, call, two, came), (two, came, one, call))
            for door, ours, other, theirs in sides:
                for event in ("call.held", "call.resumed"):
                    door.press("hold")
                    door.wait(event, ours, by="local")
                    other.wait(event, theirs, by="remote")
            flows((one, call), (two, came))
            ends.press("hangup")
            calls = {one: call, two: came}
            hears.final(calls[hears], kind="call.ended", cause="hangup", by="remote")
            ends.final(calls[ends], kind="call.ended", cause="hangup", by="local")


def test_a_call_that_must_be_encrypted_fails_where_the_other_side_does_not(pbx, authority, tmp_path):
    with (
        station(tmp_path, pbx, authority, "213", "214", "mandatory") as one,
        station(tmp_path, pbx, authority, "214", "213", "off") as two,
    ):
        for door in (one, two):
            door.wait("account.registered")
        one.final(one.ring(), kind="call.failed", cause="media_failed", code=488)
        two.final(two.ring(), kind="call.failed", cause="media_failed", code=488)
        for door in (one, two):  # the other side of each, which had refused it
            came = door.wait("call.incoming")["call"]
            door.final(came, kind="call.rejected", cause="media_failed", code=488, by="local")


def test_a_registrar_that_is_not_believed_is_explained_by_the_setting_to_look_at(pbx, tmp_path):
    stranger = Authority(tmp_path / "stranger", "Stranger")
    with station(tmp_path, pbx, stranger, "215", "216", "off") as door:
        told = door.wait("account.failed")["data"]
        assert told["code"] == 0
        assert "its certificate is by test authority, which is not a trusted authority" in told["explanation"]
        assert "tls.ca_file" in told["explanation"]
        assert told["retry_in_s"] > 30


def neighbours(directory, ours, theirs):
    """Two stations that know each other by their addresses, without an account."""
    one, two = Daemon(directory / "one"), Daemon(directory / "two")
    for each, other, srtp in ((one, two, ours), (two, one, theirs)):
        there = other.config["sip"]
        there["port"] = there["port"] or free_port(there["address"])
        each.config["target"] = {"far": {"uri": f"sip:{there['address']}:{there['port']}", "srtp": srtp}}
    return one, two


NEIGHBOURS = [("mandatory", "mandatory", True), ("optional", "optional", True), ("optional", "off", False)]


@pytest.mark.parametrize(("ours", "theirs", "encrypted"), NEIGHBOURS, ids=[f"{a} {b}" for a, b, _ in NEIGHBOURS])
def test_a_call_to_a_target_without_an_account_is_encrypted_where_both_sides_agree(ours, theirs, encrypted, tmp_path):
    one, two = neighbours(tmp_path, ours, theirs)
    with one, two:
        for caller, callee in ((one, two), (two, one)):
            call = caller.ring()
            came = callee.rung()
            callee.press("answer")
            for door, number in ((caller, call), (callee, came)):
                door.talk(number)
                assert door.get(f"/v1/calls/{number}")["srtp"] is encrypted
                until(lambda d=door, n=number: (d.get(f"/v1/calls/{n}")["quality"] or {}).get("received"), "sound")
            callee.press("hangup")
            caller.final(call, kind="call.ended", cause="hangup", by="remote")
            one.begin()
            two.begin()


def test_a_target_whose_calls_must_be_encrypted_gets_none_without(tmp_path):
    one, two = neighbours(tmp_path, "mandatory", "off")
    with one, two:
        for caller in (one, two):
            caller.final(caller.ring(), kind="call.failed", cause="media_failed", code=488)
