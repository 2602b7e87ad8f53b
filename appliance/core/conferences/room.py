"""The room of conferences: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.conferences import requests
from appliance.core.dispatch import asks, performs, takes
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes()  # a conference follows its calls: see `lifecycle.settle`

perform = performs(
    asks(inputs.Confer, requests.confer),
    asks(inputs.InviteInto, requests.invite),
    asks(inputs.TakeInto, requests.take_in),
    asks(inputs.RemoveFrom, requests.remove),
    asks(inputs.MuteIn, requests.mute),
    asks(inputs.HoldConference, requests.hold_for_client),
    asks(inputs.EndConference, requests.end_for_client),
    asks(inputs.RecordConference, requests.record),
)


def due(_turn: Turn) -> None:
    """Do nothing: a conference has no timers."""


def wake(_state: State) -> list[float | None]:
    """No times, as there are no timers."""
    return []
