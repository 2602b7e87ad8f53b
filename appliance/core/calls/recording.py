"""Recordings: file and index row first, then samples; finished however the call or the SIP process ends.

Where people must know that they are recorded, an announcement comes before all that, to the far end and the visitor.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import carried
from appliance.core import call_states, events, inputs
from appliance.core.model import (
    NO_CALL,
    NULL,
    OF_MESSAGE,
    Announcement,
    Call,
    CallId,
    CallState,
    Direction,
    Hold,
    MixerLevel,
    OpenRecording,
    RecordedCalls,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    RecordingSide,
    Space,
    State,
    WarningCode,
    kind_of,
)
from appliance.core.orders import AnnounceRecording, DropAnnouncement, FinishRecording, PrepareRecording, Reply
from appliance.core.tables import Table
from appliance.core.transition import Turn

QUIETEST = 10.0  # per cent of the speaker's volume: a tone below is as good as silent
RECORDINGS = Table("calls.recordings", OpenRecording, lambda row: row.id)

_OF_SPACE = {
    Space.OK: events.StorageRecovered,
    Space.LOW: events.StorageLow,
    Space.FULL: events.StorageFull,
}


def begin(turn: Turn, call: Call | None) -> None:
    """Record a call from now on, if the station records such calls, or a client wants it, and none runs yet."""
    if call is None or not turn.settings.record or call.recording is not None:
        return
    which = turn.settings.recorded_calls
    answered = which is RecordedCalls.ANSWERED or (which is RecordedCalls.DOORBELL and call.visits)
    answered |= call.placing.record
    hears = call.talks or call.unanswered_here or _announcement(turn.state, call) is Announcement.NONE
    if hears and (which is RecordedCalls.ALL or (answered and call.talks)):
        _prepare(turn, call, turn.settings.recording_channels)


def start(turn: Turn, call: Call, wanted: inputs.StartRecording) -> None:
    """Record a call for a client. Raises IntercomError."""
    check_enabled(turn)
    if call.recording is not None:
        raise IntercomError(
            ErrorCode.RECORDING_ALREADY_RUNNING,
            f"Call {call.id} is being recorded.",
            f"Recording {call.recording} runs.",
            "Stop it first, or let it run.",
        )
    if unheard := _unheard(turn.state, _with_sound(call)):
        raise IntercomError(
            ErrorCode.RECORDING_NO_MEDIA,
            f"Call {call.id} cannot be recorded now.",
            f"The recording must be announced. {unheard}",
            "Wait for call.connected, or for the end of the hold.",
        )
    _prepare(turn, call, wanted.channels or turn.settings.recording_channels, wanted.format, wanted.note)


def check_enabled(turn: Turn) -> None:
    """Raise IntercomError unless calls may be recorded."""
    if not turn.settings.record:
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            "No call is recorded here.",
            "recording.enabled is false.",
            "Set it, and choose by recording.calls what is recorded without an order.",
        )


def join(turn: Turn, call: Call, channels: RecordingChannels) -> None:
    """Record a call of a conference that a client has recorded, unless it is recorded already."""
    if turn.settings.record and call.recording is None:
        _prepare(turn, call, channels)


def stop(turn: Turn, call: Call) -> None:
    """End a call's recording for a client. Raises IntercomError."""
    if call.recording is None:
        raise IntercomError(
            ErrorCode.RECORDING_NOT_RUNNING,
            f"Call {_with_sound(call).id} is not being recorded.",
            "Its recording was not started, or has been stopped.",
        )
    _end(turn, call.recording)
    turn.put(replace(call, recording=None))


def steer(turn: Turn, wanted: inputs.SteerRecording, asked: inputs.Requested) -> Reply:
    """Pause, resume, mute, unmute, stop or discard a recording for a client. Raises IntercomError."""
    found = RECORDINGS.get(turn.state, wanted.recording)
    if found is not None and found == message_of(turn.state) and not found.unwanted:
        return _steer_message(turn, found, wanted, asked)
    call = None if found is None else turn.calls.get(found.call)
    if found is None or call is None or call.recording != found.id:
        raise IntercomError(
            ErrorCode.RECORDING_NOT_FOUND,
            f"No recording {wanted.recording} runs.",
            "It has ended or never existed.",
            "GET /v1/recordings/live lists those that run.",
        )
    reply = Reply(asked.request, call=call.id)
    match wanted.to:
        case RecordingOrder.STOP:
            stop(turn, call)
        case RecordingOrder.DISCARD:
            RECORDINGS.put(turn, replace(found, discarded_by=asked.who))
            stop(turn, call)
        case RecordingOrder.PAUSE if found.paused_at is None:
            RECORDINGS.put(turn, replace(found, paused_at=turn.now))
            turn.emit(events.RecordingPaused(call.id, found.id))
        case RecordingOrder.RESUME if found.paused_at is not None:
            pauses_s = found.pauses_s + turn.now - found.paused_at
            RECORDINGS.put(turn, replace(found, paused_at=None, pauses_s=pauses_s))
            turn.emit(events.RecordingResumed(call.id, found.id))
        case RecordingOrder.MUTE | RecordingOrder.UNMUTE:
            return replace(reply, warning=_mute(turn, found, wanted))
        case _:
            paused = "not paused" if found.paused_at is None else "paused already"
            return replace(reply, warning=f"Recording {found.id} is {paused}.")
    return reply


