"""Recordings: file and index row first, then samples; finished however the call or the SIP process ends."""

from collections.abc import Callable

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.model import (
    Call,
    CallId,
    CallState,
    OpenRecording,
    RecordedCalls,
    RecordingChannels,
    RecordingId,
    RecordingOrder,
    RecordingSide,
    Space,
)
from appliance.core.orders import FinishRecording, PrepareRecording, Reply
from appliance.core.transition import Turn

_OF_SPACE = {
    Space.OK: events.StorageRecovered,
    Space.LOW: events.StorageLow,
    Space.FULL: events.StorageFull,
}


def begin(turn: Turn, call: Call | None) -> None:
    """Record a call from now on, if the station records such calls by itself and does not yet record this one."""
    if call is None or not turn.settings.record or call.recording is not None:
        return
    which = turn.settings.recorded_calls
    visits = call.button is not None or call.ring is not None
    answered = which is RecordedCalls.ANSWERED or (which is RecordedCalls.DOORBELL and visits)
    if which is RecordedCalls.ALL or (answered and call.talks):
        _prepare(turn, call, turn.settings.recording_channels)


def start(turn: Turn, call: Call, channels: RecordingChannels | None) -> None:
    """Record a call for a client. Raises IntercomError."""
    check_enabled(turn)
    if call.recording is not None:
        raise IntercomError(
            ErrorCode.RECORDING_ALREADY_RUNNING,
            f"Call {call.id} is being recorded.",
            f"Recording {call.recording} runs.",
            "Stop it first, or let it run.",
        )
    _prepare(turn, _with_sound(call), channels or turn.settings.recording_channels)


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
            "POST /v1/calls/{id}/recording starts one.",
        )
    change(turn, call.recording, _ended)
    turn.put(replace(call, recording=None))


def steer(turn: Turn, wanted: inputs.SteerRecording, asked: inputs.Requested) -> Reply:
    """Pause, resume, mute, unmute, stop or discard a recording for a client. Raises IntercomError."""
    found = _find(turn, wanted.recording)
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
            change(turn, found.id, lambda r: replace(r, discarded_by=asked.who))
            stop(turn, call)
        case RecordingOrder.PAUSE if found.paused_at is None:
            change(turn, found.id, lambda r: replace(r, paused_at=turn.now))
            turn.emit(events.RecordingPaused(call.id, found.id))
        case RecordingOrder.RESUME if found.paused_at is not None:
            pauses_s = found.pauses_s + turn.now - found.paused_at
            change(turn, found.id, lambda r: replace(r, paused_at=None, pauses_s=pauses_s))
            turn.emit(events.RecordingResumed(call.id, found.id))
        case RecordingOrder.MUTE | RecordingOrder.UNMUTE:
            return replace(reply, warning=_mute(turn, found, wanted))
        case _:
            paused = "not paused" if found.paused_at is None else "paused"
            return replace(reply, warning=f"Recording {found.id} is {paused} already.")
    return reply


def _mute(turn: Turn, found: OpenRecording, wanted: inputs.SteerRecording) -> str:
    """Replace a side, or both, by silence, or no longer; the warning, if that changes nothing."""
    mute = wanted.to is RecordingOrder.MUTE
    named = tuple(RecordingSide) if wanted.side is None else (wanted.side,)
    muted = tuple(side for side in RecordingSide if (mute if side in named else side in found.muted))
    if muted == found.muted:
        what = f"Recording {found.id}" if wanted.side is None else f"The {wanted.side} side of recording {found.id}"
        return f"{what} is {'muted' if mute else 'not muted'} already."
    change(turn, found.id, lambda r: replace(r, muted=muted))
    kind = events.RecordingMuted if mute else events.RecordingUnmuted
    turn.emit(kind(found.call, found.id, muted))
    return ""


def _find(turn: Turn, wanted: RecordingId) -> OpenRecording | None:
    return next((r for r in turn.calls.recordings if r.id == wanted), None)


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


def _ended(recording: OpenRecording) -> OpenRecording | None:
    """What is left of a recording that shall end: once it has begun its file is closed, before that it is none."""
    if recording.begun:
        return replace(recording, ready=False)
    return replace(recording, unwanted=True) if recording.ready else None


