"""Detection: searches for tones and for an answer in the sound of a far end, ordered by clients.

The SIP process listens, only while asked. A result is advice: it answers, ends and opens nothing.
"""

from appliance.core import events, inputs
from appliance.core.model import Call, CallId, Detection, DetectionKind, Finding, HeardTone
from appliance.core.tables import Table
from appliance.core.transition import Turn

DETECTIONS = Table("audio.detections", Detection, lambda row: (row.call, row.kind))


def order(turn: Turn, call: Call, wanted: tuple[DetectionKind, ...]) -> str:
    """Search for these and nothing else, for a client; return a warning if nothing changes."""
    before = turn.audio.detected(call.id)
    if set(wanted) == set(before):
        return f"Call {call.id} is searched for these already." if wanted else f"Call {call.id} is not searched."
    for kind in before:
        if kind not in wanted:
            stop(turn, call.id, kind)
    for kind in DetectionKind:
        if kind in wanted and kind not in before:
            DETECTIONS.put(turn, Detection(call.id, kind))
            turn.emit(events.DetectionStarted(call.id, kind))
    return ""


def tone_heard(turn: Turn, call: Call, given: inputs.ToneHeard) -> None:
    """Report a tone, if it is still searched for. After the beep there is nothing more to wait for."""
    kind = DetectionKind.BEEP if given.tone is HeardTone.BEEP else DetectionKind.PROGRESS
    if kind in turn.audio.detected(call.id):
        turn.emit(events.ToneDetected(call.id, given.tone))
        found(turn, call, kind, Finding(given.tone))


def answerer_heard(turn: Turn, call: Call, given: inputs.AnswererHeard) -> None:
    """Report who has answered, if that is still asked."""
    if DetectionKind.ANSWERING_MACHINE in turn.audio.detected(call.id):
        found(turn, call, DetectionKind.ANSWERING_MACHINE, Finding(given.answerer))


def found(turn: Turn, call: Call, kind: DetectionKind, result: Finding) -> None:
    """Report a result, and stop the search; a search for progress tones continues."""
    turn.emit(events.DetectionResult(call.id, kind, result))
    if kind is not DetectionKind.PROGRESS:
        stop(turn, call.id, kind)


def failed(turn: Turn, call: Call, given: inputs.DetectionFailed) -> None:
    """Report that nothing can be searched for, and forget it."""
    for kind in turn.audio.detected(call.id):
        DETECTIONS.drop(turn, (call.id, kind))
        turn.emit(events.DetectionFailed(call.id, kind, why=given.why, resolution=given.resolution))


def settle(turn: Turn) -> None:
    """End the searches in calls that end."""
    for each in turn.audio.detections:
        call = turn.calls.get(each.call)
        if call is None or not call.alive:
            stop(turn, each.call, each.kind)


def stop(turn: Turn, call: CallId, kind: DetectionKind) -> None:
    """End a search, and report that."""
    DETECTIONS.drop(turn, (call, kind))
    turn.emit(events.DetectionStopped(call, kind))