def _steer_message(turn: Turn, message: OpenRecording, wanted: inputs.SteerRecording, asked: inputs.Requested) -> Reply:
    """Stop or discard a visitor's message for a client. Raises IntercomError."""
    if wanted.to not in {RecordingOrder.STOP, RecordingOrder.DISCARD}:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"Recording {message.id} can only be stopped or discarded.",
            "It is a visitor's message.",
        )
    if wanted.to is RecordingOrder.DISCARD:
        RECORDINGS.put(turn, replace(message, discarded_by=asked.who))
    end_message(turn, message)
    return Reply(asked.request)


def _mute(turn: Turn, found: OpenRecording, wanted: inputs.SteerRecording) -> str:
    """Replace a side, or both, by silence, or no longer; the warning, if that changes nothing."""
    mute = wanted.to is RecordingOrder.MUTE
    named = tuple(RecordingSide) if wanted.side is None else (wanted.side,)
    muted = tuple(side for side in RecordingSide if (mute if side in named else side in found.muted))
    if muted == found.muted:
        what = f"Recording {found.id}" if wanted.side is None else f"The {wanted.side} side of recording {found.id}"
        return f"{what} is {'muted already' if mute else 'not muted'}."
    RECORDINGS.put(turn, replace(found, muted=muted))
    kind = events.RecordingMuted if mute else events.RecordingUnmuted
    turn.emit(kind(found.call, found.id, muted))
    return ""


def _with_sound(call: Call) -> Call:
    """Return the call if there is something to record, else raise recording-no-media."""
    if not call.talks and call.state is not CallState.EARLY_MEDIA:
        raise IntercomError(
            ErrorCode.RECORDING_NO_MEDIA,
            f"Call {call.id} has no sound that could be recorded.",
            f"It is {call.state}{', but the far end has not confirmed it by its digit yet' if call.confirm else ''}.",
            "Wait for call.connected.",
        )
    return call


def _end(turn: Turn, recording: RecordingId) -> None:
    """End a recording, or its announcement."""
    found = RECORDINGS.get(turn.state, recording)
    if found is None or not (found.begun or found.ready):
        RECORDINGS.drop(turn, recording)
    else:  # the file is closed if samples were written
        RECORDINGS.put(turn, replace(found, ready=False) if found.begun else replace(found, unwanted=True))
    if found is not None and found.announcing_until is not None:
        turn.order(DropAnnouncement(recording))


def _announcement(state: State, call: Call) -> Announcement:
    """How a recording of the call is announced."""
    account = state.settings.account(call.account)
    of = state.settings.announcements if account is None else account.announcements
    return of.incoming if call.direction is Direction.INCOMING else of.outgoing


def _unheard(state: State, call: Call) -> str:
    """Why the far end cannot hear that the call is recorded; "" if it can, or need not."""
    if _announcement(state, call) is Announcement.NONE:
        return ""
    if not call.talks and not call.unanswered_here:
        return "No sound goes to the far end."
    return "The far end holds the call." if call.media.held_remote else ""


def _prepare(
    turn: Turn, call: Call, channels: RecordingChannels, file_format: RecordingFormat | None = None, note: str = ""
) -> None:
    """Order the file of a call's recording, or the announcement that comes first."""
    recording, announcement = RecordingId(f"r-{turn.new_id()}"), _announcement(turn.state, call)
    turn.put(replace(call, recording=recording))
    new = OpenRecording(recording, call.id, channels=channels, format=file_format, note=note)
    if announcement is Announcement.NONE or announcement is Announcement.TONE:
        new = new if announcement is Announcement.NONE else replace(new, tone_at=turn.now)
        turn.order(PrepareRecording(call.id, recording, call.remote.uri, file_format, note, call.conference))
    else:
        new = replace(new, announcing_until=turn.now + turn.settings.times.announcement_s)
        _announce(turn, call, recording)
    RECORDINGS.put(turn, new)


