"""Contacts that are watched go, come and talk: another station by OPTIONS, an extension by its PBX's reports."""

import os
import signal

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import Notifier, account
from tests.support.peers.sipp import free_port
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("hasty_stations")


def becomes(door, state, code=200, reason=None, contact="kitchen"):
    """An event reports that state, and the interface shows it."""
    told = door.wait("contact.changed", contact=contact, new=state, patience=120)["data"]
    assert told["code"] == code and reason in {None, told["reason"]}, told
    is_shown(door, contact, state, code)
    door.begin()


def is_shown(door, contact, state, code):
    (shown,) = (each for each in door.get("/v1/contacts")["contacts"] if each["name"] == contact)
    assert (shown["state"], shown["watched"], shown["code"]) == (state, True, code)


@pytest.mark.long(60)
@shows("contact.changed", "GET /v1/contacts")
def test_a_contact_that_goes_and_comes_is_reported(tmp_path):
    def station(name):
        address = loopback()
        return Daemon(tmp_path / name, sip={"address": address, "port": free_port(address)})

    def watched(far):
        return {"uri": "sip:door@{address}:{port}".format(**far.config["sip"]), "watch": "options", "watch_s": 5}

    kitchen, garage = station("kitchen"), station("garage")
    with Daemon(tmp_path / "door", target={"kitchen": watched(kitchen), "garage": watched(garage)}) as door:
        with kitchen:
            becomes(door, "available", 200)
        for gone in ("garage", "kitchen"):  # the garage was never there; no answer for 32 s is none
            told = door.wait("contact.changed", contact=gone, patience=120)["data"]
            assert (told["new"], told["code"]) == ("unavailable", 0)
            is_shown(door, gone, "unavailable", 0)
        door.begin()
        with garage:
            becomes(door, "available", 200, contact="garage")


@pytest.fixture
def pbx(tmp_path):
    with Asterisk(tmp_path / "a") as running:
        yield running


@pytest.mark.long(60)
@shows("contact.changed", "GET /v1/contacts")
def test_an_extension_is_there_talks_and_goes_as_its_pbx_reports(pbx, tmp_path):
    def station(user, **target):
        # A goodbye may be lost on a busy machine; then the PBX forgets the station a minute later.
        table = account(tmp_path, pbx, user, expires_s=60)
        return Daemon(tmp_path / user, account={"office": table}, target=target)

    watched = {"uri": "102", "account": "office", "watch": "subscribe", "watch_s": 5}
    with station("101", kitchen=watched) as door:
        becomes(door, "unavailable")
        with station("102", far={"uri": "602", "account": "office"}) as kitchen:
            becomes(door, "available")
            call = kitchen.talk(kitchen.ring())
            becomes(door, "busy")
            kitchen.press("hangup")
            kitchen.final(call, kind="call.ended")
            becomes(door, "available")
            pbx.kill()
            becomes(door, "unknown", 0)
            pbx.__enter__()
            becomes(door, "available")
            # Without a registration it would not say goodbye, and the PBX remembers the one from before.
            until(lambda: kitchen.get("/v1/accounts/office")["state"] == "registered", "its registration")
        becomes(door, "unavailable")


PIDF = "application/pidf+xml"
BUSY = """<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:1@x">
<tuple id="1"><status><basic>open</basic></status></tuple><note/><r:activities><r:on-the-phone/></r:activities>
</presence>"""
TALKS = """<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:1@x">
<dialog id="1"><state>confirmed</state></dialog></dialog-info>"""
DIALOG = "application/dialog-info+xml"


@pytest.fixture
def watching(tmp_path):
    """Begins a station that watches an extension of a server."""

    def begun(server):
        watched = {"uri": "102", "account": "office", "watch": "subscribe", "watch_s": 5}
        return Daemon(tmp_path / "d", account={"office": account(tmp_path, server, "101")}, target={"kitchen": watched})

    return begun


@pytest.mark.parametrize(("code", "packages"), [(403, ("presence",)), (404, ("presence",)), (489, ())])
def test_a_server_that_refuses_leaves_the_state_unknown(code, packages, watching):
    with Notifier((code, None), packages=packages) as server, watching(server) as door:
        becomes(door, "unknown", code)


def test_a_server_that_knows_only_calls_reports_those(watching):
    told = 202, ("active;expires=600", DIALOG, TALKS)
    with Notifier(told, packages=("dialog",)) as server, watching(server) as door:
        becomes(door, "busy")


def test_a_subscription_is_renewed_and_begun_again_after_its_end_and_after_the_sip_process(watching):
    told = [
        (202, ("active;expires=600", PIDF, BUSY)),
        (202, ("terminated;reason=rejected;retry-after=5", PIDF, "")),
        (202, ("active;expires=600", PIDF, BUSY)),
    ]
    with Notifier(*told) as server, watching(server) as door:
        becomes(door, "busy")
        becomes(door, "unknown", 200, "rejected")
        becomes(door, "busy")
        asked = len(server.subscribed)
        os.kill(door.sip(), signal.SIGKILL)
        door.wait("appliance.recovered", part="sip")
        until(lambda: len(server.subscribed) > asked, "a subscription by the next process", 60)
        ended = server.ended
        until(lambda: server.ended > ended, "one that another took the place of", 60)
        assert door.get("/v1/contacts")["contacts"][-1]["state"] == "busy"
