"""Recordings: file and index row first, then samples; finished however the call or the SIP process ends."""

from collections.abc import Callable

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Call, CallId, OpenRecording, RecordingId, Space
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.core.transition import Turn

_OF_SPACE = {
    Space.OK: events.StorageRecovered,
    Space.LOW: events.StorageLow,
    Space.FULL: events.StorageFull,
}


def begin(turn: Turn, call: Call) -> None:
    """Order the file of a call's recording, if calls are recorded."""
    if not turn.settings.record:
        return
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
    if change(turn, recording, lambda r: replace(r, begun=True)):
        turn.emit(events.RecordingStarted(call, recording))


def closed(turn: Turn, call: CallId, recording: RecordingId) -> None:
    """The SIP process has closed the file."""
    change(turn, recording, lambda _: None)
    turn.emit(events.RecordingStopped(call, recording))
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
