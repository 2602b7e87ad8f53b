"""The ringer, the bell of incoming calls on the speaker, which a client may silence for some minutes.

Unlike do-not-disturb this refuses no call: calls ring elsewhere and on lamps, and can be answered here. A restart ends
it, so that a station whose people are gone is not silent for long.
"""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Call, State, Tone
from appliance.core.orders import Reply
from appliance.core.transition import Turn


def silence(turn: Turn, wanted: inputs.SilenceRinger, asked: inputs.Requested) -> Reply:
    """Silence the ringer, or let it ring again, for a client."""
    until = turn.now + 60.0 * wanted.minutes if wanted.minutes else None
    if until != turn.audio.ringer_silent_until:
        change(turn, until, asked.who)
    return Reply(asked.request)


def bell(state: State, call: Call) -> Tone | None:
    """The tone for a call to us. That of an automatic answer is never silent, as it warns who is about to be heard."""
    if call.times.answers_at is not None:
        return Tone.AUTO_ANSWER
    return Tone.RINGING if state.audio.ringer_silent_until is None else None


def due(turn: Turn) -> None:
    """Let the ringer ring again after its time."""
    until = turn.audio.ringer_silent_until
    if until is not None and turn.now >= until:
        change(turn, None, "")


def change(turn: Turn, until: float | None, by: str) -> None:
    """Set until when the ringer is silent, and report it."""
    turn.audio = replace(turn.audio, ringer_silent_until=until)
    turn.emit(events.AudioRingerChanged(None if until is None else round(until - turn.now, 3), by))