def _announce(turn: Turn, call: Call, recording: RecordingId) -> None:
    spoken = _announcement(turn.state, call) is Announcement.TEXT
    turn.order(AnnounceRecording(call.id, recording, spoken, speaker=for_visitor(turn.state, call.id)))


def for_visitor(state: State, call: CallId) -> bool:
    """Whether the visitor, too, must hear that the call is recorded."""
    return state.settings.audio.playback != NULL and call_states.of_room(state, call)


def unheard_by_visitor(state: State, call: CallId) -> str:
    """Why the visitor cannot hear that the call is recorded; "" if they can, or need not."""
    why = unheard(state) if for_visitor(state, call) else ""
    return f"The visitor cannot hear it, as {why}." if why else ""


def unheard(state: State) -> str:
    """Why nobody hears the speaker, as mixer or client have it, with the remedy; "" if it is heard."""
    levels = state.audio.speaker or MixerLevel(""), state.runtime.levels.speaker
    if "audio" in dict(state.appliance.failed):
        return "the sound card does not work (intercomctl doctor)"
    if any(each.muted for each in levels):
        return "the speaker is muted (intercomctl audio set --speaker on)"
    if any(each.percent is not None and each.percent < QUIETEST for each in levels):
        return f"the volume of the speaker is below {QUIETEST:g} % (intercomctl audio set --volume 50)"
    return ""


def unannounced(why: str) -> str:
    """Why a recording has failed, or is one of which not all know."""
    return f"The announcement of the recording was not heard. {why}"


def announced(turn: Turn, wanted: RecordingId, why: str, *, held: bool = False) -> None:
    """Order the recording's file after its announcement was played; why: why the far end did not hear the announcement.

    held: a hold cut the announcement off. During a hold the recording waits; after it, the announcement plays again. If
    the far end did not hear the announcement, the recording fails; it goes on with a warning where the configuration
    permits that.
    """
    found = RECORDINGS.get(turn.state, wanted)
    if found is None or found.announcing_until is None or found.held:
        return
    call = turn.calls.get(found.call)
    if call is not None and call.talks and (held or (not why and call.media.held_remote)):
        RECORDINGS.put(turn, replace(found, held=True))
        return
    why = why or ("" if call is None else _unheard(turn.state, call))
    why = why or unheard_by_visitor(turn.state, found.call)
    failed = unannounced(why)
    if why and (turn.settings.must_announce or call is None):
        fail(turn, found.call, found.id, failed)
        return
    if why:
        turn.emit(events.WarningReported(WarningCode.RECORDING_UNANNOUNCED, failed, found.call))
    RECORDINGS.put(turn, replace(found, announcing_until=None))
    remote, conference = (found.rung, None) if call is None else (call.remote.uri, call.conference)
    turn.order(PrepareRecording(found.call, found.id, remote, found.format, found.note, conference))


def settle(turn: Turn) -> None:
    """Announce recordings again after the hold that kept their far ends from hearing it."""
    for recording in turn.calls.recordings:
        call = turn.calls.get(recording.call)
        if recording.held and call is not None and call.talks and call.media.hold is Hold.NONE:
            until = turn.now + turn.settings.times.announcement_s
            RECORDINGS.put(turn, replace(recording, held=False, announcing_until=until))
            _announce(turn, call, recording.id)


def begin_message(turn: Turn, rung: str) -> None:
    """Ask the visitor for a message, and then record the microphone. rung: the plan that nobody answered."""
    message = RecordingId(f"r-{turn.new_id()}{OF_MESSAGE}")
    new = OpenRecording(message, NO_CALL, announcing_until=turn.now + turn.settings.times.announcement_s, rung=rung)
    RECORDINGS.put(turn, new)
    turn.order(AnnounceRecording(NO_CALL, message, spoken=True, speaker=True))


def end_message(turn: Turn, message: OpenRecording) -> None:
    """End a visitor's message; the station keeps the part that was recorded until now."""
    _end(turn, message.id)


def message_of(state: State) -> OpenRecording | None:
    """The message that a visitor is asked for or leaves."""
    return next((r for r in state.calls.recordings if r.call == NO_CALL and (r.ready or not r.begun)), None)


def _ends_at(state: State, recording: OpenRecording) -> float | None:
    """When a message reaches its longest duration."""
    if recording.call != NO_CALL or recording.since is None or not recording.ready:
        return None
    return recording.since + state.settings.message_s


