"""Rules: doors that open by themselves when something happens."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Clock, Day, DoorId, OpenedBy, Period, Rule
from tests.core.doors.test_doors import door_events, guard
from tests.core.doors.test_lockdown import locked_down
from tests.core.doors.test_sensors import BOX, HOUSING, LEAF, SENSORS, level
from tests.core.station import FRONT, Station, ready

MORNINGS = (Period((Day.MONDAY, Day.TUESDAY), "08:00", "12:00"),)
PRACTICE = Rule("practice", "ring.started", FRONT, (("button", "ring"),))


def station_with(*rules: Rule) -> Station:
    station = ready(rules=rules, sensors=SENSORS)
    for sensor in SENSORS:
        level(station, sensor.id, active=False)
    return station


def at(station: Station, text: str, *, trusted: bool = True) -> Station:
    """The clock on the wall shows that now."""
    epoch = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - station.state.now
    return station.give(inputs.ClockReported, clock=Clock(epoch, 0.0, trusted))


def triggered(station: Station) -> list[str]:
    return [event.rule for event in station.told if isinstance(event, events.RuleTriggered)]


def test_who_presses_the_bell_is_let_in_and_the_rule_is_named():
    station = station_with(PRACTICE).press("ring")
    guard(station, energised=True)
    assert station.last(events.RuleTriggered) == events.RuleTriggered("practice", on="ring.started", door=FRONT)
    unlocked = station.last(events.DoorUnlocked)
    assert (unlocked.by, unlocked.means) == ("rule practice", OpenedBy.RULE)
    assert station.types().index("rule.triggered") < station.types().index("door.unlocked")


@pytest.mark.parametrize(
    "rule",
    [
        replace(PRACTICE, where=(("button", "other"),)),
        replace(PRACTICE, where=(("nothing", "ring"),)),
        replace(PRACTICE, on="button.held"),
        replace(PRACTICE, door=DoorId("gone")),
    ],
)
def test_a_rule_about_something_else_opens_nothing(rule):
    station = station_with(rule).press("ring")
    assert (triggered(station), door_events(station)) == ([], [])


@pytest.mark.parametrize(("active", "count"), [(True, 1), (False, 0)])
def test_a_sensor_opens_a_door_as_it_is_said(active, count):
    rule = Rule("near", "sensor.changed", FRONT, (("sensor", BOX), ("active", "true")))
    station = station_with(rule)
    level(station, BOX, active=active)
    assert len(triggered(station)) == count


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T08:00", True),
        ("2026-11-24T11:59", True),
        ("2026-11-23T12:00", False),
        ("2026-11-25T09:00", False),
    ],
)
def test_times_bound_a_rule(now, opens):
    station = at(station_with(replace(PRACTICE, times=MORNINGS)), now).press("ring")
    assert bool(triggered(station)) is opens
    assert bool(station.desired.relays) is opens


@pytest.mark.parametrize("known", [True, False])
def test_a_rule_with_times_is_refused_and_reported_while_the_clock_is_not_trusted(known):
    station = station_with(replace(PRACTICE, times=MORNINGS))
    if known:
        at(station, "2026-11-23T09:00", trusted=False)
    station.press("ring")
    denied = station.last(events.DoorDenied)
    assert (denied.by, denied.means, "not synchronised" in denied.why) == ("rule practice", OpenedBy.RULE, True)
    assert (triggered(station), station.desired.relays) == ([], ())


def test_a_lockdown_beats_a_rule():
    station = locked_down(station_with(PRACTICE)).press("ring")
    assert station.last(events.DoorDenied).why == "the door is locked down"
    assert station.desired.relays == ()


def test_who_tampers_is_not_let_in_by_a_rule():
    station = station_with(PRACTICE)
    level(station, HOUSING, active=True)
    station.press("ring")
    assert station.last(events.DoorDenied).why == "a sensor blocks it: housing"
    assert station.desired.relays == ()


def test_no_chain_of_a_rules_openings_exceeds_the_doors_bound():
    rule = Rule("near", "sensor.changed", FRONT, (("sensor", BOX),))
    station = station_with(rule)
    level(station, BOX, active=True)
    guard(station, energised=True)
    began = station.state.now
    for number in range(9):
        level(station, BOX, active=bool(number % 2))
        station.wait(0.9)
        assert station.desired.relays
        assert all(relay.until / 1e9 <= began + 10.0 for relay in station.desired.relays)


def test_what_a_rule_brings_sets_off_no_other_one():
    rules = (PRACTICE, Rule("again", "door.opened", FRONT))
    station = station_with(*rules).press("ring")
    guard(station, energised=True)
    assert triggered(station) == ["practice"]
    level(station, LEAF, active=True)
    assert triggered(station) == ["practice", "again"]


@pytest.mark.parametrize(
    ("rule", "sensor"), [(Rule("near", "sensor.changed", FRONT), BOX), (Rule("after", "door.opened", FRONT), LEAF)]
)
def test_a_state_that_holds_already_at_the_start_or_when_a_line_is_back_sets_off_no_rule(rule, sensor):
    station = ready(rules=(rule,), sensors=SENSORS)
    for _ in range(2):
        level(station, sensor, active=True)
        assert triggered(station) == []
        level(station, sensor, active=None)  # its line is lost
    level(station, sensor, active=False)
    level(station, sensor, active=True)
    assert triggered(station) == [rule.name]
