"""Residents' phones as they are: one whose screen goes off, one whose page dies, one that gives no microphone."""

import time

import pytest

from tests.daemon.browsers.phones import MICROPHONE, phone, received, until_received
from tests.support.daemon import Daemon
from tests.support.waiting import pause, until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

DARK_S = 20.0
PACKETS_PER_S = 50
CHROMIUM_REFUSES = ("--use-fake-ui-for-media-stream=deny",)
FIREFOX_REFUSES = {"permissions.default.microphone": 2, "media.navigator.permission.disabled": False}


def test_a_call_goes_on_while_the_phones_screen_is_off(mine, door):
    call = mine.talk()
    mine.until_heard()
    with mine.page.dark():
        before = received(door, call)
        pause(DARK_S)
        assert received(door, call) > before + DARK_S * PACKETS_PER_S / 2
    assert not door.of("call.ended", call)
    mine.until_heard()
    mine.page.click(f"[data-key='{call} mute']")
    until_received(door, call)
    mine.page.click("#talk-end")
    door.final(call, cause="hangup", by="local")


@pytest.mark.parametrize("kind", MICROPHONE)
def test_a_page_that_dies_ends_its_call(kind, door, cable, tmp_path, record_property):
    """Chromium closes its connections with it, Firefox when something comes: the call does not wait for silence."""
    with phone(kind, tmp_path / "dies", cable.door, door) as mine:
        call = mine.talk()
        mine.until_heard()
        died = time.monotonic()  # or a little later
        mine.page.die()
        door.final(call, kind="call.ended", cause="hangup")
        (ended,) = door.of("call.ended", call)
        record_property("seconds from its death to the end of the call", round(ended["uptime"] - died, 3))


def test_a_browsers_call_lasts_no_longer_than_the_station_allows(cable, tmp_path):
    sip = {"address": "0.0.0.0", "port": 0, "max_call_s": 3}  # the station of this file has 5080
    with (
        Daemon(tmp_path / "door", cable.door.within, sip=sip) as hall,
        phone("chromium", tmp_path / "chromium", cable.door, hall) as mine,
    ):
        call = mine.talk()
        hall.final(call, kind="call.ended", cause="duration_limit", by="local")
        until(lambda: mine.page.value("document.querySelector('#talking').hidden"), "the page at rest")


@pytest.mark.parametrize("kind", MICROPHONE)
def test_a_browser_that_refuses_the_microphone_makes_no_call(kind, door, cable, tmp_path):
    directory = tmp_path / "refuses"
    with phone(kind, directory, cable.door, door, flags=CHROMIUM_REFUSES, preferences=FIREFOX_REFUSES) as mine:
        mine.page.click("#to-talk")
        mine.explains("The browser does not give the page the microphone.")
        assert not door.of("call.incoming")
