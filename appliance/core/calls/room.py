"""The room of calls: its inputs, requests and timers."""

from appliance.core import events, inputs, wall_clock
from appliance.core.calls import (
    call_timers,
    connecting,
    early_media,
    ending,
    forwarding,
    incoming,
    media,
    outgoing,
    recording,
    requests,
    sip_process,
    statistics,
    updates,
)
from appliance.core.dispatch import asks, asks_call, on, on_call, performs, takes
from appliance.core.lookup import connected, unanswered_here
from appliance.core.model import State
from appliance.core.orders import Reply
from appliance.core.transition import Turn

take = takes(
    on(inputs.SipReady, lambda turn, given: sip_process.ready(turn, given.address)),
    on(inputs.SipLost, lambda turn, given: sip_process.lost(turn, given.why, card=given.card)),
    on(inputs.CallArrived, incoming.arrived),
    on(inputs.AnswerDoubted, outgoing.doubted),
    on_call(inputs.CallProgressed, outgoing.progressed),
    on_call(inputs.CallAnswered, lambda turn, call, given: connecting.answered(turn, call, given.headers)),
    on_call(inputs.CallConfirmed, lambda turn, call, _: connecting.confirmed(turn, call)),
    on_call(inputs.CallEnded, ending.ended),
    on_call(inputs.MediaStarted, media.started),
    on_call(inputs.RtpStarted, lambda turn, call, given: media.rtp_started(turn, call, given.direction)),
    on_call(inputs.MediaCounted, statistics.counted),
    on_call(inputs.IceCompleted, media.ice_completed),
    on_call(inputs.IceFailed, lambda turn, call, given: media.ice_failed(turn, call, given.fault)),
    on_call(inputs.SoundRefused, lambda turn, call, given: media.refused(turn, call, given.why)),
    on_call(inputs.SourceChanged, media.source_changed),
    on_call(inputs.RtpStopped, lambda turn, call, _: media.rtp_stopped(turn, call)),
    on_call(inputs.RtpResumed, lambda turn, call, _: media.rtp_resumed(turn, call)),
    on_call(inputs.HoldFailed, media.hold_failed),
    on_call(inputs.UpdateReceived, updates.received),
    on_call(inputs.UpdateSent, lambda turn, call, given: updates.sent(turn, call, given.changes)),
    on_call(inputs.UpdateAnswered, updates.answered),
    on(
        inputs.RecordingAnnounced,
        lambda turn, given: recording.announced(turn, given.recording, given.why, held=given.held),
    ),
    on(inputs.RecordingPrepared, lambda turn, given: recording.prepared(turn, given.recording)),
    on(inputs.RecordingBegun, lambda turn, given: recording.begun(turn, given.call, given.recording)),
    on(inputs.RecordingClosed, lambda turn, given: recording.closed(turn, given.call, given.recording, given.bytes)),
    on(inputs.RecordingRefused, lambda turn, given: recording.fail(turn, given.call, given.recording, given.why)),
    on(inputs.RecordingAvailable, recording.available),
    on(inputs.RecordingConverted, lambda turn, given: recording.report(turn, events.RecordingConverted, given)),
    on(inputs.RecordingCopied, lambda turn, given: recording.report(turn, events.RecordingCopied, given)),
    on(inputs.RecordingCopyFailed, lambda turn, given: recording.report(turn, events.RecordingCopyFailed, given)),
    on(inputs.RecordingDeleted, lambda turn, given: recording.report(turn, events.RecordingDeleted, given)),
    on(inputs.RecordingChanged, lambda turn, given: recording.report(turn, events.RecordingChanged, given)),
    on(inputs.SpaceMeasured, recording.measured),
)

perform = performs(
    asks(inputs.Dial, lambda turn, action, asked: Reply(asked.request, call=requests.dial(turn, action, asked.who))),
    asks_call(inputs.AnswerCall, lambda turn, call, action, who: requests.answer(turn, call, who, action)),
    asks_call(inputs.RingCall, lambda turn, call, *_: early_media.ring(turn, unanswered_here(call, "rung"))),
    asks_call(
        inputs.SendEarlyMedia,
        lambda turn, call, action, _: early_media.send(turn, unanswered_here(call, "sent early media"), action),
    ),
    asks_call(inputs.SetCustomData, lambda turn, call, action, _: requests.note(turn, call, action.custom_data)),
    asks_call(
        inputs.SetStatisticsInterval,
        lambda turn, call, action, _: statistics.report_every(turn, call, action.seconds),
    ),
    asks_call(inputs.RejectCall, lambda turn, call, action, _: requests.reject(turn, call, action)),
    asks_call(inputs.ForwardCall, lambda turn, call, action, _: requests.forward(turn, call, action)),
    asks_call(inputs.HoldCall, lambda turn, call, action, _: requests.hold(turn, connected(call), held=action.held)),
    asks_call(inputs.SwitchTo, lambda turn, call, *_: requests.switch_to(turn, call)),
    asks_call(
        inputs.MuteCall,
        lambda turn, call, action, who: requests.mute(turn, connected(call), who, muted=action.muted),
    ),
    asks_call(inputs.StartRecording, lambda turn, call, action, _: requests.record(turn, call, action)),
    asks_call(inputs.StopRecording, lambda turn, call, *_: recording.stop(turn, call)),
    asks(inputs.SteerRecording, recording.steer),
    asks_call(
        inputs.DecideUpdate,
        lambda turn, call, action, _: updates.decide(turn, connected(call), accepted=action.accepted),
    ),
    asks_call(inputs.AskUpdates, lambda turn, call, action, _: updates.ask_from_now(turn, call, wanted=action.wanted)),
    asks_call(inputs.UpdateCall, lambda turn, call, action, _: updates.offer(turn, connected(call), action.codecs)),
    asks(
        inputs.ChangeRuntime,
        lambda turn, action, asked: Reply(asked.request, warning=forwarding.change_runtime(turn, action)),
    ),
)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    forwarding.due(turn)
    calls = turn.calls
    if calls.living:
        call_timers.due(turn)
        updates.due(turn)
    if calls.recordings:
        recording.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    times = [at for call in state.calls.living for at in (*call_timers.wake(call), updates.wake(call))]
    if state.calls.recordings:
        times += recording.wake(state)
    return [wall_clock.quiet_changes_at(state), *times]
