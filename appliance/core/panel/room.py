"""The room of the panel: its inputs, requests and timers."""

from msgspec.structs import replace

from appliance.core import inputs, wall_clock
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.panel import actions, buttons, indications, self_tests
from appliance.core.transition import Turn

take = takes(
    on(inputs.Tick, actions.tick),
    on(inputs.ButtonEdge, actions.edge),
    on(inputs.LampFound, indications.lamp_found),
)

perform = performs(
    asks(inputs.PressButton, actions.press),
    asks(inputs.TestLamp, self_tests.lamp),
)


def due(turn: Turn) -> None:
    """Do what time alone brings, but for buttons: see `actions.tick`."""
    if turn.panel.lamp_trials:
        self_tests.due(turn)
    if turn.panel.error_until is not None and turn.now >= turn.panel.error_until:
        turn.panel = replace(turn.panel, error_until=None)
    if turn.panel.busy_until is not None and turn.now >= turn.panel.busy_until:
        turn.panel = replace(turn.panel, busy_until=None)


def wake(state: State) -> list[float | None]:
    """When `due`, or a Tick, has something to do, and when night begins or ends."""
    return [
        state.panel.error_until,
        state.panel.busy_until,
        wall_clock.night_changes_at(state),
        *self_tests.wake(state),
        *(buttons.wake(press) for _, press in state.panel.presses),
    ]
