"""Rules at times: each moment acts once, whatever happens to the clock."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import AccessScope, Act, Day, Moment, Period, Profile, Rule
from appliance.core.orders import GiveOrders
from appliance.core.rules import view
from tests.core.station import Station, ready
from tests.core.test_profiles import at

ACT = Act("report_event", '{"name": "x"}', (AccessScope.CALL,))
DAILY = Rule("daily", at=(Moment(tuple(Day), "02:30"),), then=(ACT,), allow=(AccessScope.CALL,))
HOUR = 3600.0


def clock(station: Station, text: str, *, trusted: bool = True, offset_s: float = 0.0) -> Station:
    """The clock on the wall shows this local time now."""
    known = at(text, trusted=trusted, offset_s=offset_s)
    return station.give(inputs.ClockReported, clock=replace(known, epoch=known.epoch - station.state.now))


def stepped(station: Station, by_s: float) -> Station:
    """The clock is set by so much, as local time is at the end of summer."""
    known = station.state.appliance.clock
    return station.give(inputs.ClockReported, clock=replace(known, utc_offset_s=known.utc_offset_s + by_s))


def acted(station: Station) -> int:
    return len(station.orders(GiveOrders))


@pytest.mark.parametrize("microseconds", [400, 600])
@pytest.mark.parametrize(
    "within",
    [{"times": (Period(tuple(Day), "02:30", "03:00"),)}, {"profile": "then"}],
    ids=["times", "profile"],
)
def test_a_moment_at_which_its_times_begin_acts(within, microseconds):
    profile = Profile("then", (Period(tuple(Day), "02:30", "03:00"),))
    station = clock(
        ready(rules=(replace(DAILY, **within),), profiles=(profile,)), f"2026-11-23T02:29:00.{microseconds:06}"
    )
    station.wait(61.0)
    assert acted(station) == 1


def test_a_moment_acts_once_a_day():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:58")
    assert acted(station) == 0
    station.wait(3.0)
    assert acted(station) == 1
    assert station.last(events.RuleTriggered).on == "time"
    station.wait(23 * HOUR)
    assert acted(station) == 1
    station.wait(HOUR)
    assert acted(station) == 2


def test_the_station_wakes_for_the_moment():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:00")
    assert station.state.rules.planned == pytest.approx(station.state.now + 60.0)
    assert station.desired.wake_at <= station.state.rules.planned


@pytest.mark.parametrize("day", list(Day))
def test_a_moment_of_a_day_of_the_week_comes_on_that_day(day):
    rule = replace(DAILY, at=(Moment((day,), "12:00"),))
    station = clock(ready(rules=(rule,)), "2026-11-23T00:00:00")  # a Monday
    days = 0
    while not acted(station):
        station.wait(24 * HOUR)
        days += 1
    assert tuple(Day)[days - 1] is day


def test_summer_time_begins_and_the_moment_that_the_clock_leaves_out_acts_once():
    station = clock(ready(rules=(DAILY,)), "2026-03-29T01:59:59")
    station.wait(1.0)
    stepped(station, HOUR)
    assert acted(station) == 1
    station.wait(2 * HOUR)
    assert acted(station) == 1


def test_summer_time_ends_and_the_moment_that_comes_twice_acts_once():
    station = clock(ready(rules=(DAILY,)), "2026-10-25T02:29:59")
    station.wait(1.0)
    assert acted(station) == 1
    station.wait(1799.0)
    stepped(station, -HOUR)  # it is 2:00 again
    station.wait(2 * HOUR)
    assert acted(station) == 1
    station.wait(23 * HOUR)
    assert acted(station) == 2


@pytest.mark.parametrize("by_s", [-HOUR, HOUR, -60.0, 60.0, 1.5, -1.5])
def test_a_clock_that_is_set_back_and_forth_over_a_moment_acts_once(by_s):
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:59.500")
    for _ in range(5):
        stepped(station, by_s).wait(0.2)
        stepped(station, -by_s).wait(0.2)
    station.wait(3 * HOUR)
    assert acted(station) == 1


@pytest.mark.parametrize("text", ["2026-11-24T12:00", "2026-11-22T12:00", "2036-01-01T00:00", "1970-01-01T00:00"])
def test_a_clock_that_is_set_to_another_day_acts_for_nothing_between_and_goes_on_from_there(text):
    station = clock(ready(rules=(DAILY,)), "2026-11-23T12:00")
    clock(station, text)
    station.wait(1.0)
    assert acted(station) == 0
    station.wait(24 * HOUR)
    assert acted(station) == 1


def test_rules_at_times_wait_for_a_clock_that_is_trusted_and_make_up_for_nothing():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:59", trusted=False)
    station.wait(2.0)
    assert acted(station) == 0
    clock(station, "2026-11-23T02:30:05")
    station.wait(1.0)
    assert acted(station) == 0
    assert ready(rules=(DAILY,)).state.rules.planned is None


def test_a_clock_that_is_no_longer_trusted_stops_rules_at_times_until_it_is_again():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:00")
    clock(station, "2026-11-23T02:29:30", trusted=False)
    assert station.state.rules.planned is None
    station.wait(60.0)
    clock(station, "2026-11-23T02:31:00")
    assert acted(station) == 0
    station.wait(24 * HOUR)
    assert acted(station) == 1


def test_a_rule_at_a_time_acts_if_its_conditions_hold_and_clients_may_make_one():
    station = clock(ready(), "2026-11-23T02:29:59")
    for rule in (replace(DAILY, name="mine"), replace(DAILY, name="not-now", profile="", holiday=True)):
        station.give(inputs.Requested, request="q", who="test", action=inputs.AddRule(rule, "", admin=True))
        station.give(inputs.KeptWritten, kept=station.desired.kept)
    station.wait(2.0)
    assert [order.rule for order in station.orders(GiveOrders)] == ["mine"]


def test_a_trial_with_an_offset_is_at_that_moment():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T12:00", offset_s=HOUR)
    (there,) = view.tried(station.state, datetime.fromisoformat("2026-11-24T01:30+00:00"))
    assert there.acts
    (unknown,) = view.tried(ready(rules=(DAILY,)).state, datetime.fromisoformat("2026-11-24T02:30"))
    assert unknown.acts


def test_a_reload_at_the_moment_acts_neither_twice_nor_never():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T02:29:59.9")
    for number in range(4):
        rules = (replace(DAILY, where=(("x", str(number)),)),)
        changed = replace(station.state.settings, rules=rules)
        station.give(inputs.ConfigChanged, 0.05, settings=changed, applied="rule", needs_restart="")
    station.wait(1.0)
    assert acted(station) == 1


def test_a_rule_that_comes_by_a_reload_acts_at_its_moment():
    station = clock(ready(), "2026-11-23T02:29:00")
    settings_ = replace(station.state.settings, rules=(DAILY,))
    station.give(inputs.ConfigChanged, settings=settings_, applied="rule", needs_restart="").wait(61.0)
    assert acted(station) == 1


@given(st.lists(st.tuples(st.integers(-3600, 3600), st.integers(1, 7200)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_however_the_clock_is_corrected_within_an_hour_a_day_has_one_act(steps):
    """No correction has the moment act twice on a day, and none has it left out, once the clock is past it."""
    station = clock(ready(rules=(DAILY,)), "2026-11-23T01:00")
    total = 0
    for by_s, wait_s in steps:
        allowed = max(-3600 - total, min(3600 - total, by_s))  # in sum within an hour of the true time
        total += allowed
        stepped(station, float(allowed))
        station.wait(float(wait_s))
    stepped(station, float(-total))
    elapsed = sum(wait_s for _, wait_s in steps)
    station.wait(max(0.0, 3 * HOUR - elapsed))
    days = 1 + int((HOUR + max(elapsed, 3 * HOUR) - 2.5 * HOUR) // (24 * HOUR))
    assert acted(station) == days


def test_a_trial_says_whether_a_moment_comes_then():
    station = clock(ready(rules=(DAILY,)), "2026-11-23T12:00")
    (yes,) = view.tried(station.state, datetime.fromisoformat("2026-11-24T02:30:59"))
    (no,) = view.tried(station.state, datetime.fromisoformat("2026-11-24T02:31"))
    assert (yes.acts, yes.why) == (True, "all conditions hold: it acts at its time")
    assert (no.acts, "it is tue 02:31 then" in no.why) == (False, True)
    assert "not synchronised" in view.tried(ready(rules=(DAILY,)).state, None)[0].why
