"""Every state of the page, on a phone, a wall and a desk: none is cut, all can be hit, and axe-core finds nothing."""

import pytest

from tests.api import fake
from tests.api.browser import START_S, log_in
from tests.api.conftest import TOKEN
from tests.api.test_page_accessible import violations
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

SIZES = {"phone": (390, 844), "wall": (800, 480), "desk": (1280, 800)}
VIEWS = ["history", "recordings", "codes", "codes=new", "more", "directory", "settings"]
VIEWS += ["system", "accounts", "panel", "sound", "access", "events"]
RINGS = {"state": "incoming", "direction": "incoming", "connected_since": None}
HOME = {  # calls, doors
    "idle": ([], [fake.door("front")]),
    "open": ([], [fake.door("front", state="unlocked", unlocked=True, by="http:token", means="api", max_hold_s=9.0)]),
    "forced": ([], [fake.door("front", contact="open", alarm="forced")]),
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
  const small = hit.filter((each) => Math.min(each.offsetHeight, each.offsetWidth) < 48);
  const cut = [...document.querySelectorAll("h1, h2, button, .chip, .seen")].filter((each) => shown(each) &&
    !each.classList.contains("unseen") && each.scrollWidth > each.clientWidth + 1);
  const wide = document.documentElement.scrollWidth > innerWidth ? [document.documentElement] : [];
  const name = (each) => each.id || each.dataset.key || each.textContent.slice(0, 40) || each.tagName;
  const named = (what, all) => all.map((each) => `${what} ${name(each)}`);
  return [...named("small", small), ...named("cut", cut), ...named("wide", wide)];
})()"""
HANG_UP = """(() => {
  const box = document.querySelector('[data-key="c-1 hangup"]').getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
})()"""


def put(page, shared, station, state):
    """Bring the station into a state of Home, and wait until the page shows it."""
    station.state["calls"], station.state["doors"] = HOME[state]
    station.state["appliance"]["station"] = state
    shared.tell("custom")
    until(lambda: (page.value("document.title") or "").endswith(state), state, START_S)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_state_fits_three_screens_can_be_hit_and_is_read_out(page, shared, station, language):
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R. S."}]
    station.call_log.rows.append(fake.logged())
    station.book = [fake.code("a-1"), fake.code("a-2", kind="card", schedule=None, uses=None, expires=None)]
    station.recordings.add()
    with page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        until(lambda: page.value("document.querySelector('#link').dataset.state") == "live", "live", START_S)
        for state in HOME:
            put(page, shared, station, state)
            for name, size in SIZES.items():
                with page.screen(*size):
                    assert page.value(FAULTS) == [], (state, name)
                    if state.startswith("call"):
                        assert page.value(HANG_UP) is True, (state, name)
            assert violations(page) == [], state
        put(page, shared, station, "idle")
        for view in VIEWS:
            page.value(f"location.hash = '{view}'")
            shown = f"document.querySelector('main [data-view={view.partition('=')[0]}]').hidden"
            until(lambda shown=shown: page.value(shown) is False, view, START_S)
            for name, size in SIZES.items():
                with page.screen(*size):
                    assert page.value(FAULTS) == [], (view, name)
            if language == "en":
                assert violations(page) == [], view
