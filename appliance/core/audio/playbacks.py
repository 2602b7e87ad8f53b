"""Files, texts and URLs that clients play to a call's far end, on the speaker, or both: one at a time at each place."""

import re

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import carried
from appliance.core import events, inputs
from appliance.core.audio.tones import check_speaker
from appliance.core.lookup import find_call, wrong_state
from appliance.core.model import (
    BUILT_IN_SOUNDS,
    FETCHED,
    RECORDED,
    SOUND_NAME,
    SPEECH,
    CallId,
    Hold,
    Playback,
    PlaybackEnd,
    PlaybackId,
    PlayedFile,
    RecordingId,
    State,
)
from appliance.core.orders import Reply
from appliance.core.sound import is_heard, takes_tones
from appliance.core.tables import Table
from appliance.core.transition import Turn

LONGEST_S = 3600.0
LOUDEST = 200.0  # per cent
LONGEST_SPEECH_S = 300.0
PLAYBACKS = Table("audio.playbacks", Playback, lambda row: row.id)


def play(turn: Turn, wanted: inputs.PlaySound, asked: inputs.Requested) -> Reply:
    """Begin a playback, in place of what plays there."""
    check_sound(turn, wanted)
    made = Playback(
        PlaybackId(wanted.playback or f"p-{turn.new_id()}"),
        wanted.sound,
        wanted.call,
        wanted.speaker or wanted.call is None,
        wanted.loop,
        wanted.volume,
        seconds=wanted.seconds,
        until=turn.now + turn.settings.times.playback_begins_s,
        announces=wanted.announces,
    )
    return begin(turn, made, asked)


def say(turn: Turn, wanted: inputs.PlaySpeech, asked: inputs.Requested) -> Reply:
    """Begin to play a text, in place of what plays there."""
    made = Playback(
        wanted.playback,
        SPEECH,
        wanted.call,
        wanted.speaker or wanted.call is None,
        False,
        wanted.volume,
        made=True,
        seconds=LONGEST_SPEECH_S,
        until=begin_due(turn, wanted.waited_s, "text"),
        announces=wanted.announces,
    )
    return begin(turn, made, asked)


def play_url(turn: Turn, wanted: inputs.PlayUrl, asked: inputs.Requested, name: str = FETCHED) -> Reply:
    """Begin to play the sound of a URL, and end the playback that it replaces. name: the sound's name in events."""
    made = Playback(
        wanted.playback,
        name,
        wanted.call,
        wanted.speaker or wanted.call is None,
        wanted.loop,
        wanted.volume,
        made=True,
        seconds=wanted.seconds,
        until=begin_due(turn, wanted.waited_s, "sound"),
    )
    return begin(turn, made, asked)


def play_recording(turn: Turn, wanted: inputs.PlayRecording, asked: inputs.Requested) -> Reply:
    """Begin to play a recording, in place of what plays there."""
    return play_url(turn, wanted, asked, RECORDED)


def begin_due(turn: Turn, waited_s: float, what: str) -> float:
    """When a playback whose file was made first must begin. Raises IntercomError if that took too long."""
    limit_s = turn.settings.times.playback_begins_s
    if not 0 <= waited_s < limit_s:
        raise IntercomError(ErrorCode.UNAVAILABLE, f"The {what} was not ready in time.", "", "Try again.")
    return turn.now + limit_s - waited_s


def begin(turn: Turn, made: Playback, asked: inputs.Requested) -> Reply:
    """Add a playback, and stop what plays at its places. Raises IntercomError if it is not possible."""
    check(turn, made)
    for other in turn.audio.playbacks:
        if (made.speaker and other.speaker) or (made.call is not None and other.call == made.call):
            stop(turn, other, PlaybackEnd.REPLACED)
    PLAYBACKS.put(turn, made)
    return Reply(asked.request, call=made.call)


def check_sound(turn: Turn, wanted: inputs.PlaySound) -> None:
    """Raise IntercomError for a sound that cannot exist."""
    if not re.fullmatch(SOUND_NAME, wanted.sound):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "There is no sound of this name.",
            "A name has 1 to 64 letters, digits, - and _.",
            "Give the name of a file in audio.sounds without its .wav.",
        )
    if wanted.sound not in BUILT_IN_SOUNDS and not turn.settings.audio.sounds:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"{wanted.sound} is not a built-in sound.",
            "The configuration names no directory of sounds.",
            f"Choose one of {', '.join(BUILT_IN_SOUNDS)}; or set audio.sounds.",
        )


