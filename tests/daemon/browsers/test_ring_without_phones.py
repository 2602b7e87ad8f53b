"""A station without any SIP target: a press rings the page, which answers, or nobody does."""

from datetime import datetime

import pytest

from tests.daemon.browsers.phones import STATION_HZ, Phone, phone, until_received
from tests.daemon.browsers.test_talk import heard
from tests.support.daemon import Daemon, settled
from tests.support.peers import sounds
from tests.support.waiting import until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

STEP_S = 8  # a page on a slow machine shows the ring before it is over
TOLD = """{
  new MutationObserver(() => {
    const text = document.querySelector("[data-note=answered] h2")?.innerText;
    if (text && !window.told) window.told = { text, at: Date.now() };
  }).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def alone(cable, tmp_path_factory):
    """Its button rings browsers, and no target or account is configured; it has one line."""
    directory = tmp_path_factory.mktemp("alone")
    tone = sounds.tone(directory / "door.wav", STATION_HZ)
    config = {
        "station": {"name": "Door"},
        "http": {"port": 0},
        "sip": {"address": "0.0.0.0", "port": 5080, "max_calls": 1},
        "audio": {"capture": "simulated", "playback": "simulated", "microphone_file": tone},
        "recording": {"enabled": True, "channels": "separate"},
        "panel": {
            "lines": "simulated",
            "button": {
                "ring": {"action": "ring", "target": "browsers"},
                "short": {"action": "ring", "target": "house"},
            },
        },
        "plan": {"house": {"steps": [["browsers"]], "step_s": [STEP_S]}},
        "door": {"front": {"pulse_s": 2.0}},
    }
    with Daemon(directory, cable.door.within, config=config) as station:
        yield station


@pytest.fixture(scope="module")
def browser(cable, alone, tmp_path_factory):
    """Chromium, logged in at that station."""
    with phone("chromium", tmp_path_factory.mktemp("chromium"), cable.door, alone) as found:
        yield found


@pytest.fixture
def anna(browser, alone) -> Phone:
    with settled(alone):
        browser.home()
        yield browser


def rung(anna: Phone, button: str = "ring") -> str:
    """Press: the page rings. The call that rings browsers."""
    anna.door.press(button)
    call: str = anna.door.next("call.ringing")["call"]
    until(lambda: anna.page.value("!document.querySelector('#ring').hidden"), "a ring on the page")
    return call


def gone(anna: Phone) -> None:
    until(lambda: anna.page.value("document.querySelector('#ring').hidden"), "no ring on the page")


def test_it_is_configured_and_ready(alone):
    state = alone.get("/v1/state")
    assert (state["appliance"]["configured"], state["appliance"]["status"], state["targets"]) == (True, "ready", [])


def test_the_page_answers_and_both_hear_each_other(anna, alone):
    ring = rung(anna)
    alone.wait("tone.started", tone="dialing")
    anna.page.click("#rings [data-key$=' talk']")
    call = anna.talks()
    ended = alone.wait("ring.ended", result="answered")
    assert (ended["call"], ended["data"]["by"]) == (call, f"http:{anna.who}")
    alone.final(ring, cause="answered_elsewhere", missed=False)
    gone(anna)
    anna.until_heard()
    until_received(alone, call)
    alone.press("ring")  # a second press changes nothing
    anna.page.click("#talk-end")
    alone.final(call, kind="call.ended", cause="hangup", by="local")
    assert heard(alone, call) == [True, True]
    assert len(alone.of("ring.started")) == 1


def test_nobody_answers(anna, alone):
    ring = rung(anna, "short")
    alone.final(ring, kind="call.failed", cause="no_answer")
    alone.wait("ring.ended", result="unanswered")
    gone(anna)
    anna.page.shows("[data-note=unanswered]", "")


def test_the_page_stops_the_ring(anna, alone):
    ring = rung(anna)
    anna.page.click("#rings [data-key$=' stop']")
    alone.final(ring, cause="canceled")
    alone.wait("ring.ended", result="canceled")
    gone(anna)


def test_the_page_opens_the_door_which_ends_the_ring(anna, alone):
    ring = rung(anna)
    alone.post("/v1/doors/front/open")
    alone.final(ring, cause="canceled")
    alone.wait("ring.ended", result="opened")
    gone(anna)


@pytest.fixture(scope="module")
def second(cable, alone, tmp_path_factory):
    """Firefox, the phone of somebody else, logged in there as well."""
    with phone("firefox", tmp_path_factory.mktemp("firefox"), cable.door, alone) as found:
        yield found


def test_of_two_phones_that_ring_the_first_answers_and_the_other_says_who(anna, second, alone, record_property):
    second.home()
    ring = rung(anna)
    until(lambda: second.page.value("!document.querySelector('#ring').hidden"), "a ring on the other phone")
    second.page.value(TOLD)
    anna.page.click("#rings [data-key$=' talk']")
    call = anna.talks()
    told = until(lambda: second.page.value("window.told"), "who has answered")
    assert told["text"] == f"{anna.who} has answered"
    gone(second)
    answered = alone.wait("ring.ended", result="answered")
    late_ms = told["at"] - datetime.fromisoformat(answered["time"]).timestamp() * 1000
    record_property("ms from the answer to the other phone's word of it", round(late_ms))
    alone.final(ring, cause="answered_elsewhere")
    anna.until_heard()
    assert second.page.value("document.querySelector('[data-note=answered] h2')?.innerText") == told["text"]
    anna.page.click("#talk-end")
    alone.final(call, cause="hangup")
