"""The room of doors: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.doors import openings, pulses, requests, sensors
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(
    on(inputs.Tick, lambda turn, _: pulses.due(turn)),  # not at any input: see `pulses`
    on(inputs.GuardReady, lambda turn, _: pulses.guard_ready(turn)),
    on(inputs.GuardLost, lambda turn, _: pulses.guard_lost(turn)),
    on(inputs.RelayChanged, pulses.relay_changed),
    on(inputs.SensorEdge, sensors.edge),
    on(inputs.OpeningsRead, openings.read),
)

perform = performs(
    asks(inputs.OpenDoor, requests.open_for_client),
    asks(inputs.HoldDoor, requests.hold_open),
    asks(inputs.ReleaseDoor, requests.release),
    asks(inputs.LockDoor, requests.lock_down),
    asks(inputs.UnlockDoor, requests.end_lockdown),
    asks(inputs.ClearSensor, requests.clear_sensor),
)


def due(turn: Turn) -> None:
    """Act on the deadlines of sensors that have passed. The deadlines of pulses are acted on elsewhere: see `take`."""
    sensors.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due`, or a Tick, must act."""
    return [*(pulses.wake(pulse, state.settings.times) for _, pulse in state.doors.pulses), *sensors.wake(state)]
