"""The station's page: settings that change while the station runs, by several people."""

import pytest

from appliance.api.http.scopes import CALL, DOOR, VIEW
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from tests.api.browser import START_S
from tests.api.conftest import log_in, opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end


def shown(page, field):
    return page.value(f"document.querySelector('#settings-form [name={field}]').value")


def shows(page, field, value):
    until(lambda: shown(page, field) == value, f"{field} {value}", START_S)


def enter(page, field, value):
    """As somebody types it."""
    event = "new Event('input', {bubbles: true})"
    one = f"document.querySelector('#settings-form [name={field}]')"
    page.value(f"{{ const e = {one}; e.value = '{value}'; e.dispatchEvent({event}); }}")


def has(station, **changes):
    """The station's settings from now on; it reports the change."""
    runtime = station.state["runtime"]
    rules = {name: value for name, value in changes.items() if name in runtime["forwarding"]}
    runtime["forwarding"] |= rules
    runtime |= {name: value for name, value in changes.items() if name not in rules}


def test_calls_are_forwarded_and_quiet_hours_set_and_nothing_else_is_sent(page, shared, station):
    has(station, always="Kitchen", quiet_hours={"begin": "22:00", "end": "06:30"})
    opened(page, shared, station, "settings")
    shows(page, "always", "Kitchen")
    assert (shown(page, "begin"), shown(page, "end"), shown(page, "no_answer_s")) == ("22:00", "06:30", "20")
    page.click("#settings-save")  # nothing was changed
    enter(page, "no_answer", "302")
    enter(page, "no_answer_s", "12.5")
    enter(page, "end", "07:00")
    has(station, no_answer="302", no_answer_s=12.5, quiet_hours={"begin": "22:00", "end": "07:00"})
    page.click("#settings-save")
    page.shows("#settings-said", "Saved")
    hours = inputs.QuietHoursChange("22:00", "07:00")
    wanted = inputs.ChangeRuntime(no_answer="302", no_answer_s=12.5, quiet_hours=hours)
    assert station.requests == [(wanted, "http:token")]
    assert shown(page, "no_answer") == "302"


def test_what_the_station_refuses_stays_in_its_field_with_the_stations_reason(page, shared, station):
    opened(page, shared, station, "settings")

    def refuse(action):
        why = "Use one of Kitchen."
        raise IntercomError(ErrorCode.NUMBER_INVALID, "Calls cannot be forwarded to 'Kitchn'.", "It is no name.", why)

    station.replies = refuse
    enter(page, "busy", "Kitchn")
    page.click("#settings-save")
    page.shows("#banner", "Calls cannot be forwarded to 'Kitchn'")
    assert shown(page, "busy") == "Kitchn"
    enter(page, "no_answer_s", "0")
    page.click("#settings-save")
    assert page.value("document.querySelector('#forward-seconds').validity.rangeUnderflow") is True
    assert len(station.requests) == 1  # the browser says what is wrong with the other


def test_what_somebody_else_changes_is_shown_but_not_over_what_is_being_typed(page, shared, station):
    opened(page, shared, station, "settings")
    has(station, always="Kitchen")
    shared.tell("config.changed", applied="forwarding.always", needs_restart="")
    shows(page, "always", "Kitchen")
    enter(page, "busy", "30")
    has(station, always="", quiet_hours={"begin": "20:00", "end": "21:00"})
    shared.tell("config.changed", applied="forwarding.always, quiet_hours", needs_restart="")
    page.shows("#settings-said", "Somebody else")
    assert (shown(page, "always"), shown(page, "busy"), shown(page, "begin")) == ("Kitchen", "30", "")
    page.click("#settings-form [type=reset]")
    shows(page, "begin", "20:00")
    assert (shown(page, "always"), shown(page, "busy")) == ("", "")
    page.click("#settings-save")
    assert station.requests == []


@pytest.mark.parametrize("scope", [VIEW, CALL, DOOR])
def test_who_may_not_change_settings_is_not_offered_them(page, served, scope):
    _, token = served.station.tokens.add("guest", tuple({VIEW, scope}), None)
    log_in(page, f"{served.bound.url}#token={token}")
    page.shows("#views", "Home")
    assert "Settings" not in page.value("document.querySelector('#views').innerText")
