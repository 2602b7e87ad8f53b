"""A walk through all that can happen to a door: pulses, holds, lockdown, its contact, tampering, the disc."""

import pytest

from appliance.core import desired_state, inputs
from appliance.core.model import (
    Action,
    AppliancePart,
    ButtonId,
    ButtonSettings,
    DoorId,
    DoorSettings,
    DoorsPart,
    PersistentState,
    RequestId,
    SensorId,
    SensorKind,
    SensorSettings,
    Settings,
    State,
)
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

DOOR = DoorId("front")
SETTINGS = Settings(
    station="walk",
    buttons=(ButtonSettings(ButtonId("out"), Action.EXIT, door=DOOR, debounce_s=0.0),),
    doors=(DoorSettings(DOOR, max_hold_s=300.0),),
    sensors=(
        SensorSettings(SensorId("leaf"), SensorKind.CONTACT, door=DOOR),
        SensorSettings(SensorId("housing"), SensorKind.TAMPER),
    ),
)


def every_input(state: State, serial: int):
    common = {"at": state.now, "fresh": f"{serial:026}"}
    yield inputs.Tick(**common)
    yield inputs.GuardReady(**common)
    yield inputs.GuardLost(**common, why="gone")
    for energised in (True, False):
        pulse = getattr(dict(state.doors.pulses).get(DOOR), "id", 0)
        yield inputs.RelayChanged(**common, door=DOOR, energised=energised, pulse=pulse)
    for sensor in ("leaf", "housing"):
        for active in (True, False):
            yield inputs.SensorEdge(**common, sensor=SensorId(sensor), active=active)
    yield inputs.SensorEdge(**common, sensor=SensorId("leaf"), active=None)
    yield inputs.KeptWritten(**common, kept=desired_state.desired(state).kept)
    yield inputs.KeptFailed(**common, why="full", resolution="")
    yield inputs.Started(**common, version="1", kept=PersistentState(1, locked_down=(DOOR,)))
    yield inputs.ButtonEdge(**common, button=ButtonId("out"), active=True)
    for action in (
        inputs.OpenDoor(DOOR),
        inputs.HoldDoor(DOOR, 200.0),
        inputs.ReleaseDoor(DOOR),
        inputs.LockDoor(DOOR),
        inputs.UnlockDoor(DOOR),
        inputs.ClearSensor(SensorId("housing")),
    ):
        yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def within_bounds(state: State) -> bool:
    """One sensor that is not at rest at a time, or one client who waits."""
    settling = sum(sensing.settles is not None for _, sensing in state.doors.sensors)
    awake = sum(bool(sensing.active) for _, sensing in state.doors.sensors)
    return settling + awake + len(state.appliance.pending_replies) <= 1 and not state.panel.presses


def test_every_state_of_a_door_keeps_the_rules():
    first = State(SETTINGS, now=100.0, appliance=AppliancePart(sip_ready=True), doors=DoorsPart(relay_ready=True))
    states, steps = walk(first, every_input, within_bounds)
    print(f"\n{len(states)} states, {steps} steps")
    assert len(states) > 100
