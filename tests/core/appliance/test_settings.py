"""Settings that change while the station runs: they apply from the next decision on, and events report them."""

import pytest
from msgspec.structs import replace

from appliance.core import desired_state, events, inputs, status_line
from appliance.core.model import (
    Action,
    ButtonId,
    LampId,
    Pattern,
    Picture,
    SensorId,
    SensorKind,
    SensorSettings,
    Target,
)
from appliance.core.orders import Place, PrepareRecording
from tests.core.station import FRONT, SETTINGS, Station, ready

OTHER = "sip:cellar@127.0.0.3"


def change(station: Station, settings, applied="something", needs_restart="") -> Station:
    return station.give(inputs.ConfigChanged, settings=settings, applied=applied, needs_restart=needs_restart)


def changes(station: Station) -> list[events.Event]:
    return [event for event in station.told if isinstance(event, events.ConfigChanged | events.ConfigRejected)]


def test_the_next_press_rings_whom_the_new_settings_name():
    station = change(ready(), replace(SETTINGS, targets=(Target("kitchen", OTHER),)))
    station.give(inputs.ButtonEdge, button=ButtonId("ring"), active=True)
    (placed,) = (order for order in station.ordered if isinstance(order, Place))
    assert placed.uri == OTHER


def test_a_call_goes_on_and_keeps_its_deadline():
    station = ready()
    station.give(inputs.ButtonEdge, button=ButtonId("ring"), active=True)
    before = station.state.calls.living
    change(station, replace(SETTINGS, targets=(), record=False, deadlines=replace(SETTINGS.deadlines, dialing_s=1.0)))
    assert station.state.calls.living == before
    station.give(inputs.CallConfirmed, call=before[0].id)
    assert not any(isinstance(order, PrepareRecording) for order in station.ordered)


def test_a_lamp_shows_its_new_picture_at_once_and_says_so():
    lamps = tuple(replace(lamp, pictures=((Picture.IDLE, Pattern.FAST),)) for lamp in SETTINGS.lamps)
    station = change(ready(), replace(SETTINGS, lamps=lamps))
    assert dict(desired_state.desired(station.state).lamps)[LampId("call")].pattern is Pattern.FAST
    assert events.LampChanged(LampId("call"), Pattern.FAST, None, 100) in station.told


def test_a_button_that_is_down_does_what_it_means_when_it_comes_up():
    station = ready()
    station.give(inputs.ButtonEdge, button=ButtonId("answer"), active=True)
    buttons = tuple(replace(b, action=Action.RING, target="kitchen", long_action=None) for b in SETTINGS.buttons)
    change(station, replace(SETTINGS, buttons=buttons))
    station.wait(5.0)
    station.give(inputs.ButtonEdge, button=ButtonId("answer"), active=False)
    station.wait(1.0)
    assert not station.state.calls.living


def test_what_was_changed_is_reported_by_name():
    station = change(ready(), SETTINGS, "deadlines.rtp_s, target.cellar", "audio.capture")
    assert changes(station) == [events.ConfigChanged("deadlines.rtp_s, target.cellar", "audio.capture")]
    change(station, SETTINGS, "", "audio.capture")
    assert changes(station)[1:] == [events.ConfigChanged("", "audio.capture")]


def test_what_waits_for_a_restart_is_in_the_status_line_until_the_file_is_as_before():
    station = change(ready(), SETTINGS, "", "audio.capture, sip.port")
    assert status_line.status(station.state) == "a restart will change audio.capture, sip.port; ready"
    change(station, SETTINGS, "")
    assert status_line.status(station.state) == "ready"


def test_a_file_without_any_change_is_not_reported():
    assert changes(change(ready(), SETTINGS, "")) == []


def test_a_file_with_errors_changes_nothing_and_is_in_the_status_line_until_it_is_mended():
    station = ready()
    status, settings = status_line.status(station.state), station.state.settings
    station.give(inputs.ConfigRejected, errors="door.front.pulse_s = 300: a number from 0.1 to 60")
    assert station.state.settings is settings
    assert status_line.status(station.state) == f"the changed configuration has errors and is not used; {status}"
    change(station, SETTINGS, "")
    assert status_line.status(station.state) == status
    assert [type(event) for event in changes(station)] == [events.ConfigRejected, events.ConfigChanged]


LEAF = SensorSettings(SensorId("leaf"), SensorKind.CONTACT, door=FRONT, open_s=60.0)
HOUSING = SensorSettings(SensorId("housing"), SensorKind.TAMPER, block_s=300.0)


def moved(sensor: SensorSettings) -> Station:
    """A station whose sensor was at rest, and then became active."""
    station = ready(sensors=(sensor,))
    for active in (False, True):
        station.give(inputs.SensorEdge, sensor=sensor.id, active=active).wait(1.0)
    return station


@pytest.mark.parametrize(
    "now",
    [
        replace(LEAF, kind=SensorKind.OTHER, door=None),
        replace(LEAF, kind=SensorKind.MOTION),
        replace(LEAF, open_s=0.0),
    ],
    ids=["no contact any more", "a motion detector", "no limit any more"],
)
def test_a_leaf_that_is_open_is_no_longer_reported_when_its_sensor_watches_it_no_longer(now):
    station = change(moved(LEAF), replace(SETTINGS, sensors=(now,)))
    station.wait(3600.0)  # the rules of each step find a station that wakes without end
    assert "door.held_open" not in station.types()


def test_a_sensor_that_is_no_tamper_contact_any_more_blocks_no_door_after_its_last_block():
    station = change(moved(HOUSING), replace(SETTINGS, sensors=(replace(HOUSING, kind=SensorKind.OTHER),)))
    assert station.ask(inputs.OpenDoor(FRONT)).error is not None
    station.wait(301.0)
    assert station.ask(inputs.OpenDoor(FRONT)).error is None