def due(turn: Turn) -> None:
    """Give up the announcements that last too long, and end the messages that do."""
    for recording in turn.calls.recordings:
        if recording.announcing_until is not None and recording.announcing_until <= turn.now:
            if recording.held:  # it waits as long as the hold lasts
                until = turn.now + turn.settings.times.announcement_s
                RECORDINGS.put(turn, replace(recording, announcing_until=until))
            else:
                announced(turn, recording.id, f"It was not over after {turn.settings.times.announcement_s:g} s.")
        ends_at = _ends_at(turn.state, recording)
        if ends_at is not None and ends_at <= turn.now:
            end_message(turn, recording)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [at for r in state.calls.recordings for at in (r.announcing_until, _ends_at(state, r))]


def prepared(turn: Turn, recording: RecordingId) -> None:
    """The file exists; if the recording is no longer wanted, finish it, which removes an empty file."""
    found = RECORDINGS.get(turn.state, recording)
    if found is None:
        turn.order(FinishRecording(recording))
    else:
        RECORDINGS.put(turn, replace(found, ready=found.announcing_until is None))


def begun(turn: Turn, call: CallId, recording: RecordingId) -> None:
    """The SIP process writes samples into the file."""
    found = RECORDINGS.get(turn.state, recording)
    if found is not None and found.announcing_until is None:
        RECORDINGS.put(turn, _from_now(found, turn.now))
        turn.emit(events.RecordingStarted(call or None, recording, url(recording), found.channels))


def _from_now(recording: OpenRecording, now: float) -> OpenRecording:
    paused_at = None if recording.paused_at is None else now
    return replace(recording, since=now, paused_at=paused_at, pauses_s=0.0, ready=not recording.unwanted)


def closed(turn: Turn, call: CallId, recording: RecordingId, size: int = 0) -> None:
    """The SIP process has closed the file, which has `size` bytes, or is gone."""
    found = RECORDINGS.get(turn.state, recording)
    RECORDINGS.drop(turn, recording)
    if found is not None and found.begun:
        seconds = round(found.seconds(turn.now), 3)
        turn.emit(events.RecordingStopped(call or None, recording, url(recording), seconds, size))
    if found is not None and found.announcing_until is not None:
        turn.order(DropAnnouncement(recording))
        return
    turn.order(FinishRecording(recording, "" if found is None else found.discarded_by))


def fail(turn: Turn, call: CallId, recording: RecordingId, why: str) -> None:
    """The recording could not start, or must stop: then its file is closed next. The call goes on without it.

    If the file exists but has no sound yet, the store deletes the file and its row in the index.
    """
    failed = RECORDINGS.get(turn.state, recording)
    if failed is not None and failed.begun:
        RECORDINGS.put(turn, replace(failed, ready=False))
    else:
        RECORDINGS.drop(turn, recording)
    turn.emit(events.RecordingFailed(call or None, recording, why))
    found = turn.calls.get(call)
    if found is not None and found.recording == recording:
        turn.put(replace(found, recording=None))
    if failed is not None and failed.ready and not failed.begun:
        turn.order(FinishRecording(recording, failed.discarded_by, failed=True))
    if call == NO_CALL:
        turn.show_error()  # so the visitor knows that nobody hears


def available(turn: Turn, given: inputs.RecordingAvailable) -> None:
    """A finished recording can be fetched."""
    report(turn, events.RecordingRecovered if given.recovered else events.RecordingAvailable, given)


def report(turn: Turn, event: type[events.RecordingEvent], given: inputs.OfFinished) -> None:
    """Report what the store did with a finished recording: the input's fields, and what follows from the id."""
    more = {"call": given.call or None, "url": url(given.recording), "kind": kind_of(given.recording)}
    turn.emit(carried(event, given, **{name: more[name] for name in event.__struct_fields__ if name in more}))


def measured(turn: Turn, given: inputs.SpaceMeasured) -> None:
    """Store the measured free space; report when the space has become enough, low, or too little."""
    before, now = turn.appliance.storage, given.storage
    turn.appliance = replace(turn.appliance, storage=now)
    if now.space is not (Space.OK if before is None else before.space):
        turn.emit(_OF_SPACE[now.space](now.free_bytes, now.needed_bytes))


def sip_lost(turn: Turn) -> None:
    """The SIP process is gone, so every recording that is left here has ended; the files are repaired."""
    for recording in turn.calls.recordings:
        closed(turn, recording.call, recording.id)


def url(recording: RecordingId) -> str:
    """Where clients find the sound."""
    return f"/v1/recordings/{recording}/audio"
