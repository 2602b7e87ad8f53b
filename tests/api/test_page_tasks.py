"""What people come for, by somebody who knows the page: each task within a number of taps, which the browser counts."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.core import inputs
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import hold, opened, rings
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

COUNTED = """
  window.taps = 0;
  window.entries = new Set();
  addEventListener("pointerup", () => { taps += 1; }, true);
  addEventListener("input", ({ target: { type, id } }) => {
    if (!["checkbox", "radio"].includes(type)) entries.add(id);
  }, true);
"""


@pytest.fixture
def counting(page):
    with page.first(COUNTED), page.screen(390, 844):
        yield page


def tap(page, selector):
    """A finger on what is in the window, or is scrolled there; as often as it takes under load, it is one tap."""
    before = page.value("taps")
    page.value(f"document.querySelector({selector!r}).scrollIntoView({{ block: 'center' }})")
    page.click(selector)
    page.value(f"window.taps = {before + 1}")


def begin(page, shared, station):
    """Open the page; what it takes to log in does not count."""
    opened(page, shared, station)
    page.value("taps = 0; entries.clear()")


def counted(page):
    return page.value("[taps, entries.size]")


def test_a_door_opens_while_it_rings_by_one_tap_and_hold(counting, shared, station):
    begin(counting, shared, station)
    rings(station, shared, "c-1")
    counting.shows("#ring .who", "Kitchen")
    until(lambda: counting.value("document.querySelector('#rings [data-held]')") is None, "half a second", START_S)
    hold(counting, "#rings .open-door", lambda: station.requests)
    assert [type(action) for action, _ in station.requests] == [inputs.OpenDoor]
    assert counted(counting) == [1, 0]


def test_the_cleaner_gets_a_code_for_tuesdays_by_six_taps_and_two_entries(counting, shared, station):
    """One entry is enough, the name: the page offers digits, and these hours."""
    begin(counting, shared, station)
    tap(counting, "#to-guest")
    counting.type("#code-owner", "Cleaner")
    tap(counting, "#code-next")
    tap(counting, "#code-next")
    tap(counting, "[name=when][value=days] + span")
    tap(counting, "#code-days label:nth-child(2)")
    counting.shows("#code-says", "every Tuesday from 08:00 to 12:00")
    tap(counting, "#code-next")
    until(lambda: station.requests, "the code", START_S)
    ((action, _),) = station.requests
    (period,) = action.schedule
    assert (action.owner, period.begin, period.end, list(period.days)) == ("Cleaner", "08:00", "12:00", ["tue"])
    assert counted(counting) == [6, 1]


def test_who_opened_yesterday_at_noon_is_found_by_two_taps(counting, shared, station):
    noon = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    data = {"door": "front", "by": "card of Mr Brandt, reader gate", "means": "card", "held": False, "seconds": 3.0}
    station.audit.rows.append(fake.event("door.unlocked", 1, data) | {"time": noon.isoformat(), "hash": "h"})
    station.call_log.rows += [
        fake.logged(f"c-{number}", created=(noon + timedelta(minutes=number)).isoformat()) for number in range(20)
    ]
    begin(counting, shared, station)
    tap(counting, '#views [href="#history"]')
    tap(counting, '#history-kinds [data-kind="doors"]')
    until(lambda: counting.value("document.querySelectorAll('#history li').length") == 1, "doors alone", START_S)
    counting.shows("#history h2", "Yesterday")
    counting.shows("#history li", "Mr Brandt opened")
    counting.shows("#history time", "12:00")
    assert counted(counting) == [2, 0]


def test_why_there_is_no_sound_is_said_after_two_taps(counting, shared, station):
    trouble = {"check": "sound", "level": "problem", "message": "The microphone cannot be opened."}
    station.findings = [trouble | {"cause": "The card is gone.", "resolution": "Plug it in."}]
    begin(counting, shared, station)
    tap(counting, '#views [href="#more"]')
    tap(counting, "#to-setup")
    counting.shows("#findings", "The microphone cannot be opened.")
    counting.shows("#findings", "Plug it in.")
    assert counted(counting) == [2, 0]
