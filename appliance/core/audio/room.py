"""The room of the sound cards and their levels: its inputs, requests, timers and view."""

from typing import Any

from appliance.core import inputs
from appliance.core.audio import cards, levels
from appliance.core.audio.view import audio_view
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(on(inputs.CardsFound, cards.found), on(inputs.LevelsRead, levels.read))

perform = performs(asks(inputs.ChangeAudio, levels.change))


def due(turn: Turn) -> None:
    """Do nothing: cards have no deadlines."""


def wake(_state: State) -> list[float | None]:
    """Return no deadline."""
    return []


def view(state: State, _epoch: float) -> dict[str, Any]:
    """The cards and their levels."""
    return {"audio": audio_view(state)}
