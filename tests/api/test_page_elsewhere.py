"""A ring for those who look elsewhere: title and icon, and in a hidden tab a sound and a notification."""

import pytest

from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import opened, rings
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

# Browsers without a head show their only tab, sound to nobody, and ask nobody: what the page asks of them is noted.
NOTED = """
  window.noted = { sounding: 0, notes: [], closed: 0, permission: "granted", hidden: false };
  Object.defineProperty(document, "hidden", { get: () => noted.hidden });
  const started = OscillatorNode.prototype.start, stopped = OscillatorNode.prototype.stop;
  OscillatorNode.prototype.start = function (...given) { noted.sounding++; return started.apply(this, given); };
  OscillatorNode.prototype.stop = function (...given) {
    if (!given.length) noted.sounding--;
    return stopped.apply(this, given);
  };
  window.Notification = class {
    static get permission() { return noted.permission; }
    static async requestPermission() { return noted.permission = "granted"; }
    constructor(title, { body }) { noted.notes.push(`${title} ${body}`); }
    close() { noted.closed++; }
  };
"""
TITLE, ICON = "document.title", "document.querySelector('#icon').getAttribute('href')"


@pytest.fixture
def noting(page):
    with page.first(NOTED):
        yield page


def hide(page, hidden=True):
    page.value(f"noted.hidden = {str(hidden).lower()}; document.dispatchEvent(new Event('visibilitychange'))")


def wait(page, script, value):
    until(lambda: page.value(script) == value, script, START_S, log=lambda: page.value(script))


def test_a_hidden_tab_shows_a_ring_by_title_icon_sound_and_a_notification_until_it_ends(noting, shared, station):
    opened(noting, shared, station)
    assert noting.value(f"[{TITLE}, {ICON}]") == ["Front door", "icon.svg"]
    hide(noting)
    rings(station, shared, "c-1")
    wait(noting, TITLE, "🔔 Kitchen rings. Front door")
    assert noting.value(ICON) == "icon-ring.svg"
    wait(noting, "[noted.sounding, noted.notes]", [1, ["Kitchen rings. Front door"]])
    station.state["calls"] = [fake.call("c-1", direction="incoming")]
    shared.tell("call.connected", call="c-1")
    wait(noting, f"[noted.sounding, noted.closed, {TITLE}, {ICON}]", [0, 1, "Front door", "icon.svg"])


def test_a_tab_that_is_looked_at_is_silent_one_that_is_left_while_it_rings_is_not(noting, shared, station):
    opened(noting, shared, station)
    rings(station, shared, "c-1")
    noting.shows("#ring", "Kitchen")
    assert noting.value("[noted.sounding, noted.notes.length]") == [0, 0]
    assert noting.value(TITLE) == "🔔 Kitchen rings. Front door"
    hide(noting)
    wait(noting, "[noted.sounding, noted.notes.length]", [1, 1])
    station.state["calls"].append(fake.call("c-2", state="ringing", connected_since=None, ring="v-1"))
    shared.tell("ring.started", ring="v-1", button="kitchen", to="Kitchen")
    wait(noting, "[noted.sounding, noted.notes.length]", [1, 2])
    assert "Somebody is at the door." in noting.value("noted.notes[1]")
    hide(noting, hidden=False)
    wait(noting, "noted.sounding", 0)


def test_a_page_that_is_left_for_another_one_is_silent_and_sounds_again_when_it_is_back(noting, shared, station):
    """With a card that takes all sound at once, the sound of a page that was left took Firefox a gigabyte a second."""
    opened(noting, shared, station)
    rings(station, shared, "c-1")
    noting.shows("#ring", "Kitchen")
    noting.value("noted.hidden = true; dispatchEvent(new Event('pagehide'))")
    hide(noting)
    assert noting.value("[noted.sounding, noted.notes.length]") == [0, 0]
    noting.value("dispatchEvent(new Event('pageshow'))")
    wait(noting, "noted.sounding", 1)
    noting.value("dispatchEvent(new Event('pagehide'))")
    wait(noting, "noted.sounding", 0)


KEPT = """
  const ends = OscillatorNode.prototype.stop;
  OscillatorNode.prototype.stop = function (...given) {
    if (!given.length) localStorage.setItem("test.ended", this.context.currentTime);
    return ends.apply(this, given);
  };
  for (const kind of ["error", "unhandledrejection"]) {
    addEventListener(kind, (event) => localStorage.setItem("test.error", event.message ?? event.reason));
  }
"""


