"""A screen on the wall: it stays on, dims while nobody touches it, and comes back at a touch or a ring."""

import pytest

from tests.api.browser import START_S
from tests.api.conftest import opened, rings, show
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

# A screen that can be kept on, and the two minutes until it dims as a function to call.
SCREEN = """{
  localStorage.removeItem("intercomd.awake");
  window.locks = 0;
  const lock = { release: async () => { locks -= 1; } };
  const wakeLock = { request: async () => { locks += 1; return lock; } };
  Object.defineProperty(navigator, "wakeLock", { value: wakeLock, configurable: true });
  const real = window.setTimeout;
  window.setTimeout = (act, ms, ...more) => (ms === 120000 ? (window.dims = act, -1) : real(act, ms, ...more));
  const clear = window.clearTimeout;
  window.clearTimeout = (timer) => (timer === -1 ? delete window.dims : clear(timer));
}"""
DIM = "!document.querySelector('#dim').hidden"


def test_a_wall_stays_on_dims_and_comes_back_at_a_touch_or_a_ring(page, shared, station):
    with page.first(SCREEN), page.screen(800, 480):
        opened(page, shared, station, "more")
        assert page.value("[window.dims === undefined, locks]") == [True, 0]
        page.click("#awake")
        until(lambda: page.value("locks") == 1, "a screen that stays on", START_S)
        show(page, "home")
        page.value("dims()")
        assert page.value(DIM) is True
        page.click("#dim")
        assert (page.value(DIM), station.requests) == (False, []), "the touch that wakes presses nothing else"
        page.value("dims()")
        rings(station, shared, "c-1")
        page.shows("#ring .who", "Kitchen")
        assert page.value(DIM) is False
        page.value("dims()")
        assert page.value(DIM) is False, "while it rings"


def test_a_screen_that_is_no_longer_on_the_wall_is_let_go_and_dims_no_more(page, shared, station):
    with page.first(SCREEN):
        opened(page, shared, station, "more")
        page.click("#awake")
        until(lambda: page.value("locks") == 1, "a screen that stays on", START_S)
        assert page.value("window.dims === undefined") is False
        page.click("#awake")
        until(lambda: page.value("locks") == 0, "a screen that goes out", START_S)
        assert page.value("window.dims === undefined") is True


def test_a_browser_that_cannot_keep_its_screen_on_offers_no_such_thing(page, shared, station):
    with page.first("delete Navigator.prototype.wakeLock"):
        opened(page, shared, station, "more")
        assert page.value("document.querySelector('#awake-part').hidden") is True
