"""What a caller hears before the answer: the ringback of the caller's own phone (180), or the station itself (183)."""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.call_states import Signal
from appliance.core.calls import recording
from appliance.core.model import Call, CallState, EarlySource
from appliance.core.orders import EarlyMedia, Ring
from appliance.core.transition import Turn


def ring(turn: Turn, call: Call) -> str:
    """Send 180 again; an event follows only after 183, when the caller's phone may return to its own ringback."""
    turn.order(Ring(call.id))
    if call.state is CallState.INCOMING:
        return f"Call {call.id} rings already."
    turn.emit(events.CallRinging(call.id))
    return ""


def send(turn: Turn, call: Call, source: EarlySource) -> str:
    """Send 183 with SDP, after which the caller hears `source`; after the first 183 only the source changes.

    Who may answer and the call's deadline stay as they are.
    """
    if call.media.early is source:
        return f"The caller of {call.id} hears the {source} already."
    new = replace(call, media=replace(call.media, early=source))
    if call.media.early is not EarlySource.NONE:
        turn.put(new)
        return ""
    turn.order(EarlyMedia(call.id))
    recording.begin(turn, turn.move(new, Signal.EARLY_MEDIA, events.CallEarlyMedia(call.id)))
    return ""