def _prepare(turn: Turn, call: Call, channels: RecordingChannels) -> None:
    """Order the file of a call's recording."""
    recording = RecordingId(f"r-{turn.new_id()}")
    turn.put(replace(call, recording=recording))
    new = OpenRecording(recording, call.id, channels=channels)
    turn.calls = replace(turn.calls, recordings=(*turn.calls.recordings, new))
    turn.order(PrepareRecording(call.id, recording, call.remote.uri))


def prepared(turn: Turn, recording: RecordingId) -> None:
    """The file exists; if the recording is no longer wanted, finish it, which removes an empty file."""
    if not change(turn, recording, lambda r: replace(r, ready=True)):
        turn.order(FinishRecording(recording))


def begun(turn: Turn, call: CallId, recording: RecordingId) -> None:
    """The SIP process writes samples into the file."""
    found = _find(turn, recording)
    if found is not None:
        change(turn, recording, lambda r: _from_now(r, turn.now))
        turn.emit(events.RecordingStarted(call, recording, url(recording), found.channels))


def _from_now(recording: OpenRecording, now: float) -> OpenRecording:
    paused_at = None if recording.paused_at is None else now
    return replace(recording, since=now, paused_at=paused_at, pauses_s=0.0, ready=not recording.unwanted)


def closed(turn: Turn, call: CallId, recording: RecordingId, size: int = 0) -> None:
    """The SIP process has closed the file, which has `size` bytes, or is gone."""
    found = _find(turn, recording)
    change(turn, recording, lambda _: None)
    if found is not None and found.begun:
        turn.emit(events.RecordingStopped(call, recording, url(recording), round(found.seconds(turn.now), 3), size))
    turn.order(FinishRecording(recording, "" if found is None else found.discarded_by))


def refused(turn: Turn, given: inputs.RecordingRefused) -> None:
    """The recording could not start, or must stop: then its file is closed next. The call goes on without it."""
    call, recording = given.call, given.recording
    change(turn, recording, lambda r: replace(r, ready=False) if r.begun else None)
    turn.emit(events.RecordingFailed(call, recording, given.why))
    found = turn.calls.get(call)
    if found is not None and found.recording == recording:
        turn.put(replace(found, recording=None))


def available(turn: Turn, given: inputs.RecordingAvailable) -> None:
    """A finished recording can be fetched."""
    kind = events.RecordingRecovered if given.recovered else events.RecordingAvailable
    turn.emit(kind(given.recording, url=url(given.recording), duration_s=given.duration_s, bytes=given.bytes))


def converted(turn: Turn, given: inputs.RecordingConverted) -> None:
    """A finished recording has another file."""
    told = events.RecordingConverted(
        given.recording, url=url(given.recording), duration_s=given.duration_s, bytes=given.bytes
    )
    turn.emit(told)


def copied(turn: Turn, given: inputs.RecordingCopied) -> None:
    """A finished recording is elsewhere too."""
    turn.emit(
        events.RecordingCopied(
            given.recording, url=url(given.recording), duration_s=given.duration_s, bytes=given.bytes, to=given.to
        )
    )


def copy_failed(turn: Turn, given: inputs.RecordingCopyFailed) -> None:
    """A finished recording is not elsewhere yet."""
    turn.emit(events.RecordingCopyFailed(given.recording, given.tries, given.why))


def deleted(turn: Turn, given: inputs.RecordingDeleted) -> None:
    """A finished recording is gone."""
    turn.emit(
        events.RecordingDeleted(
            given.recording,
            url=url(given.recording),
            duration_s=given.duration_s,
            bytes=given.bytes,
            why=given.why,
            by=given.by,
        )
    )


def changed(turn: Turn, given: inputs.RecordingChanged) -> None:
    """A finished recording is protected, or no longer."""
    turn.emit(events.RecordingChanged(given.recording, given.protected, given.by))


def measured(turn: Turn, given: inputs.SpaceMeasured) -> None:
    """Keep what was measured; report that the space has become enough, low, or too little."""
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


def change(turn: Turn, wanted: RecordingId, to: Callable[[OpenRecording], OpenRecording | None]) -> bool:
    """Replace the recording by `to(recording)`, or drop it for None. False if there is no such recording."""
    found = [r for r in turn.calls.recordings if r.id == wanted]
    kept = tuple(new for r in turn.calls.recordings if (new := to(r) if r.id == wanted else r) is not None)
    turn.calls = replace(turn.calls, recordings=kept)
    return bool(found)
