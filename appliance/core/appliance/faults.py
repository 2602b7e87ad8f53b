"""Faults of the appliance's parts: reported once for each reason, and once more when the part works again."""

from msgspec.structs import replace

from appliance.base.errors import sentences
from appliance.core import events
from appliance.core.model import CallId
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
            turn.emit(events.AudioFailed(card=card, error=why, resolution=resolution, call=talking(turn)))
        case _:
            turn.emit(events.ApplianceDegraded(part=part, why=sentences(why, resolution)))


def recovered(turn: Turn, part: str, card: str = "") -> None:
    """Report the recovery of a part that had failed; ignore a part that had not."""
    why = dict(turn.appliance.failed).get(part)
    if why is None:
        return
    kept = tuple(pair for pair in turn.appliance.failed if pair[0] != part)
    turn.appliance = replace(turn.appliance, failed=kept)
    match part:
        case "panel":
            turn.emit(events.PanelRecovered())
        case "audio":
            turn.emit(events.AudioRecovered(card=card, error=why, call=talking(turn)))
        case _:
            turn.emit(events.ApplianceRecovered(part=part))


def talking(turn: Turn) -> CallId | None:
    """The call in the foreground whose people can talk: a fault of the sound concerns it."""
    call = turn.calls.active
    return call.id if call is not None and call.talks else None
