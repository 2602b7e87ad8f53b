"""Early media: the sound that a caller hears before the answer.

A caller of the station hears the ringback of its own phone (180), or the station itself (183). A visitor who calls
hears the station's ringback. Once sound arrives from the far end, the visitor hears the far end instead; SDP in a 183
alone promises no sound (RFC 3960 §3.2).
"""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.call_states import RINGING, Signal
from appliance.core.calls import incoming, recording
from appliance.core.calls.requests import check_headers
from appliance.core.model import Call, CallState, EarlySource, SoundLevel
from appliance.core.orders import EarlyMedia, Ring
from appliance.core.transition import Turn

PROGRESS = 183
AUDIBLE_DBFS = -50.0  # louder than comfort noise, quieter than any ringback or announcement
LONGEST_PAUSE_S = 5.5  # of a ringback: in the cadences of ITU-T E.180 at most 5 s


def listened(turn: Turn, call: Call, level: SoundLevel | None) -> None:
    """The far end's last second before its answer had this level; None: it sent no whole second of sound."""
    if level is not None and level.dbfs >= AUDIBLE_DBFS:
        turn.put(replace(call, media=replace(call.media, early_heard_at=turn.now)))


def silent_at(call: Call) -> float | None:
    """When the far end of a call with early media, which was audible, counts as silent; None if it is silent."""
    heard_at = call.media.early_heard_at
    return None if heard_at is None else heard_at + LONGEST_PAUSE_S


def fell_silent(turn: Turn, call: Call) -> None:
    """The far end has not been audible for longer than a ringback pauses."""
    turn.put(replace(call, media=replace(call.media, early_heard_at=None)))


def ring(turn: Turn, call: Call) -> str:
    """Send 180 again; an event follows only after 183, when the caller's phone may return to its own ringback."""
    if call.times.decides_at is not None:
        incoming.ring_here(turn, call)
        return ""
    turn.order(Ring(call.id))
    if call.state is CallState.INCOMING:
        return f"Call {call.id} rings already."
    turn.emit(events.CallRinging(call.id, RINGING))
    return ""


def send(turn: Turn, call: Call, wanted: inputs.SendEarlyMedia) -> str:
    """Send 183 with SDP, after which the caller hears a source; after the first 183 only the source changes.

    Who may answer and the call's deadline stay as they are.
    """
    source = wanted.source
    check_headers(wanted.headers)
    if call.media.early is source:
        return f"The caller of {call.id} hears the {source} already."
    new = replace(call, media=replace(call.media, early=source), times=replace(call.times, decides_at=None))
    if call.media.early is not EarlySource.NONE:
        turn.put(new)
        return ""
    turn.order(EarlyMedia(call.id, wanted.headers))
    recording.begin(turn, turn.move(new, Signal.EARLY_MEDIA, events.CallEarlyMedia(call.id, PROGRESS)))
    return ""
