"""Sensors: what a door's contact reports beside its relay, and a tamper contact that blocks opening."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.doors import sensors
from appliance.core.model import DoorId, SensorId, SensorKind, SensorSettings
from tests.core import sent
from tests.core.doors.test_doors import asked, door_events, guard, typed
from tests.core.station import FRONT, SETTINGS, Station, ready

LEAF, HOUSING, BOX = SensorId("leaf"), SensorId("housing"), SensorId("box")
SENSORS = (
    SensorSettings(LEAF, SensorKind.CONTACT, door=FRONT, open_s=60.0),
    SensorSettings(HOUSING, SensorKind.TAMPER, block_s=300.0),
    SensorSettings(BOX, SensorKind.OTHER),
)


@pytest.fixture
def station():
    """At rest."""
    made = ready(sensors=SENSORS)
    for sensor in SENSORS:
        level(made, sensor.id, active=False)
    return made


def level(station: Station, sensor: SensorId, *, active: bool | None, settle: bool = True) -> Station:
    station.give(inputs.SensorEdge, sensor=sensor, active=active)
    return station.wait(0.06) if settle else station


def told(station: Station) -> list[str]:
    return [t for t in station.types() if t.startswith(("door.", "sensor."))]


def seen(station: Station, sensor: SensorId = LEAF):
    return sensors.sensing_of(station.state, sensor)


def test_sensors_at_rest_report_nothing_when_they_are_first_seen(station):
    assert told(station) == []
    assert seen(station).active is False


def test_a_leaf_that_opens_while_the_door_is_unlocked_is_reported(station):
    asked(station)
    guard(station, energised=True)
    level(station, LEAF, active=True)
    station.wait(2.0)
    level(station, LEAF, active=False)
    assert door_events(station) == ["unlocked", "opened", "closed"]
    assert station.last(events.DoorClosed).seconds == pytest.approx(2.06, abs=0.02)


def test_a_leaf_that_opens_just_after_the_pulse_is_not_forced(station):
    asked(station)
    guard(station, energised=True)
    guard(station, energised=False, after=3.0)
    station.wait(2.0)
    level(station, LEAF, active=True)
    assert door_events(station) == ["unlocked", "locked", "opened"]


def test_a_leaf_that_opens_without_our_opening_is_forced(station):
    asked(station)
    guard(station, energised=True)
    guard(station, energised=False, after=3.0)
    station.wait(4.0)
    level(station, LEAF, active=True)
    assert door_events(station) == ["unlocked", "locked", "opened", "forced"]
    assert seen(station).alarm == "forced"
    level(station, LEAF, active=False)
    assert seen(station).alarm == ""


def test_a_leaf_that_is_open_at_the_start_is_reported_and_not_forced():
    station = ready(sensors=SENSORS)
    level(station, LEAF, active=True)
    assert door_events(station) == ["opened"]


def test_a_leaf_that_stays_open_is_reported_once(station):
    asked(station)
    level(station, LEAF, active=True)
    station.wait(59.0)
    assert "held_open" not in door_events(station)
    station.wait(2.0)
    assert station.last(events.DoorHeldOpen).seconds == 60.0
    assert seen(station).alarm == "held_open"
    station.wait(600.0)
    assert door_events(station).count("held_open") == 1


def test_a_leaf_may_stay_open_while_the_door_is_held_open(station):
    station.ask(inputs.HoldDoor(FRONT, 200.0))
    guard(station, energised=True)
    level(station, LEAF, active=True)
    station.wait(199.0)
    guard(station, energised=False)
    station.wait(59.0)
    assert "held_open" not in door_events(station)
    station.wait(5.0)
    assert "held_open" in door_events(station)


@pytest.mark.parametrize("ends", [inputs.ReleaseDoor(FRONT), inputs.LockDoor(FRONT)], ids=["released", "locked down"])
def test_a_leaf_that_stays_open_after_a_hold_that_ended_early_is_reported(station, ends):
    station.ask(inputs.HoldDoor(FRONT, 600.0))
    guard(station, energised=True)
    level(station, LEAF, active=True)
    station.wait(100.0)  # longer than it may stay open without a hold
    station.give(inputs.Requested, request="q", who="test", action=ends)
    guard(station, energised=False)
    station.wait(59.0)
    assert "held_open" not in door_events(station)
    station.wait(2.0)
    assert door_events(station).count("held_open") == 1


def test_a_hold_that_the_guard_has_not_taken_excuses_no_open_leaf(station):
    asked(station)
    level(station, LEAF, active=True)
    station.wait(58.0)
    station.ask(inputs.HoldDoor(FRONT, 600.0))
    station.wait(5.0)
    assert "held_open" in door_events(station)


def test_a_leaf_without_a_limit_may_stay_open():
    station = ready(sensors=(replace(SENSORS[0], open_s=0.0),))
    level(station, LEAF, active=True)
    station.wait(86_400.0)
    assert door_events(station) == ["opened"]


def test_a_contact_that_bounces_is_one_opening(station):
    asked(station)
    for _ in range(5):
        level(station, LEAF, active=True, settle=False)
        station.wait(0.01)
        level(station, LEAF, active=False, settle=False)
        station.wait(0.01)
    level(station, LEAF, active=True)
    level(station, LEAF, active=True)
    assert door_events(station).count("opened") == 1


def test_a_disturbance_is_no_opening(station):
    level(station, LEAF, active=True, settle=False)
    station.wait(0.04)
    level(station, LEAF, active=False)
    assert door_events(station) == []


def test_of_a_line_that_is_lost_nothing_is_known(station):
    level(station, LEAF, active=None)
    assert (seen(station).active, sensors.LEAF[seen(station).active]) == (None, "unknown")
    level(station, LEAF, active=False)
    assert door_events(station) == []


def test_a_sensor_that_is_not_configured_reports_nothing(station):
    level(station, SensorId("none"), active=True)
    assert told(station) == []


def test_another_sensor_is_reported_and_blocks_nothing(station):
    level(station, BOX, active=True)
    assert station.last(events.SensorChanged) == events.SensorChanged(BOX, kind=SensorKind.OTHER, active=True)
    assert asked(station).warning == ""


def test_tampering_blocks_opening_for_a_time_from_when_it_has_stopped(station):
    level(station, HOUSING, active=True)
    assert told(station) == ["sensor.changed", "sensor.blocked"]
    assert station.last(events.SensorBlocked).seconds == 300.0
    error = station.ask(inputs.OpenDoor(FRONT)).error
    assert (error.code, error.message) == ("door-blocked", "Door front stays locked for 300 s.")
    assert station.last(events.DoorDenied).why == "a sensor blocks it: housing"
    station.wait(1000.0)
    assert station.ask(inputs.OpenDoor(FRONT)).error.code == "door-blocked"
    level(station, HOUSING, active=False)
    station.wait(299.0)
    assert station.ask(inputs.OpenDoor(FRONT)).error.code == "door-blocked"
    station.wait(2.0)
    assert station.last(events.SensorUnblocked) == events.SensorUnblocked(HOUSING, by="")
    asked(station)


def test_tampering_blocks_holds_digits_and_buttons_but_no_one_who_leaves(station):
    level(station, HOUSING, active=True)
    assert station.ask(inputs.HoldDoor(FRONT)).error.code == "door-blocked"
    station.press("exit")
    assert station.last(events.ErrorReported).code == "door-blocked"
    typed(station, station.talking().id, "12#")
    assert station.desired.relays == ()
    station.press("out")
    assert [relay.door for relay in station.desired.relays] == [FRONT]


def test_a_client_ends_the_block_until_there_is_tampering_again(station):
    level(station, HOUSING, active=True)
    assert station.ask(inputs.ClearSensor(HOUSING)).warning == ""
    assert station.last(events.SensorUnblocked) == events.SensorUnblocked(HOUSING, by="test")
    asked(station)
    assert station.ask(inputs.ClearSensor(HOUSING)).warning == "Sensor housing does not block any door."
    level(station, HOUSING, active=False)
    station.wait(20.0)
    asked(station)
    level(station, HOUSING, active=True)
    assert station.ask(inputs.OpenDoor(FRONT)).error.code == "door-blocked"


def test_a_sensor_that_is_not_there_cannot_be_cleared(station):
    error = station.ask(inputs.ClearSensor(SensorId("none"))).error
    assert (error.code, error.cause) == ("sensor-not-found", "The panel has: leaf, housing, box.")


def test_a_tamper_contact_that_blocks_nothing_is_reported():
    station = ready(sensors=(replace(SENSORS[1], block_s=0.0),))
    level(station, HOUSING, active=True)
    assert told(station) == ["sensor.changed"]
    asked(station)


def test_blocks_are_kept(station):
    level(station, HOUSING, active=True)
    (block,) = station.desired.kept.blocks
    assert (block.sensor, round(block.until - station.state.now)) == (HOUSING, 300)
    assert station.desired.kept.later(10.0).blocks[0].until == block.until + 10.0


def test_a_contact_of_another_door_forces_nothing_here(station):
    settings = replace(SETTINGS, sensors=(replace(SENSORS[0], door=DoorId("gate")),))
    other = ready(sensors=settings.sensors)
    level(other, LEAF, active=False)
    asked(other)
    guard(other, energised=True)
    level(other, LEAF, active=True)
    assert [event.door for event in other.told if isinstance(event, events.DoorForced)] == ["gate"]


def test_clients_see_leaf_alarm_sensors_and_blocks(station):
    level(station, LEAF, active=True)
    level(station, HOUSING, active=True)
    shown = sent.snapshot(station.state, 0.0)
    (front, gate) = shown["doors"]
    assert (front["contact"], front["alarm"], gate["contact"], gate["alarm"]) == ("open", "forced", None, None)
    leaf, housing, box = shown["panel"]["sensors"]
    assert leaf == {"id": "leaf", "kind": "contact", "door": "front", "active": True, "blocks_until": None}
    assert (housing["active"], housing["blocks_until"][:16]) == (True, "1970-01-01T00:06")
    assert box["active"] is False


def test_a_door_with_two_leaves_is_open_as_long_as_one_of_them_is_and_motion_is_no_leaf():
    second, motion = (replace(SENSORS[0], id=SensorId(name)) for name in ("second", "motion"))
    station = ready(sensors=(replace(motion, kind=SensorKind.MOTION), SENSORS[0], second))

    def shown():
        front, _ = sent.snapshot(station.state, 0.0)["doors"]
        return front["contact"], front["alarm"]

    level(station, SensorId("motion"), active=True)
    level(station, LEAF, active=False)
    assert shown() == ("unknown", None)
    level(station, second.id, active=False)
    assert shown() == ("closed", None)
    level(station, second.id, active=True)
    assert shown() == ("open", "forced")
    level(station, second.id, active=None)
    level(station, LEAF, active=True)
    assert shown() == ("open", "forced")


def test_a_door_with_two_leaves_is_reported_open_once_and_closed_once_the_last_leaf_is():
    """A rule or an alarm that waits for `door.closed` must not come while the other leaf still stands open."""
    second = replace(SENSORS[0], id=SensorId("second"))
    station = ready(sensors=(SENSORS[0], second))
    for leaf in (LEAF, second.id):
        level(station, leaf, active=False)
    asked(station)
    guard(station, energised=True)
    level(station, LEAF, active=True)
    station.wait(1.0)
    level(station, second.id, active=True)
    station.wait(1.0)
    level(station, LEAF, active=False)
    assert door_events(station) == ["unlocked", "opened"]
    station.wait(1.0)
    level(station, second.id, active=False)
    assert door_events(station) == ["unlocked", "opened", "closed"]
    assert station.last(events.DoorClosed).seconds == pytest.approx(3.2, abs=0.1), "since the first leaf opened"


def test_the_second_leaf_of_an_open_door_is_not_forced_and_that_of_a_forced_one_keeps_the_alarm():
    second = replace(SENSORS[0], id=SensorId("second"))
    station = ready(sensors=(SENSORS[0], second))

    def alarm():
        return sent.snapshot(station.state, 0.0)["doors"][0]["alarm"]

    for leaf in (LEAF, second.id):
        level(station, leaf, active=False)
    asked(station)
    guard(station, energised=True)
    level(station, LEAF, active=True)
    guard(station, energised=False, after=3.0)
    station.wait(10.0)
    level(station, second.id, active=True)  # unbolted from inside, while somebody carries furniture
    assert (door_events(station), alarm()) == (["unlocked", "opened", "locked"], None)
    for leaf in (LEAF, second.id):
        level(station, leaf, active=False)
    for leaf in (LEAF, second.id):
        level(station, leaf, active=True)
    assert door_events(station)[3:] == ["closed", "opened", "forced"]
    level(station, LEAF, active=False)
    assert alarm() == "forced"


def test_a_leaf_whose_line_is_lost_keeps_no_door_open():
    second = replace(SENSORS[0], id=SensorId("second"))
    station = ready(sensors=(SENSORS[0], second))
    for leaf in (LEAF, second.id):
        level(station, leaf, active=True)
    level(station, second.id, active=None)
    level(station, LEAF, active=False)
    assert door_events(station) == ["opened", "closed"]
