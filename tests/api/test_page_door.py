"""The button that opens a door, and what the page says about the door."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance.core import inputs
from tests.api import fake
from tests.api.browser import HOLDS_BACK, START_S
from tests.api.conftest import hold, opened, press_until, show
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

DOOR = '[data-door="front"] button'
BUTTON = f"document.querySelector('{DOOR}')"
OPENED = inputs.OpenDoor("front", None)


def asked(station):
    return [action for action, _ in station.requests]


def later(page, milliseconds):
    """Wait by the page's clock."""
    page.value(f"window.began = performance.now() + {milliseconds}")
    until(lambda: page.value("performance.now() > window.began"), f"{milliseconds} ms", START_S)


def tap(page, times=1):
    """Taps in one step, as on a slow machine two steps of a test are too far apart for a finger that trembles."""
    page.value(f"{BUTTON}.click();" * times)


def touch(page):
    """A finger that comes and goes, in one step: on a slow machine the mouse would stay for long enough to open.

    Returns what the button says then.
    """
    finger = "for (const kind of ['down', 'up']) each.dispatchEvent(new PointerEvent(`pointer${kind}`, { button: 0 }))"
    return page.value(f"((each) => {{ {finger}; each.click(); return each.innerText; }})({BUTTON})")


def test_a_door_opens_when_its_button_is_held_or_tapped_twice_and_not_by_one_tap(page, shared, station):
    opened(page, shared, station)
    assert "Tap again" in touch(page)
    page.shows("#said", "Tap again")  # for those who do not see it
    until(lambda: page.value(f"{BUTTON}.innerText") == "Hold to open", "a button that has forgotten", START_S)
    assert station.requests == []
    hold(page, DOOR, lambda: station.requests)
    later(page, 800)  # its click, and a second opening, would be there by now
    assert asked(station) == [OPENED]
    tap(page)
    later(page, 200)
    tap(page)
    until(lambda: len(station.requests) == 2)
    tap(page, times=2)  # a finger that trembles
    later(page, 200)
    assert asked(station) == [OPENED] * 2
    page.value(f"{BUTTON}.focus()")
    later(page, 4200)
    page.key("Enter")
    page.shows(DOOR, "Tap again")
    later(page, 200)
    page.key("Enter")
    until(lambda: len(station.requests) == 3)


def test_a_finger_that_leaves_the_button_or_is_covered_by_a_ring_opens_nothing(page, shared, station):
    opened(page, shared, station)
    page.value("""
        const times = { bubbles: true, button: 0, clientX: 0, clientY: 0 };
        const button = document.querySelector('[data-door="front"] button');
        window.put = (kind) => button.dispatchEvent(new PointerEvent(kind, times));
        put("pointerdown"); put("pointerleave");
    """)
    later(page, 800)
    page.value("put('pointerdown'); put('pointermove')")  # far outside
    later(page, 800)
    # In the step that shows the ring, which begins with the title: an earlier finger has opened on a slow machine.
    page.value("""
        const set = () => { delete document.title; put("pointerdown"); window.fingers = 1; };
        Object.defineProperty(document, "title", { set, configurable: true });
    """)
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    shared.tell("call.incoming", call="c-1")
    page.shows("#ring", "Kitchen")
    later(page, 800)
    assert (page.value("window.fingers"), station.requests) == (1, [])


def test_one_press_opens_where_somebody_has_set_that(page, shared, station):
    opened(page, shared, station, "more")
    page.click("#plain")
    try:
        show(page, "home")
        page.shows(DOOR, "Open the door")
        page.click(DOOR)
        until(lambda: station.requests)
        assert asked(station) == [OPENED]
    finally:
        page.value("localStorage.removeItem('intercomd.press')")


