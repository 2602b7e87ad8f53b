"""Recordings: file and index row first, then samples; finished however the call or the SIP process ends."""

from collections.abc import Callable

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.model import Call, CallId, CallState, OpenRecording, RecordedCalls, RecordingId, Space
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.core.transition import Turn

_OF_SPACE = {
    Space.OK: events.StorageRecovered,
    Space.LOW: events.StorageLow,
    Space.FULL: events.StorageFull,
}


def begin(turn: Turn, call: Call) -> None:
    """Record a call if the station records such calls by itself."""
    which = turn.settings.recorded_calls
    visits = call.button is not None or call.ring is not None
    if turn.settings.record and (which is RecordedCalls.ANSWERED or (which is RecordedCalls.DOORBELL and visits)):
        _prepare(turn, call)


def start(turn: Turn, call: Call) -> None:
    """Record a call for a client. Raises IntercomError."""
    if not turn.settings.record:
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            "No call is recorded here.",
            "recording.enabled is false.",
            "Set it, and choose by recording.calls what is recorded without an order.",
        )
    if call.recording is not None:
        raise IntercomError(
            ErrorCode.RECORDING_ALREADY_RUNNING,
            f"Call {call.id} is being recorded.",
            f"Recording {call.recording} runs.",
            "Stop it first, or let it run.",
        )
    _prepare(turn, _with_sound(call))


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


def _prepare(turn: Turn, call: Call) -> None:
    """Order the file of a call's recording."""
    recording = RecordingId(f"r-{turn.new_id()}")
    turn.put(replace(call, recording=recording))
    turn.calls = replace(turn.calls, recordings=(*turn.calls.recordings, OpenRecording(recording, call.id)))
    turn.order(PrepareRecording(call.id, recording, call.remote.uri))


def prepared(turn: Turn, recording: RecordingId) -> None:
    """The file exists; if the recording is no longer wanted, finish it, which removes an empty file."""
    if not change(turn, recording, lambda r: replace(r, ready=True)):
        turn.order(FinishRecording(recording))


def begun(turn: Turn, call: CallId, recording: RecordingId) -> None:
    """The SIP process writes samples into the file."""
    if change(turn, recording, lambda r: replace(r, since=turn.now, ready=not r.unwanted)):
        turn.emit(events.RecordingStarted(call, recording, url(recording)))


def closed(turn: Turn, call: CallId, recording: RecordingId) -> None:
    """The SIP process has closed the file."""
    since = next((r.since for r in turn.calls.recordings if r.id == recording), None)
    change(turn, recording, lambda _: None)
    if since is not None:
        turn.emit(events.RecordingStopped(call, recording, url(recording), round(turn.now - since, 3)))
    turn.order(FinishRecording(recording))


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
