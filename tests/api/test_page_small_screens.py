"""The page on a phone, and the display for visitors at the door."""

import pytest

from appliance.core import inputs
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import TOKEN, log_in, opened, rings, show
from tests.support.waiting import until

pytestmark = pytest.mark.far_end


def test_the_page_fits_a_narrow_phone(page, shared, station):
    station.state["calls"] = [fake.call()]
    with page.phone():
        opened(page, shared, station)
        page.shows("#calls", "Hang up")
        assert page.value("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_word_is_broken_on_a_narrow_phone(page, shared, station, language):
    station.state["appliance"]["station"] = "Kitchen"
    words = "['#title', '#views li:last-child a > span:last-child', '#views a > span:last-child', '#link-text']"
    lines = "new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size"
    drawn = "const range = document.createRange(); range.selectNodeContents(document.querySelector(each));"
    with page.phone(), page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#station", "Kitchen")
        page.shows("#views", "History" if language == "en" else "Verlauf")
        assert page.value(f"{words}.map((each) => {{ {drawn} return {lines}; }})") == [1] * 4
        top = "document.querySelector('header').getBoundingClientRect().height"
        assert page.value(top) < 90, "the door comes soon"
        page.value("location.hash = 'system'")
        page.shows("#views", "Accounts" if language == "en" else "Konten")
        tabs = "[...document.querySelectorAll('#views a > span:last-child')]"
        one = drawn.replace("document.querySelector(each)", "each")
        assert page.value(f"{tabs}.map((each) => {{ {one} return {lines}; }})") == [1] * 7


VIEWS = ["home", "history", "recordings", "directory", "codes", "more", "settings"]
VIEWS += ["system", "accounts", "panel", "sound", "access", "events"]
# What is drawn outside of the window, or cut off by what it lies in, unless that can be scrolled.
LOST = """
  [...document.querySelectorAll("body *")].filter((each) => {
    const box = each.getBoundingClientRect();
    if (!box.width || each.closest(".unseen, svg, [hidden], .filters, .setup #views")) return false;
    const style = getComputedStyle(each);
    const cut = style.overflowX === "hidden" && each.scrollWidth > each.clientWidth + 1;
    return cut || box.right > document.documentElement.clientWidth + 1 || box.left < -1;
  }).map((each) => `${each.tagName} ${each.id || each.className} ${each.textContent.slice(0, 30)}`)
"""


# Words that go on in the next line without a hyphen, though they are short enough for any place on a phone.
BROKEN = """
  (() => {
    const broken = [], range = document.createRange();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (getComputedStyle(text.parentElement).hyphens === "auto") continue;
      for (const { 0: word, index } of text.data.matchAll(/(?<!\\p{L})\\p{L}{2,14}(?=[\\s.,:;!?]|$)/gu)) {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word);
      }
    }
    return broken;
  })()
"""


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_short_words_are_whole_on_each_view_of_a_narrow_phone(page, shared, station, language):
    with page.phone(), page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#station", "Front door")
        for view in VIEWS:
            show(page, view)
            assert page.value(BROKEN) == [], view


@pytest.mark.parametrize("language", ["en", "de"])
def test_text_of_twice_the_size_fits_a_phone(page, shared, station, language):
    with page.screen(390, 844), page.languages(language):
        station.state["calls"] = [fake.call()]
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#station", "Front door")
        page.value("document.documentElement.style.fontSize = '200%'")
        for view in VIEWS:
            show(page, view)
            assert page.value(LOST) == [], view
            assert page.value("document.documentElement.scrollWidth") <= 390, view
        show(page, "home")
        rings(station, shared, "c-1", "c-2")
        page.shows("#ring", "Kitchen")
        assert page.value(LOST) == []
        top = "document.querySelector('#ring').getBoundingClientRect().top"
        assert page.value(top) >= 0, "it can be scrolled"


def test_the_size_of_text_follows_the_browsers_own(page, shared, station):
    opened(page, shared, station)
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.value(size)
    page.value("document.documentElement.style.fontSize = '200%'")
    assert page.value(size) == 2 * before
    rule = "[...document.styleSheets[0].cssRules].find(({ selectorText }) => selectorText === ':root').style.fontSize"
    assert page.value(rule) == "100%"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("width", "height"), [(800, 480), (1024, 600)])