def test_an_open_door_is_kept_open_and_locked_again_at_the_second_press(page, shared, station):
    station.state["doors"] = [fake.door("front", state="unlocked", unlocked=True, max_hold_s=600.0)]
    opened(page, shared, station)
    press_until(page, '[data-key="front keep"]', lambda: station.requests)
    assert asked(station) == [inputs.HoldDoor("front", None)]
    station.state["doors"] = [fake.door("front", state="held", unlocked=True, max_hold_s=600.0)]
    shared.tell("door.unlocked", door="front", by="http:token", means="api", seconds=600.0, held=True)
    page.click('[data-key="front release"]')
    until(lambda: len(station.requests) == 2)
    assert asked(station)[1] == inputs.ReleaseDoor("front")


def test_a_lockdown_begins_and_ends_at_the_second_press(page, shared, station):
    opened(page, shared, station, "more")
    press_until(page, '[data-key="lock front"]', lambda: station.requests)
    station.state["doors"] = [fake.door("front", state="locked_down")]
    shared.tell("door.locked_down", door="front", by="http:token")
    show(page, "home")
    page.shows("#notes", "front: locked down, nobody gets in")
    page.shows("#doors .seen", "Locked down")
    assert page.value(f"{BUTTON}.disabled") is True
    press_until(page, '[data-key="note unlock front"]', lambda: len(station.requests) == 2)
    assert asked(station) == [inputs.LockDoor("front"), inputs.UnlockDoor("front")]


def test_the_leaf_is_spoken_of_only_where_a_contact_is(page, shared, station):
    station.state["doors"] = [fake.door("front", contact=None, unlocked=True, state="unlocked"), fake.door("yard")]
    opened(page, shared, station)
    leaf = "[...document.querySelectorAll('#doors .look')].map((each) => each.dataset.leaf)"
    assert page.value(leaf) == ["shut", "shut"]
    station.state["doors"][1] |= {"contact": "open", "alarm": "forced"}
    shared.tell("door.forced", door="yard")
    page.shows("#notes [role=alert]", "yard: opened without a code or button")
    page.shows('[data-door="yard"] .seen', "Open, unexplained")
    assert page.value(leaf) == ["shut", "open"]
    page.click("#notes button")
    until(lambda: page.value("document.querySelector('#notes').children.length") == 0, "no notice", START_S)
    station.state["doors"][1]["alarm"] = "held_open"
    shared.tell("door.held_open", door="yard", seconds=60)
    page.shows("#notes", "yard: left open")


def test_while_the_leaf_stands_open_the_button_steps_back_and_still_unlocks(page, shared, station):
    station.state["doors"] = [fake.door("front", name="Front door", contact="open", alarm="held_open")]
    opened(page, shared, station)
    page.shows(DOOR, "Hold to unlock all the same")
    hold(page, DOOR, lambda: station.requests)
    assert asked(station) == [OPENED]
    station.state["doors"] = [fake.door("front", name="Front door", contact="closed")]
    shared.tell("door.closed", door="front")
    until(lambda: page.value(f"{BUTTON}.innerText") == "Hold to open", "the usual button", START_S)


def test_home_says_how_rings_ended_and_what_was_missed(page, shared, station):
    now = datetime.now(UTC)
    station.audit.rows.append(
        fake.event("door.unlocked", 1, {"door": "front", "by": "card of Ann, reader gate", "means": "card"})
        | {"time": now.isoformat(), "hash": "h"}
    )
    station.state["doors"][0]["last_opening"] = {
        "time": now.isoformat().replace("+00:00", "Z"),
        "by": "card of Ann, reader gate",
        "means": "card",
        "held": False,
    }
    opened(page, shared, station)
    page.shows("#doors .seen", "with the card of Ann")
    page.shows("#today", "Ann opened")
    shared.tell("ring.ended", ring="v-1", button="kitchen", result="answered", call="c-1", target="Kitchen")
    page.shows("#notes", "Kitchen has answered")
    shared.tell("ring.ended", ring="v-2", button="kitchen", result="unanswered", call=None, target="")
    page.shows("#notes", "A visitor rang at 06:07, nobody answered")
    station.state["calls"] = [fake.call(state="ringing", connected_since=None, ring="v-3")]
    shared.tell("ring.started", ring="v-3", button="kitchen", to="Kitchen")
    page.shows("#ring", "Somebody is at the door.")
    shared.tell("door.unlocked", door="front", by="http:Anna", means="api", seconds=3.0, held=False)
    station.state["calls"] = []
    shared.tell(
        "ring.ended",
        ring="v-3",
        button="kitchen",
        result="opened",
        call=None,
        target="",
        door="front",
        by="http:Anna",
        means="api",
    )
    end = {"cause": "canceled", "code": 487, "reason": "", "by": "remote", "explanation": ""}
    missed = {"direction": "incoming", "missed": True, "connected_since": None, "end": end}
    station.call_log.rows.append(fake.logged("c-3", created=(now - timedelta(seconds=1)).isoformat(), **missed))
    shared.tell("call.canceled", call="c-3", cause="canceled")
    page.shows('[data-note="opened"]', "Anna opened")
    shared.tell(
        "ring.ended",
        ring="v-4",
        button="kitchen",
        result="opened",
        call=None,
        target="",
        door="front",
        by="button out",
        means="exit",
    )
    page.shows('[data-note="opened"]', "Opened with the button out")
    page.shows("#notes", "Kitchen rang at")
    page.shows("#views .badge", "1")
    page.click('[data-key="note-seen"]')
    until(lambda: page.value("document.querySelector('#views .badge')") is None, "no badge", START_S)
    page.value("localStorage.removeItem('intercomd.seen')")


