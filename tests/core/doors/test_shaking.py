"""Contacts that shake: a level counts once it has lasted for the sensor's debounce; the edge decides whose it is."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Rule, SensorId, SensorKind, SensorSettings
from tests.core.doors.test_doors import asked, door_events, guard
from tests.core.station import FRONT, Station, ready

LEAF, PIR = SensorId("leaf"), SensorId("pir")


def house(
    debounce_s: float = 0.2,
    kind: SensorKind = SensorKind.CONTACT,
    open_s: float | None = None,
    block_s: float = 0.0,
    **changes,
) -> Station:
    door = FRONT if kind is SensorKind.CONTACT else None
    sensor = SensorSettings(LEAF, kind, door=door, debounce_s=debounce_s, open_s=open_s, block_s=block_s)
    station = ready(sensors=(sensor,), **changes)
    return shakes(station, (1.0, False), (10.0, None))


def shakes(station: Station, *edges: tuple[float, bool | None]) -> Station:
    """Edges, each so many seconds after the one before; None: only the time."""
    for after, active in edges:
        station.wait(after)
        if active is not None:
            station.give(inputs.SensorEdge, sensor=LEAF, active=active)
    return station


def opens(station: Station) -> Station:
    """Our own opening, of one second."""
    asked(station, seconds=1.0)
    return guard(station, energised=True)


@pytest.mark.parametrize("debounce_s", [0.1, 0.2, 1.0, 5.0])
def test_wind_that_shakes_a_leaf_for_less_than_the_debounce_is_no_alarm(debounce_s):
    station = house(debounce_s)
    for _ in range(20):
        shakes(station, (0.5, True), (debounce_s * 0.9, False))
    shakes(station, (10.0, None))
    assert door_events(station) == []


def test_a_leaf_that_stays_open_for_the_debounce_is_forced():
    station = shakes(house(), (4.0, True), (0.19, None))
    assert door_events(station) == []
    shakes(station, (0.02, None))
    assert door_events(station) == ["opened", "forced"]


def test_a_leaf_that_bounces_and_stays_open_is_forced_once_it_has_lasted():
    station = shakes(house(), *[(0.1, True), (0.05, False)] * 5, (0.1, True), (1.0, None))
    assert door_events(station) == ["opened", "forced"]


def test_bounces_when_an_authorised_leaf_closes_are_one_closing():
    station = shakes(opens(house()), (0.5, True), (2.0, False), (0.1, True), (0.1, False), (0.1, True), (0.1, False))
    shakes(station, (1.0, None))
    assert door_events(station).count("opened") == door_events(station).count("closed") == 1
    assert "forced" not in door_events(station)


@pytest.mark.parametrize("debounce_s", [0.2, 1.0, 5.0])
def test_a_leaf_that_is_pulled_within_the_opening_is_ours_however_long_the_debounce(debounce_s):
    station = shakes(opens(house(debounce_s)), (0.9, True))
    guard(station, energised=False, after=0.1)
    shakes(station, (20.0, None))
    assert "opened" in door_events(station)
    assert "forced" not in door_events(station)


def test_an_opening_that_comes_after_the_leaf_was_forced_does_not_hide_that():
    station = shakes(house(5.0), (4.0, True), (1.0, None))
    opens(station)
    shakes(station, (10.0, None))
    assert "forced" in door_events(station)


def test_without_a_debounce_an_edge_counts_at_once():
    station = shakes(house(0.0), (4.0, True))
    assert door_events(station) == ["opened", "forced"]


def test_a_duplicate_edge_does_not_delay_what_lasts():
    station = shakes(house(1.0), (4.0, True), *[(0.4, True)] * 3)
    assert door_events(station) == ["opened", "forced"]


@pytest.mark.parametrize("kind", [SensorKind.TAMPER, SensorKind.MOTION, SensorKind.OTHER])
def test_the_debounce_is_for_every_kind(kind):
    station = house(0.5, kind)
    shakes(station, (1.0, True), (0.4, False), (1.0, None))
    assert "sensor.changed" not in station.types()
    assert station.state.doors.blocks == ()
    shakes(station, (1.0, True), (0.6, None))
    assert station.last(events.SensorChanged).active


def test_a_detector_that_flickers_opens_nothing():
    station = house(0.5, SensorKind.MOTION, rules=(Rule("out", "sensor.changed", FRONT, (("active", "true"),)),))
    shakes(station, (1.0, True), (0.3, False), (2.0, None))
    assert station.state.doors.pulses == ()
    shakes(station, (1.0, True), (0.6, None))
    assert [door for door, _ in station.state.doors.pulses] == [FRONT]


def test_a_line_that_is_lost_while_it_shakes_forgets_that():
    station = shakes(house(), (4.0, True))
    station.give(inputs.SensorEdge, sensor=LEAF, active=None)
    shakes(station, (10.0, None))
    assert door_events(station) == []
    shakes(station, (0.0, True), (1.0, None))
    assert door_events(station) == ["opened"], "nobody knows since when"


def test_a_changed_setting_counts_from_the_next_edge():
    station = house(5.0)
    sensors = tuple(replace(each, debounce_s=0.1) for each in station.state.settings.sensors)
    settings = replace(station.state.settings, sensors=sensors)
    station.give(inputs.ConfigChanged, settings=settings, applied="", needs_restart="")
    shakes(station, (4.0, True), (0.2, None))
    assert door_events(station) == ["opened", "forced"]


def flaps(count: int, every: float = 0.4) -> list[tuple[float, bool]]:
    """So many changes of a level, each of which lasts."""
    return [(every, number % 2 == 0) for number in range(count)]


def reported(station: Station) -> int:
    """How many changes were reported."""
    return sum(isinstance(event, events.SensorChanged) for event in station.told)


def test_a_sensor_that_flaps_is_a_fault_and_reports_nothing_until_it_rests():
    station = shakes(house(kind=SensorKind.OTHER), *flaps(120))
    shakes(station, (0.3, None))
    assert (reported(station), station.state.appliance.failed) == (120, ())
    shakes(station, *flaps(400), (0.3, None))
    assert reported(station) == 121, "the one that was too many, and none of what follows"
    degraded = station.last(events.ApplianceDegraded)
    assert (degraded.part, "120 times in a minute" in degraded.why) == ("sensor leaf", True)
    shakes(station, (0.1, True), (9.9, None))
    assert station.state.appliance.failed
    shakes(station, (0.2, None))
    assert station.state.appliance.failed == ()
    assert station.last(events.ApplianceRecovered).part == "sensor leaf"
    assert reported(station) == 121, "it rests as it was reported"
    shakes(station, (1.0, False), (0.3, None))
    assert reported(station) == 122


def test_a_leaf_whose_contact_flapped_is_forced_again_once_it_has_rested():
    station = shakes(house(), *flaps(140))
    assert station.state.appliance.failed
    assert station.state.doors.sensors[0][1].active is True
    shakes(station, (11.0, None))
    assert door_events(station)[-1] == "closed", "it rests"
    forced = door_events(station).count("forced")
    shakes(station, (1.0, True), (0.3, None))
    assert door_events(station).count("forced") == forced + 1


def test_a_leaf_that_stays_open_is_reported_though_its_contact_flaps():
    station = house(open_s=30.0)
    shakes(station, *flaps(121), (0.3, None))
    assert station.state.doors.sensors[0][1].active is True
    shakes(station, *[(2.0, number % 2 == 1) for number in range(30)])
    assert "held_open" in door_events(station)


def test_a_line_that_goes_while_its_sensor_flaps_ends_the_fault():
    station = shakes(house(), *flaps(130))
    assert station.state.appliance.failed
    station.give(inputs.SensorEdge, sensor=LEAF, active=None)
    assert station.state.appliance.failed == ()


def test_a_door_that_many_people_use_is_no_fault():
    station = shakes(house(kind=SensorKind.OTHER), *flaps(600, 0.6))
    assert station.state.appliance.failed == ()


def test_while_a_tamper_contact_flaps_its_block_goes_on():
    station = house(kind=SensorKind.TAMPER, block_s=5.0)
    shakes(station, *flaps(121), (0.3, None), *flaps(40, 0.8))
    assert station.state.doors.blocks
    shakes(station, (0.1, False), (30.0, None))
    assert station.state.doors.blocks == ()
