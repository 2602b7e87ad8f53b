"""A PBX that keeps one contact for each extension has the station back at once, wherever it comes back from.

The former contact would count against the new one until it expires, for minutes: the new REGISTER ends it.
"""

import os
import re
import signal
import socket
import threading

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import Scripted, account
from tests.support.times import hasty
from tests.support.waiting import until

REFUSED = (403, {})
GRANTED = (200, {})


class Relay:
    """A port before a PBX, as of a NAT: `cut` ends its connections, as a router does that starts again.

    loses: the next 200 is lost with its connection.
    """

    def __init__(self, pbx):
        self.pbx, self.address = pbx, loopback()
        self.server = socket.create_server((self.address, 0))
        self.port = self.server.getsockname()[1]
        self.ends, self.loses = [], False

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.close()
        self.cut()

    def cut(self):
        for end in self.ends:
            end.close()
        self.ends.clear()

    def _serve(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            far = socket.create_connection((self.pbx.address, self.pbx.port), source_address=(self.address, 0))
            self.ends += [near, far]
            for ways in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=ways, daemon=True).start()

    def _pass(self, source, sink):
        try:
            while some := source.recv(65536):
                if self.loses and b"SIP/2.0 200" in some:
                    self.loses = False
                    return
                sink.sendall(some)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                end.close()


@pytest.fixture
def pbx(tmp_path):
    with Asterisk(tmp_path / "pbx", contacts=1, removes=False) as running:
        yield running


def station(directory, registrar, transport, **settings):
    table = account(directory, registrar, "101", transport=transport)
    return Daemon(directory / "door", account={"office": table}, sip={"trace": True}, **settings)


def registers(door):
    """The REGISTERs that it has sent, over all its starts."""
    trace = (door.directory / "sip.trace").read_text(errors="replace")
    return re.findall(r"^REGISTER .*?(?=\n--end msg--)", trace, re.MULTILINE | re.DOTALL)


def contacts(register):
    """Those that it registers, and those that it ends: host and port."""
    found = re.findall(r"^Contact:[^<]*<sip:101@([^;>]+)[^>]*>(.*)$", register, re.MULTILINE)
    return [where for where, rest in found if "expires=0" not in rest], [w for w, rest in found if "expires=0" in rest]


def is_back(door, sent):
    """It is registered by another Contact than after so many REGISTERs, and nobody has refused it since."""
    until(lambda: door.of("account.registered") or door.of("account.failed"), "an answer", log=door.told)
    assert not door.of("account.failed")
    (new, ended), (former, _) = contacts(registers(door)[-1]), contacts(registers(door)[sent - 1])
    assert new != former
    assert ended == former


def used(door):
    """The contacts that it has registered by now, or tried to."""
    return {where for each in registers(door) for where in contacts(each)[0]}


def is_kept(door):
    """Its contact is on disc, some milliseconds after the registrar has it."""
    (contact,), kept = contacts(registers(door)[-1])[0], door.directory / "kept.json"
    until(lambda: kept.exists() and contact in kept.read_text(), contact)


def started_again(door):
    sent = len(registers(door))
    door.begin()
    door.start()
    door.ready()
    is_back(door, sent)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("moves", [False, True])
def test_after_a_power_cut_its_former_contact_is_ended(tmp_path, pbx, transport, moves):
    with station(tmp_path, pbx, transport) as door:
        for _ in range(2):
            door.wait("account.registered")
            is_kept(door)
            door.kill()
            if moves:
                door.config["sip"]["address"] = loopback()
            started_again(door)


def test_after_the_end_of_its_sip_process_its_former_contact_is_ended(tmp_path, pbx):
    with station(tmp_path, pbx, "tcp") as door:
        door.wait("account.registered")
        sent = len(registers(door))
        door.begin()
        os.kill(door.sip(), signal.SIGKILL)
        is_back(door, sent)


@pytest.mark.parametrize("loses", [False, True])
def test_after_a_connection_was_cut_its_former_contacts_are_ended(tmp_path, pbx, loses):
    """Also the one of which the PBX's acceptance was lost with the connection."""
    with Relay(pbx) as relay, station(tmp_path, relay, "tcp", times=hasty()) as door:
        for count in range(1, 4):
            until(lambda: door.get("/v1/accounts/office")["state"] == "registered", "a registration", log=door.told)
            relay.loses = loses
            relay.cut()
            until(lambda count=count: len(used(door)) > count * (1 + loses), "new contacts", log=door.told)
        until(lambda: door.get("/v1/accounts/office")["state"] == "registered", "a registration", log=door.told)
        assert not door.ever("account.failed", code=403)


def test_what_it_has_ended_itself_is_not_ended_again(tmp_path, pbx):
    door = station(tmp_path, pbx, "udp")
    with door:
        door.wait("account.registered")
    sent = len(registers(door))
    with door:
        door.wait("account.registered", after="start")
        assert [contacts(each)[1] for each in registers(door)[sent:]] == [[]] * len(registers(door)[sent:])


@pytest.mark.parametrize("after_restart", [False, True])
def test_a_refusal_that_follows_a_success_is_soon_tried_again(tmp_path, after_restart):
    """Whether the success was in this run, or before a power cut."""
    times = hasty(registration_slow_s=(600.0, 600.0))
    with (
        Scripted(GRANTED, *[REFUSED] * 3, GRANTED) as registrar,
        station(tmp_path, registrar, "udp", times=times) as door,
    ):
        door.wait("account.registered")
        is_kept(door)
        door.begin()
        if after_restart:
            door.kill()
            door.start()
            door.ready()
        door.wait("account.registered", after="start" if after_restart else "recovery")
        failed = door.wait("account.failed", code=403)["data"]
        assert "which it has accepted before: it may allow one contact" in failed["explanation"]
        waited = [event["data"]["retry_in_s"] for event in door.of("account.failed")]
    assert len(waited) == 2  # of three, as the third in a row is not reported
    for each, longest in zip(waited, times.registration_refused_s[:2], strict=True):
        assert 0.9 * longest <= each <= longest


def test_a_registrar_that_has_never_accepted_it_is_not_said_to_have_done_so(tmp_path):
    """After another registrar, or another user, was configured."""
    with Scripted(GRANTED) as before, Scripted(REFUSED) as registrar, station(tmp_path, before, "udp") as door:
        door.wait("account.registered")
        door.kill()
        door.config["account"]["office"]["registrar"] = f"{registrar.address}:{registrar.port}"
        door.start()
        door.ready()
        failed = door.wait("account.failed", code=403)["data"]
        assert "accepted before" not in failed["explanation"]
        assert contacts(registers(door)[-1])[1] == []
