"""The room of a visitor's ring: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.dispatch import asks, asks_call, performs, takes
from appliance.core.model import State
from appliance.core.orders import Reply
from appliance.core.transition import Turn
from appliance.core.visitor_ring import press, ring

take = takes()  # presses of buttons begin rings: see `panel`

perform = performs(
    asks(
        inputs.RingFlat,
        lambda turn, action, asked: Reply(asked.request, warning=press.ring_flat(turn, action.flat, asked.who)),
    ),
    asks(inputs.RouteRing, ring.route),
    asks(inputs.EndRing, ring.end_for_client),
    asks_call(inputs.HangUpCall, lambda turn, call, action, _: ring.hang_up(turn, call, action.headers)),
)


def due(_turn: Turn) -> None:
    """Do nothing here: `ring.settle`, which every step calls, acts on a ring's deadlines together with its calls."""


def wake(state: State) -> list[float | None]:
    """When a ring's step, or its pause, is over."""
    return [ring.until for ring in state.rings]
