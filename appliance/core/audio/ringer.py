"""The ringer, the bell of incoming calls on the speaker, which a client may silence for some minutes.

Unlike do-not-disturb this refuses no call: calls ring elsewhere and on lamps, and can be answered here. A restart ends
it, so that a station whose people are gone is not silent for long. It is silent while its time profile is active, too.
"""

from msgspec.structs import replace

from appliance.core import events, inputs, wall_clock
from appliance.core.model import Call, NoticeCode, State, Tone
from appliance.core.orders import Reply
from appliance.core.transition import Turn


def silence(turn: Turn, wanted: inputs.SilenceRinger, asked: inputs.Requested) -> Reply:
    """Silence the ringer, or let it ring again, for a client; the answer warns if nothing changes."""
    until = turn.now + 60.0 * wanted.minutes if wanted.minutes else None
    if until is None and turn.audio.ringer_silent_until is None:
        return Reply(asked.request, warning="The bell of incoming calls is not silenced.")
    change(turn, until, asked.who)
    return Reply(asked.request)


def bell(state: State, call: Call) -> Tone | None:
    """The tone for a call to us, once it rings here.

    That of an automatic answer is never silent, as it warns who is about to be heard.
    """
    if call.times.decides_at is not None:
        return None
    if call.times.answers_at is not None:
        return Tone.AUTO_ANSWER
    return None if silent(state) else Tone.RINGING


def silent(state: State) -> bool:
    """Whether the bell of incoming calls is silent now."""
    return state.audio.ringer_silent_until is not None or state.audio.ringer_rests


def due(turn: Turn) -> None:
    """Let the ringer ring again after its time."""
    until = turn.audio.ringer_silent_until
    if until is not None and turn.now >= until:
        change(turn, None, "")
    profile = turn.settings.ringer_profile
    rests = bool(profile) and wall_clock.profile_why_not(turn.state, profile) is None
    if rests != turn.audio.ringer_rests:
        turn.audio = replace(turn.audio, ringer_rests=rests)
        words = "is silent: its time profile has begun" if rests else "rings again: its time profile is over"
        turn.emit(events.NoticeReported(NoticeCode.RINGER, f"The bell of incoming calls {words}."))


def wake(state: State) -> list[float | None]:
    """When its silence ends, and when its time profile may begin or end."""
    profile = state.settings.ringer_profile
    return [state.audio.ringer_silent_until, *([wall_clock.profile_changes_at(state, profile)] if profile else [])]


def change(turn: Turn, until: float | None, by: str) -> None:
    """Set until when the ringer is silent, and report it."""
    turn.audio = replace(turn.audio, ringer_silent_until=until)
    turn.emit(events.AudioRingerChanged(None if until is None else round(until - turn.now, 3), by))
