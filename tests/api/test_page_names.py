"""The page shows parts by their names for people, as text, and by their ids where they have none."""

import pytest

from tests.api import fake
from tests.api.conftest import hold, opened
from tests.api.test_page_views import filtered, shows_rows
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

# A configured name may have any printable character: none of them may become an element or a script of the page.
HOSTILE = "<img src=x onerror=window.hit=1>&amp;{door}"


def name_all(station, **names):
    """Give names to the parts of the state."""
    state = station.state
    state["doors"][0]["name"] = names["door"]
    state["panel"]["buttons"][0]["name"] = names["button"]
    state["panel"]["lamps"][0]["name"] = names["lamp"]
    state["accounts"][0]["display_name"] = names["account"]
    for each in (state["targets"][0], state["contacts"][0]):
        each["display_name"] = names["target"]


def text(page, selector):
    return page.value(f"document.querySelector('{selector}').innerText")


def history(station):
    remote = {**fake.call()["remote"], "target_name": station.state["contacts"][0]["display_name"]}
    station.call_log.rows.append(fake.logged("c-1", remote=remote))
    told = {"door": "front", "by": "digits of Kitchen", "means": "dtmf", "seconds": 3.0, "held": False}
    station.audit.rows.append(fake.event("door.unlocked", 7, told) | {"hash": "h"})
    gone = {"door": "gate", "door_name": "Old gate", "by": "button kitchen", "means": "button", "seconds": 3.0}
    station.audit.rows.append(fake.event("door.unlocked", 8, gone | {"held": False}) | {"hash": "h"})


NAMES = {"door": "Haustür", "button": "Bell", "lamp": "Status", "account": "House PBX", "target": "Küche 🏠"}


@pytest.mark.parametrize("names", [NAMES, dict.fromkeys(NAMES, HOSTILE)], ids=["names", "hostile"])
def test_every_view_shows_names_as_text(page, shared, station, names):
    name_all(station, **names)
    history(station)
    station.state["doors"][0] |= {"unlocked": True, "state": "unlocked", "by": "digits of Kitchen", "means": "dtmf"}
    ringing = fake.call(state="incoming", direction="incoming", connected_since=None)
    station.state["calls"] = [ringing | {"remote": {**ringing["remote"], "target_name": names["target"]}}]
    opened(page, shared, station)
    page.shows("#ring", names["target"])
    page.shows("#ring", f"{names['door']} is open")
    station.state["calls"] = []
    shared.tell("call.ended", call="c-1")
    until(lambda: page.value("document.querySelector('#ring').hidden") is True, "the end of the ring")
    page.shows("#doors", names["door"])
    page.shows("#doors", f"by {names['target']} in a call")
    page.shows("#lamps", names["lamp"])
    page.shows('[data-button="kitchen"]', f"Call {names['target']}")
    page.shows('[data-button="kitchen"]', names["button"])
    page.value("location.hash = 'directory'")
    page.shows("#directory", names["target"])
    page.value("location.hash = 'accounts'")
    page.shows("#accounts", names["account"])
    page.value("location.hash = 'codes'")
    page.shows("#code-doors", names["door"])
    page.value("location.hash = 'recordings'")
    until(lambda: names["door"] in page.value("document.querySelector('#recordings-form [name=door]').textContent"))
    page.value("location.hash = 'history'")
    filtered(page, "calls")
    shows_rows(page, "#history .line", names["target"])
    filtered(page, "doors")
    shows_rows(
        page,
        "#history .line",
        f"Old gate: opened with the button {names['button']}",
        f"{names['target']} opened",
    )
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0


def test_orders_take_ids_whatever_the_names(page, shared, station):
    name_all(station, **dict.fromkeys(NAMES, HOSTILE))
    opened(page, shared, station)
    hold(page, '[data-door="front"] button', lambda: station.requests)
    assert [action.door for action, _ in station.requests] == ["front"]


def test_a_new_name_is_shown_without_a_reload(page, shared, station):
    opened(page, shared, station)
    page.shows("#doors", "front")
    page.shows('[data-button="kitchen"]', "Call Kitchen")

    def named():
        name_all(station, **NAMES)
        station.tell("config.changed", applied="door.front.name", needs_restart="")

    shared.on_loop(named)
    page.shows("#doors", "Haustür")
    page.shows("#lamps", "Status")
    page.shows('[data-button="kitchen"]', "Call Küche 🏠")
