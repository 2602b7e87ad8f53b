"""Tones that clients play to a call's far end or on the speaker: one for each, and each for a limited time.

So does the station, to say that somebody else hears the far end, or that the call is recorded: no client stops or
replaces that tone.
"""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.audio.levels import speaker
from appliance.core.lookup import find_call, wrong_state
from appliance.core.model import COUNTRIES, NULL, PLAYABLE, CallId, PlayedTone, State, ToneEnd, of_country
from appliance.core.orders import Reply
from appliance.core.sound import is_heard, takes_tones
from appliance.core.tables import Table
from appliance.core.transition import Turn

LONGEST_S = 300.0
TONES = Table("audio.tones", PlayedTone, lambda row: row.call)


def play(turn: Turn, wanted: inputs.PlayTone, asked: inputs.Requested) -> Reply:
    """Begin a tone, in place of the one that plays there."""
    country = wanted.country or turn.settings.audio.country
    if wanted.tone not in PLAYABLE:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"The tone {wanted.tone} cannot be ordered.",
            "Only the station plays it.",
            f"Choose one of: {', '.join(PLAYABLE)}.",
        )
    if country not in COUNTRIES:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"The tones of the country {country!r} are not known.",
            "It is not in the list of countries.",
            f"Choose one of: {', '.join(COUNTRIES)}.",
        )
    if not 0 < wanted.seconds <= LONGEST_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"A tone cannot last {wanted.seconds:g} s.",
            "",
            f"Give more than 0 and at most {LONGEST_S:g} s.",
        )
    if wanted.call is None:
        check_speaker(turn.state)
    else:
        call = find_call(turn, wanted.call)
        if not takes_tones(call):
            raise wrong_state(call, "played a tone", "connected, or hears the station before the answer,")
    check_own(turn.state, wanted.call)
    begin(turn, PlayedTone(wanted.call, of_country(wanted.tone, country), turn.now + wanted.seconds))
    return Reply(asked.request, call=wanted.call)


def begin(turn: Turn, played: PlayedTone) -> None:
    """Play a tone, in place of the one that plays there."""
    stop(turn, played.call, ToneEnd.REPLACED)
    TONES.put(turn, played)
    turn.emit(events.ToneStarted(played.sound.tone, played.sound.country, played.call))


def check_own(state: State, call: CallId | None) -> None:
    """Raise `conflict` while the station's own tone plays to that call or on the speaker."""
    played = state.audio.tone(call)
    if played is not None and played.own:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"The tone {'on the speaker' if call is None else f'to call {call}'} can be neither stopped nor replaced.",
            "It says that somebody else hears the far end, or that the call is recorded.",
            "It ends within a second: order again then.",
        )


def check_speaker(state: State) -> None:
    """Raise `audio-unavailable` if nothing can be heard on the speaker."""
    fault = dict(state.appliance.failed).get("audio")
    if speaker(state).pcm == NULL:
        fault = "None is configured: audio.playback names its card."
    if fault is not None:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            "There is no speaker to play on.",
            fault,
            "Repair that first: the event audio.recovered reports when it works.",
        )


def end(turn: Turn, wanted: inputs.StopTone, asked: inputs.Requested) -> Reply:
    """Stop a tone for a client."""
    if wanted.call is not None:
        find_call(turn, wanted.call)
    check_own(turn.state, wanted.call)
    stopped = stop(turn, wanted.call, ToneEnd.STOPPED)
    return Reply(asked.request, call=wanted.call, warning="" if stopped else "No tone is playing there.")


def stop(turn: Turn, call: CallId | None, reason: ToneEnd) -> bool:
    """Stop the tone that plays to the call, for None on the speaker. Returns False if no tone plays there."""
    played = turn.audio.tone(call)
    if played is None:
        return False
    TONES.drop(turn, call)
    turn.emit(events.ToneStopped(played.sound.tone, played.sound.country, reason, call))
    return True


def settle(turn: Turn) -> None:
    """Stop the tones whose call has ended, or no longer has sound."""
    for played in turn.audio.tones:
        if not is_heard(turn.state, played.call):
            stop(turn, played.call, ToneEnd.CALL_ENDED)


def due(turn: Turn) -> None:
    """Stop the tones whose time is over."""
    for played in turn.audio.tones:
        if played.until <= turn.now:
            stop(turn, played.call, ToneEnd.FINISHED)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [played.until for played in state.audio.tones]
