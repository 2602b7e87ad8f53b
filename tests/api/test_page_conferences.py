"""The station's page: conferences, as residents begin, change and end them."""

from pathlib import Path

import pytest

from appliance.api.http.scopes import VIEW
from appliance.core import inputs
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import log_in, opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

OFFICE = {"uri": "sip:office@192.0.2.7", "user": "office", "host": "192.0.2.7", "display_name": "", "target": "Office"}


def there(call, name, **changed):
    return {"call": call, "joining": "taken_in", "state": "in", "muted": False, "hold": "none", "name": name} | changed


def in_conference(station, *participants, **changed):
    """The station's calls are in a conference from now on."""
    station.state["conferences"] = [fake.conference(participants=list(participants), **changed)]
    station.state["calls"] = [fake.call(each["call"], conference="k-1") for each in participants]


def keys(page, selector):
    return page.value(f"[...document.querySelectorAll('{selector} [data-key]')].map((each) => each.dataset.key)")


def test_two_calls_become_a_conference_and_a_third_joins_it(page, shared, station):
    station.state["calls"] = [fake.call("c-1"), fake.call("c-2", active=False, hold="local", remote=OFFICE)]
    opened(page, shared, station)
    page.shows("#calls", "Conference with Office")
    page.click('[data-key="c-1 join c-2"]')
    until(lambda: station.requests)
    in_conference(station, there("c-1", "Kitchen"), there("c-2", "Office"))
    station.state["calls"].append(fake.call("c-3"))
    shared.tell("conference.connected", conference="k-1")
    page.shows("#conferences", "Conference")
    page.shows("#conferences", "Office")
    page.shows("#calls", "Add to the conference")
    assert page.value("document.querySelectorAll('[data-key$=\" join\"]').length") == 1, "those in it cannot be added"
    page.click('[data-key="c-3 join"]')
    until(lambda: len(station.requests) == 2)
    wanted = [inputs.Confer(("c-1", "c-2"), ()), inputs.TakeInto("k-1", "c-3")]
    assert [action for action, _ in station.requests] == wanted


def test_each_button_of_a_conference_is_one_order(page, shared, station):
    in_conference(station, there("c-1", "Kitchen"), there("c-2", "Office", muted=True))
    opened(page, shared, station)
    page.shows("#conferences", "not heard by the others")
    wanted = {
        "k-1 hold": inputs.HoldConference("k-1", held=True),
        "c-1 heard": inputs.MuteIn("k-1", "c-1", muted=True),
        "c-2 heard": inputs.MuteIn("k-1", "c-2", muted=False),
        "k-1 mute": inputs.MuteIn("k-1", None, muted=True),
        "c-2 leave": inputs.RemoveFrom("k-1", "c-2"),
        "k-1 end": inputs.EndConference("k-1"),
    }
    assert set(keys(page, "#conferences")) == {*wanted, "c-1 leave"}
    for count, key in enumerate(wanted, 1):
        page.click(f'[data-key="{key}"]')
        until(lambda count=count: len(station.requests) == count, key, START_S)
    assert [action for action, _ in station.requests] == list(wanted.values())


def test_a_conference_that_the_station_has_left_says_so_and_it_can_return(page, shared, station):
    in_conference(station, there("c-1", "Kitchen"), there("c-2", "Office", state="coming"), held=True)
    opened(page, shared, station)
    page.shows("#conferences", "the station has left it")
    page.shows("#conferences", "being called")
    page.click('[data-key="k-1 hold"]')
    until(lambda: station.requests)
    assert station.requests[0][0] == inputs.HoldConference("k-1", held=False)
    station.state |= {"conferences": [], "calls": []}
    shared.tell("conference.ended", conference="k-1")
    page.shows("#call", "No call")
    assert page.value("document.querySelector('#conferences').textContent") == ""


def test_who_may_only_look_sees_the_conference_and_no_button(page, shared, station):
    in_conference(station, there("c-1", "Kitchen"), there("c-2", "Office"))
    _, text = station.tokens.add("guest", (VIEW,), None)
    log_in(page, f"{shared.bound.url}#token={text}")
    page.shows("#conferences", "Office")
    assert keys(page, "#conferences") == []


def test_a_conference_that_ends_offers_nothing(page, shared, station):
    in_conference(station, there("c-1", "Kitchen"), there("c-2", "Office", state="left"), state="disconnecting")
    opened(page, shared, station)
    page.shows("#conferences", "has left")
    assert keys(page, "#conferences") == []


def test_the_page_says_which_version_is_offered_and_how_to_install_it(page, shared, station):
    station.state["appliance"]["offered_version"] = "0.2.0"
    opened(page, shared, station, "system")
    page.shows("#upgrade-how", "Version 0.2.0 is offered")
    command = page.value("document.querySelector('#upgrade').textContent")
    assert command in (Path(__file__).parents[2] / "docs/how-to/upgrade.md").read_text().splitlines()


def test_the_page_says_how_to_upgrade_as_the_document_does(page, shared, station):
    opened(page, shared, station, "system")
    page.shows("#upgrade", "sudo apt install")
    command = page.value("document.querySelector('#upgrade').textContent")
    assert command in (Path(__file__).parents[2] / "docs/how-to/upgrade.md").read_text().splitlines()
