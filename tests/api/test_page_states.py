"""Every state of the page, on a phone, a wall and a desk: none is cut, all can be hit, and axe-core finds nothing."""

import pytest

from tests.api import fake
from tests.api.browser import START_S, live, log_in
from tests.api.conftest import TOKEN
from tests.api.test_page_accessible import violations
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

SIZES = {"phone": (390, 844), "wall": (800, 480), "desk": (1280, 800)}
ZOOMED = {f"{name} at 200 %": (width // 2, height // 2) for name, (width, height) in SIZES.items()}
MORE_SIZES = {"wide wall": (1000, 590), "large wall": (1024, 600)}
VIEWS = ["history", "recordings", "codes", "codes=new", "more", "directory", "settings"]
VIEWS += ["system", "accounts", "panel", "sound", "access", "events"]
RINGS = {"state": "incoming", "direction": "incoming", "connected_since": None}
HOME = {  # calls, doors
    "idle": ([], [fake.door("front")]),
    "open": ([], [fake.door("front", state="unlocked", unlocked=True, by="http:token", means="api", max_hold_s=9.0)]),
    "forced": ([], [fake.door("front", contact="open", alarm="forced")]),
    "left open": ([], [fake.door("front", contact="open", alarm="held_open")]),
    "lockdown": ([], [fake.door("front", state="locked_down")]),
    "two doors": ([], [fake.door("front"), fake.door("yard", available=False)]),
    "ring": ([fake.call(**RINGS)], [fake.door("front")]),
    "visitor": ([fake.call(state="ringing", connected_since=None, ring="v-1")], [fake.door("front")]),
    "call": ([fake.call(direction="incoming", recording="r-1")], [fake.door("front")]),
    "call waiting": ([fake.call(direction="incoming"), fake.call("c-2", **RINGS)], [fake.door("front")]),
}
# What is wider than the window, too small for a finger, or a label that is cut.
FAULTS = """(() => {
  const shown = (each) => each.getClientRects().length > 0 && getComputedStyle(each).visibility !== "hidden";
  const hit = [...document.querySelectorAll("button, a, select, input, summary")].filter((each) => shown(each) &&
    !["checkbox", "radio", "range"].includes(each.type) && !each.closest(".unseen"));
  const small = hit.filter((each) => Math.min(each.offsetHeight, each.offsetWidth) < LEAST);
  const cut = [...document.querySelectorAll("h1, h2, button, .chip, .seen")].filter((each) => shown(each) &&
    !each.classList.contains("unseen") && each.scrollWidth > each.clientWidth + 1);
  const wide = document.documentElement.scrollWidth > innerWidth ? [document.documentElement] : [];
  const name = (each) => each.id || each.dataset.key || each.textContent.slice(0, 40) || each.tagName;
  const named = (what, all) => all.map((each) => `${what} ${name(each)}`);
  return [...named("small", small), ...named("cut", cut), ...named("wide", wide)];
})()"""
# A control that another one covers, though it is in the window.
COVERED = """(() => {
  const all = [...document.querySelectorAll("main button, main a, main select, main input, main summary, #tabs a")];
  const seen = all.filter((each) => each.getClientRects().length && getComputedStyle(each).visibility !== "hidden");
  return seen.filter((each) => !["checkbox", "radio"].includes(each.type)).flatMap((each) => {
    const box = each.getBoundingClientRect();
    const places = [[.5, .5], [.2, .03], [.8, .03], [.2, .97], [.8, .97]];
    const points = places.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    const over = points.filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight)
      .map(([x, y]) => document.elementFromPoint(x, y))
      .map((one) => one?.closest("#tabs") ?? one?.closest("button, a, select, input, summary"));
    const other = over.find((one) => one && !one.contains(each));
    return other ? [`${each.id || each.dataset.key || each.textContent} below ${other.id || other.dataset.key}`] : [];
  });
})()"""
LOW = """[...document.querySelectorAll("#rings button")].filter((each) => each.offsetHeight && each.offsetHeight < 64)
  .map((each) => each.dataset.key)"""
# Buttons that are out of view, or covered, though nobody has scrolled.
HIDDEN = """[...document.querySelectorAll('SELECTOR')].filter((each) => {
  const box = each.getBoundingClientRect();
  const seen = [box.top + 2, box.bottom - 2].map((y) => document.elementFromPoint(box.x + box.width / 2, y));
  return each.offsetHeight && !seen.every((one) => one !== null && each.contains(one));
}).map((each) => `hidden ${each.dataset.key}`)"""
AT_HAND = {"ring": "#ring button", "visitor": "#ring button", "call": '[data-key="c-1 hangup"]'}


def put(page, shared, station, state):
    """Bring the station into a state of Home, and wait until the page shows it."""
    station.state["calls"], station.state["doors"] = HOME[state]
    station.state["appliance"]["station"] = state
    shared.tell("custom")
    until(lambda: (page.value("document.title") or "").endswith(state), state, START_S)
    live(page)  # in Firefox again, where axe-core has computed for ten seconds


def look(page, state):
    """The faults of what is shown, by the screens that have them. At 200 % a browser has half the pixels."""
    found = {}
    for name in windows(page, SIZES | ZOOMED):
        faults = page.value(FAULTS.replace("LEAST", "24" if name in ZOOMED else "48")) + page.value(LOW)
        if state:
            faults += page.value(HIDDEN.replace("SELECTOR", AT_HAND.get(state.split()[0], "#none")))
        if faults:
            found[name] = faults
    return found


def windows(page, sizes):
    """Names of windows, one after the other; the page has its own size again at the end only: a change takes time."""
    return (name for name, _ in zip(sizes, page.screens(*sizes.values()), strict=True))


@pytest.mark.long(100)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_state_fits_three_screens_also_at_twice_the_size_can_be_hit_and_is_read_out(
    page, shared, station, language
):
    """English ones are light and German ones dark."""
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R. S."}]
    station.call_log.rows.append(fake.logged())
    station.book = [fake.code("a-1"), fake.code("a-2", kind="card", schedule=None, uses=None, expires=None)]
    station.recordings.add()
    found = {}
    with page.languages(language), page.scheme("dark" if language == "de" else "light"):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        live(page)
        for state in HOME:
            put(page, shared, station, state)
            found[state] = look(page, state)
            assert violations(page) == [], state
        put(page, shared, station, "idle")
        for view in VIEWS:
            page.value(f"location.hash = '{view}'")
            shown = f"document.querySelector('main [data-view={view.partition('=')[0]}]').hidden"
            until(lambda shown=shown: page.value(shown) is False, view, START_S)
            live(page)
            found[view] = look(page, "")
            assert violations(page) == [], view
    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_control_covers_another(page, shared, station, language):
    """In each state, with notes; a phone's tabs, which stay in view, may cover what is scrolled."""

    def uncovered(state):
        for name in windows(page, SIZES | MORE_SIZES):
            covered = page.value(COVERED)
            wrong = [each for each in covered if name != "phone" or not each.endswith("below tabs")]
            assert wrong == [], (state, name)

    with page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        live(page)
        for state in HOME:
            put(page, shared, station, state)
            shared.tell("ring.ended", ring="v-1", button="b", result="answered", call="c-1", target="Kitchen")
            shared.tell("ring.ended", ring="v-2", button="b", result="unanswered", call=None, target="")
            until(lambda: page.value("document.querySelector('[data-note=unanswered]') !== null"), "notes", START_S)
            uncovered(state)
            if state == "call":
                page.value("""document.querySelector('[data-key="c-1 keypad"]').click()""")
                uncovered("keypad")