def test_a_page_that_is_closed_while_it_sounds_ends_its_sound_without_an_error(page, shared, station):
    tab = page.another()
    with tab.first(NOTED), tab.first(KEPT):
        opened(tab, shared, station)
        hide(tab)
        rings(station, shared, "c-1")
        wait(tab, "noted.sounding", 1)
        assert tab.value("localStorage.getItem('test.ended')") is None
    tab.close()
    page.open(shared.bound.url)
    page.shows("#link-text", "live")
    wait(page, "localStorage.getItem('test.ended') !== null", True)
    assert page.value("localStorage.getItem('test.error')") is None
    page.value("localStorage.removeItem('test.ended')")


def test_a_device_that_is_not_to_be_disturbed_shows_a_ring_as_a_note_on_home_alone(noting, shared, station):
    opened(noting, shared, station, "more")
    noting.click("#hush")
    wait(noting, "document.querySelector('#hush').getAttribute('aria-checked')", "true")
    noting.reload()
    noting.shows("#link-text", "live")
    assert noting.value("document.querySelector('#hush').getAttribute('aria-checked')") == "true"
    hide(noting)
    rings(station, shared, "c-1")
    wait(noting, "document.querySelector('#ring .who')?.textContent", "Kitchen")
    assert noting.value("[noted.sounding, noted.notes.length]") == [0, 0]
    assert noting.value(f"[{TITLE}, {ICON}]") == ["Front door", "icon.svg"]
    hide(noting, hidden=False)
    seen = "[document.querySelector('#ring').offsetHeight > 0, document.body.classList.contains('ringing')]"
    assert noting.value(f"[...{seen}, document.querySelector('#ring-said').textContent]") == [False, False, ""]
    noting.value("location.hash = 'home'")
    wait(noting, seen, [True, False])
    assert noting.value("document.querySelector('#tabs').getClientRects().length") == 1
    noting.shows('[data-note="hush"]', "The station and other devices still ring.")
    again = """document.querySelector('[data-note="hush"] button')?.click()"""  # not in the first half second
    until(lambda: noting.value(again) is None and noting.value(seen) == [True, True], "the ring's screen", START_S)
    wait(noting, TITLE, "🔔 Kitchen rings. Front door")
    assert noting.value("localStorage.getItem('intercomd.rings')") == "on"


@pytest.mark.parametrize("lacks", ["Notification", "AudioContext"])
def test_a_browser_without_notifications_or_sound_shows_the_rest(page, shared, station, lacks):
    with page.first(NOTED), page.first(f"delete window.{lacks}; delete window.webkit{lacks};"):
        opened(page, shared, station)
        hide(page)
        rings(station, shared, "c-1")
        wait(page, ICON, "icon-ring.svg")
        expected = [1, []] if lacks == "Notification" else [0, ["Kitchen rings. Front door"]]
        wait(page, "[noted.sounding, noted.notes]", expected)


def test_notifications_are_asked_for_by_a_press_and_a_refusal_is_explained(page, shared, station):
    with page.first(NOTED), page.first("noted.permission = 'default';"):
        opened(page, shared, station, "more")
        page.click("#elsewhere-notify")
        wait(page, "[noted.permission, document.querySelector('#elsewhere-notify').hidden]", ["granted", True])
    with page.first(NOTED), page.first("noted.permission = 'denied';"):
        page.reload()
        page.shows("#elsewhere-section", "This browser refuses notifications")


FOCUS = "document.activeElement.dataset.key ?? document.activeElement.tagName"


def test_the_focus_goes_on_to_the_call_after_answer_and_to_what_is_left_after_hang_up(page, shared, station):
    opened(page, shared, station)
    rings(station, shared, "c-1")
    page.shows("#ring", "Kitchen")
    until(lambda: page.value("document.querySelector('[data-held]') === null"), "buttons that work", START_S)
    page.value("document.querySelector('[data-key=\"c-1 answer\"]').focus()")
    page.key("Enter")
    until(lambda: station.requests)
    for state in ("connecting", "connected"):
        station.state["calls"] = [fake.call("c-1", direction="incoming", state=state), fake.call("c-2", hold="local")]
        shared.tell("call.state_changed", call="c-1")
        wait(page, FOCUS, "c-1 hangup")
    station.state["calls"] = [fake.call("c-1", state="disconnecting"), fake.call("c-2", hold="local")]
    shared.tell("call.state_changed", call="c-1")
    wait(page, FOCUS, "c-2 resume")
    station.state["calls"] = []
    shared.tell("call.ended", call="c-2")
    wait(page, FOCUS, "home")


def test_the_focus_of_who_is_elsewhere_stays_there(page, shared, station):
    opened(page, shared, station)
    page.value("document.querySelector('#dnd').focus()")
    rings(station, shared, "c-1")
    page.shows("#ring", "Kitchen")
    station.state["calls"] = []
    shared.tell("call.ended", call="c-1")
    wait(page, "document.querySelector('#ring').hidden", True)
    assert page.value("document.activeElement.id") == "dnd"
