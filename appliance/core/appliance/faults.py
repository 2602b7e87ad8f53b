"""Faults of the appliance's parts: reported once for each reason, and once more when the part works again."""

from msgspec.structs import replace

from appliance.base.errors import sentences
from appliance.core import events
from appliance.core.transition import Turn


def failed(turn: Turn, part: str, why: str, resolution: str, card: str = "") -> None:
    """A part does not work: report it once for each reason."""
    if (part, why) in turn.appliance.failed:
        return
    others = tuple(pair for pair in turn.appliance.failed if pair[0] != part)
    turn.appliance = replace(turn.appliance, failed=(*others, (part, why)))
    match part:
        case "panel":
            turn.emit(events.PanelFailed(why=why, resolution=resolution))
        case "audio":
            call = turn.calls.active
            hit = call.id if call is not None and call.talks else None
            turn.emit(events.AudioFailed(card=card, error=why, resolution=resolution, call=hit))
        case _:
            turn.emit(events.ApplianceDegraded(part=part, why=sentences(why, resolution)))


def recovered(turn: Turn, part: str) -> None:
    """A part works again: report it if it had failed."""
    kept = tuple(pair for pair in turn.appliance.failed if pair[0] != part)
    if kept == turn.appliance.failed:
        return
    turn.appliance = replace(turn.appliance, failed=kept)
    match part:
        case "panel":
            turn.emit(events.PanelRecovered())
        case "audio":
            turn.emit(events.AudioRecovered())
        case _:
            turn.emit(events.ApplianceRecovered(part=part))
