"""The SIP process is killed: each far end hears at once that its call is over, with proxies and PBXs between or not."""

import os
import signal

import pytest

from tests.support.daemon import Daemon, settled
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import Sipp, free_port


@pytest.fixture(scope="module", params=["IPv4", "IPv6"])
def running(request, tmp_path_factory):
    """It knows one far end, as elsewhere; by IPv6 at loopback's one address."""
    port = free_port("::1")
    settings = {"sip": {"address": "::1"}, "target": {"far": {"uri": f"sip:far@[::1]:{port}"}}}
    with Daemon(tmp_path_factory.mktemp("d"), **settings if request.param == "IPv6" else {}) as daemon:
        if request.param == "IPv6":
            daemon.far_address, daemon.far_port = "::1", port
        yield daemon


def kill(door):
    """Its SIP process dies; another one is there."""
    os.kill(door.sip(), signal.SIGKILL)
    door.wait("appliance.recovered", part="sip")


def test_whom_we_talk_with_gets_bye(door, tmp_path):
    with Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as peer:
        call = door.talk(door.ring())
        kill(door)
        peer.done()
        door.final(call, kind="call.ended", cause="error", by="device")


def test_whom_we_call_gets_cancel(door, tmp_path):
    with Sipp(tmp_path, "uas-given-up", address=door.far_address, port=door.far_port) as peer:
        call = door.post("/v1/calls", {"to": "far"})["id"]
        door.wait("call.ringing", call)
        kill(door)
        peer.done()
        door.final(call, kind="call.failed", cause="error", by="device")


def test_a_caller_whom_no_one_has_answered_gets_480(door, tmp_path):
    with Sipp(tmp_path, "uac-refused", door.address, address=door.far_address, user="far", code=480) as peer:
        call = door.rung()
        kill(door)
        peer.done()
        door.final(call, kind="call.canceled", cause="error", by="device")


def test_who_called_us_and_talks_with_us_gets_bye(door, tmp_path):
    with Sipp(tmp_path, "uac-answered-ends", door.address, address=door.far_address, user="far") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        kill(door)
        peer.done()
        door.final(call, kind="call.ended", cause="error", by="device")


def test_whom_we_hold_gets_bye(door, tmp_path):
    with Sipp(tmp_path, "uas-kept-held", address=door.far_address, port=door.far_port) as peer:
        call = door.talk(door.ring())
        door.press("hold")
        peer.until_sent("the hold's ACK", 2)
        kill(door)
        peer.done()
        door.final(call, kind="call.ended", cause="error", by="device")


@pytest.fixture(scope="module", params=[Kamailio, Asterisk])
def registered(request, tmp_path_factory):
    """Two stations at a registrar, by UDP, of which the first is killed."""

    def station(user, other):
        directory = tmp_path_factory.mktemp(user)
        settings = {"office": account(directory, registrar, user, transport="udp")}
        return Daemon(directory / "d", account=settings, target={"far": {"uri": other, "account": "office"}})

    with request.param(tmp_path_factory.mktemp("r")) as registrar:
        with station("101", "102") as one, station("102", "101") as two:
            for door in (one, two):
                door.wait("account.registered")
            yield one, two


@pytest.fixture
def stations(registered):
    """They, with no call."""
    with settled(*registered):
        yield registered


def killed(door):
    kill(door)
    door.wait("account.registered")


def test_behind_a_registrar_a_phone_stops_ringing(stations):
    one, two = stations
    call = one.post("/v1/calls", {"to": "far"})["id"]
    came = two.rung()
    one.wait("call.ringing", call)
    killed(one)
    two.final(came, kind="call.canceled", cause="canceled", by="remote")


@pytest.mark.parametrize("direction", [1, -1], ids=["we called", "we were called"])
def test_behind_a_registrar_whom_we_talk_with_gets_bye(stations, direction):
    caller, callee = stations[::direction]
    call = caller.post("/v1/calls", {"to": "far"})["id"]
    came = callee.rung()
    callee.press("answer")
    calls = [caller.talk(call), callee.talk(came)][::direction]
    killed(stations[0])
    stations[1].final(calls[1], kind="call.ended", cause="hangup", by="remote")


def test_behind_a_registrar_a_caller_is_answered(stations):
    one, two = stations
    call = two.post("/v1/calls", {"to": "far"})["id"]
    came = one.rung()
    two.wait("call.ringing", call)
    killed(one)
    told = two.final(call, kind="call.failed")
    assert told["code"] in {480, 503}  # Asterisk's own word for it is the second
    one.final(came, kind="call.canceled", cause="error", by="device")