def check(turn: Turn, wanted: Playback) -> None:
    """Raise IntercomError for a playback that is not possible."""
    if not 0 < wanted.seconds <= LONGEST_S or not 0 <= wanted.volume <= LOUDEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"A sound cannot be played for {wanted.seconds:g} s at {wanted.volume:g} %.",
            "",
            f"Give at most {LONGEST_S:g} s and {LOUDEST:g} %.",
        )
    if not turn.appliance.sip_ready:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "No sound can be played now.", "The SIP process is not running.", "Try again."
        )
    if wanted.call is not None and not takes_tones(call := find_call(turn, wanted.call)):
        raise wrong_state(call, "played to", "connected, or hears the station before the answer,")
    if wanted.speaker:
        check_speaker(turn.state)


def end(turn: Turn, wanted: inputs.StopSound, asked: inputs.Requested) -> Reply:
    """Stop a playback for a client."""
    if wanted.call is not None:
        find_call(turn, wanted.call)
    found = turn.audio.playback(wanted.call)
    if found is None:
        raise IntercomError(ErrorCode.PLAYBACK_NOT_FOUND, "No sound is playing there.", "It has ended, or never began.")
    stop(turn, found, PlaybackEnd.STOPPED)
    return Reply(asked.request, call=wanted.call)


def opened(turn: Turn, given: inputs.PlaybackOpened) -> None:
    """The file can be played."""
    if (playback := PLAYBACKS.get(turn.state, given.playback)) is not None:
        PLAYBACKS.put(turn, replace(playback, duration_s=given.duration_s))
        turn.emit(events.PlaybackReady(*facts(playback), duration_s=given.duration_s))


def begun(turn: Turn, given: inputs.PlaybackBegun) -> None:
    """The sound flows."""
    if (playback := PLAYBACKS.get(turn.state, given.playback)) is not None and not playback.begun:
        PLAYBACKS.put(turn, replace(playback, begun=True, until=turn.now + playback.seconds))
        turn.emit(events.PlaybackStarted(*facts(playback), duration_s=playback.duration_s))


def ended(turn: Turn, given: inputs.PlaybackEnded) -> None:
    """The end of the file was played."""
    if (playback := PLAYBACKS.get(turn.state, given.playback)) is not None:
        drop(turn, playback, events.PlaybackFinished(*facts(playback)))


def failed(turn: Turn, given: inputs.PlaybackFailed) -> None:
    """The file cannot be played."""
    if (playback := PLAYBACKS.get(turn.state, given.playback)) is not None:
        drop(turn, playback, events.PlaybackFailed(*facts(playback), why=given.why))


def settle(turn: Turn, before: State) -> None:
    """Stop the playbacks whose call has ended or is held now, or all without the SIP process that plays them.

    Also stop the announcement of a recording that no longer waits for it.
    """
    for playback in turn.audio.playbacks:
        if not is_heard(turn.state, playback.call):
            stop(turn, playback, PlaybackEnd.CALL_ENDED)
        elif rests(turn.state, playback.call) and not rests(before, playback.call):
            stop(turn, playback, PlaybackEnd.HELD)
        elif playback.announces is not None and not announcing(turn.state, playback.announces):
            stop(turn, playback, PlaybackEnd.STOPPED)
        elif not turn.appliance.sip_ready:
            drop(turn, playback, events.PlaybackFailed(*facts(playback), why="The SIP process has ended."))


def announcing(state: State, wanted: RecordingId) -> bool:
    """Whether a recording waits for its announcement."""
    return any(each.id == wanted and each.announcing_until is not None for each in state.calls.recordings)


def rests(state: State, wanted: CallId | None) -> bool:
    """Whether either side holds that call."""
    call = None if wanted is None else state.calls.get(wanted)
    return call is not None and call.media.hold is not Hold.NONE


def due(turn: Turn) -> None:
    """Stop each playback whose time is over, and report a failure for each playback that did not begin in time."""
    for playback in turn.audio.playbacks:
        if playback.until > turn.now:
            continue
        if playback.begun:
            stop(turn, playback, PlaybackEnd.TIME_OVER)
        else:
            drop(turn, playback, events.PlaybackFailed(*facts(playback), why="It did not begin in time."))


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [playback.until for playback in state.audio.playbacks]


def files(state: State) -> tuple[PlayedFile, ...]:
    """The files that the SIP process must play now."""
    return tuple(carried(PlayedFile, each) for each in state.audio.playbacks)


def stop(turn: Turn, playback: Playback, reason: PlaybackEnd) -> None:
    """End a playback before the end of its file."""
    drop(turn, playback, events.PlaybackStopped(*facts(playback), reason=reason))


def drop(turn: Turn, playback: Playback, event: events.PlaybackEvent) -> None:
    """Remove a playback, and report its end."""
    PLAYBACKS.drop(turn, playback.id)
    turn.emit(event)


def facts(playback: Playback) -> tuple[PlaybackId, str, bool, CallId | None]:
    """The fields of every event of a playback."""
    return playback.id, playback.sound, playback.speaker, playback.call