def test_an_older_answer_takes_nothing_away_from_home(page, shared, station):
    opened(page, shared, station)
    page.shows("#today-empty", "")
    page.value(HOLDS_BACK % "/v1/log/doors?limit=100")
    shared.tell("door.locked", door="front")
    until(lambda: page.value("late !== null"), "an answer that is held back", START_S)
    opening = {"door": "front", "by": "card of Ann, reader gate", "means": "card"}
    time = datetime.now(UTC).isoformat()
    station.audit.rows.append(fake.event("door.unlocked", 1, opening) | {"time": time, "hash": "h"})
    shared.tell("door.unlocked", door="front", by="card of Ann, reader gate", means="card", seconds=3.0, held=False)
    page.shows("#today", "Ann opened")
    page.value("late() ?? 0")
    station.state["appliance"]["station"] = "Back door"
    shared.tell("custom")
    page.shows("#station", "Back door")  # by now the page has read that answer, too
    assert "Ann opened" in page.value("document.querySelector('#today').innerText")


CASES = [  # days, begin, end, uses, expires; in English and German
    (None, "", "", None, None, "Opens front at any time.", "Öffnet front jederzeit."),
    (["tue"], "08:00", "12:00", 1, None, "Opens front every Tuesday from 08:00 to 12:00. It opens once.",
     "Öffnet front jeden Dienstag von 08:00 bis 12:00. Er öffnet einmal."),
    (["mon", "tue", "wed"], "22:00", "06:00", None, None,
     "Opens front from Monday to Wednesday from 22:00 to 06:00 of the next day.",
     "Öffnet front von Montag bis Mittwoch von 22:00 bis 06:00 des nächsten Tages."),
    (["mon", "sun"], "00:00", "24:00", 3, None, "Opens front every Monday and Sunday all day. It opens 3 times.",
     "Öffnet front jeden Montag und Sonntag den ganzen Tag. Er öffnet 3-mal."),
]  # fmt: skip
SAID = """Promise.all([import('/schedule.js'), import('/base/texts.js')]).then(async ([schedule, texts]) => {
  const { sentence } = schedule, { addTexts, language } = texts;
  addTexts(await (await fetch(`texts/${language}.guests.json`)).json());
  window.said = %s.map(([days, begin, end, uses, expires]) =>
    sentence({ doors: ["front"], schedule: days && [{ days, begin, end }], uses, expires }));
}); 0"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_code_is_said_in_words(page, shared, language):
    with page.languages(language):
        page.open(shared.bound.url)
        page.shows("#link-text", "logged out" if language == "en" else "abgemeldet")
        page.value(SAID % json.dumps([case[:5] for case in CASES]))
        said = until(lambda: page.value("window.said"), "the sentences", START_S)
    assert said == [case[5 if language == "en" else 6] for case in CASES]