def test_a_call_can_be_hung_up_on_a_small_wall_without_scrolling(page, shared, station, language, width, height):
    remote = fake.call()["remote"] | {"target": "", "display_name": "A stranger", "uri": "sip:stranger@203.0.113.77"}
    with page.screen(width, height), page.languages(language):
        station.state["doors"] = []
        station.state["panel"]["buttons"].append(fake.button("door", "door"))
        station.state["calls"] = [fake.call("c-1", remote=remote), fake.call("c-2", hold="local")]
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#calls", "Hang up" if language == "en" else "Auflegen")
        box = page.value("""(() => {
          const button = document.querySelector('[data-key="c-1 hangup"]'), box = button.getBoundingClientRect();
          const at = document.elementFromPoint(box.x + box.width / 2, box.bottom - 2);
          return [box.top >= 0, box.bottom <= innerHeight, at === button];
        })()""")
        assert box == [True, True, True]


def displayed(page, shared, station, *flats):
    station.state["directory"] = [{"flat": flat, "name": name, "targets": ["Kitchen"]} for flat, name in flats]
    page.open(f"{shared.bound.url}display#token={TOKEN}")
    page.shows("#station", "Front door")
    until(lambda: station.subscribers, patience=START_S)


def test_a_visitor_calls_a_flat_from_the_list_and_sees_what_becomes_of_it(page, shared, station):
    displayed(page, shared, station, ("12", "<i>Miller</i>"), ("3", "Smith"))
    page.shows("#directory", "<i>Miller</i>")
    assert page.value("document.querySelector('[data-flat=\"3\"]').getAttribute('aria-label')") == "Call Smith, flat 3"
    page.click('[data-flat="3"]')
    until(lambda: station.requests)
    assert station.requests == [(inputs.RingFlat("3"), "http:token")]
    page.shows("#status", "Calling Smith")
    shared.tell("ring.ended", ring="v-1", button="http:token", result="unanswered", target="")
    page.shows("#status", "Nobody answered.")
    shared.tell("ring.started", ring="v-2", button="keypad street", to="flat 12")
    page.shows("#status", "Calling <i>Miller</i>")


def test_the_list_is_worked_by_keys_alone(page, shared, station):
    displayed(page, shared, station, ("12", "Miller"))
    page.shows("#directory", "Miller")
    page.value("document.querySelector('[data-flat]').focus()")
    page.key("Enter")
    until(lambda: station.requests)
    assert station.requests == [(inputs.RingFlat("12"), "http:token")]


def test_a_flat_that_cannot_be_called_is_reported_on_the_display(page, shared, station):
    station.replies = fake.refused("too-many-calls")
    displayed(page, shared, station, ("12", "Miller"))
    page.click('[data-flat="12"]')
    page.shows("#status", "Too many calls are active. No.")


def test_the_list_follows_the_configuration_and_an_empty_one_says_so(page, shared, station):
    displayed(page, shared, station)
    page.shows("#status", "The directory is empty.")
    station.state["directory"] = [{"flat": "7", "name": "Jones", "targets": ["Kitchen"]}]
    shared.tell("config.changed", applied="directory", needs_restart="")
    page.shows("#directory", "Jones")


def test_a_display_that_is_opened_again_follows_at_once(page, shared, station, change_station):
    displayed(page, shared, station, ("12", "Miller"))
    page.open("about:blank")
    other = change_station()  # one without the subscriber that the first page was
    displayed(page, other, other.station, ("12", "Miller"))
    other.tell("ring.ended", ring="v-1", button="http:token", result="unanswered", target="")
    page.shows("#status", "Nobody answered.")
    waits = "map(({startTime, requestStart}) => requestStart - startTime)"
    polls = f"performance.getEntriesByType('resource').filter(({{name}}) => name.includes('/v1/events')).{waits}"
    assert max(page.value(polls)) < 10_000  # ms in which the browser held the question back


def display_left(page, shared, station):
    displayed(page, shared, station, ("12", "Miller"))
    page.open("about:blank")
    until(lambda: not station.subscribers, "the end of the question", START_S)


def test_a_display_whose_page_is_left_and_comes_back_follows_again(page, shared, station):
    display_left(page, shared, station)
    page.value("history.back()")
    until(lambda: station.subscribers, "the next one", START_S)
    shared.tell("ring.ended", ring="v-1", button="http:token", result="unanswered", target="")
    page.shows("#status", "Nobody answered.")


def test_a_script_that_leaves_its_page_before_it_ends_has_no_value(page, shared, station):
    display_left(page, shared, station)
    assert page.value("history.back(); for (const end = Date.now() + 500; Date.now() < end; );") is None
    until(lambda: station.subscribers, "the next one", START_S)


def test_the_display_asks_for_the_token_as_the_page_does(page, shared, station):
    page.open(f"{shared.bound.url}display#token=wrong")
    page.shows("#status", "The token is missing, wrong or expired.")
    assert page.value("document.querySelectorAll('[data-flat]').length") == 0
