"""Recordings: file first, then samples; finished however the call or the SIP process ends."""

import pytest

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs
from appliance.core.desired import Capture
from appliance.core.model import (
    Call,
    CallId,
    RecordedCalls,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingKind,
    RecordingOrder,
    RecordingSide,
    Removal,
    Space,
    Storage,
)
from appliance.core.orders import FinishRecording, PrepareRecording
from tests.core.sent import snapshot
from tests.core.station import KITCHEN, Station, ready

SOUND, SILENCE = Capture(), Capture(local=False, remote=False)
NOTHING = Capture(local=False, remote=False, paused=True)
MIXED, SEPARATE = RecordingChannels
LOCAL, REMOTE = RecordingSide


def recorded(*steps: str) -> tuple[Station, Call, RecordingId]:
    """A call whose recording went through these steps."""
    station = ready()
    call = station.talking()
    (order,) = station.orders(PrepareRecording)
    for step in steps:
        given(station, getattr(inputs, f"Recording{step}"), call, order.recording)
    return station, station.call, order.recording


def given(station: Station, kind, call: Call, recording: RecordingId, **fields) -> None:
    station.give(kind, call=call.id, recording=recording, **fields)


def end(station: Station, call: Call) -> None:
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)


def told(station: Station) -> list[str]:
    return [t.removeprefix("recording.") for t in station.types() if t.startswith("recording.")]


def test_a_copy_elsewhere_is_reported_and_one_that_failed():
    station = Station()
    station.give(
        inputs.RecordingCopied,
        call=CallId("c-1"),
        recording=RecordingId("r-1"),
        to="nas:door/r-1.wav",
        duration_s=1.5,
        bytes=6000,
    )
    assert station.last(events.RecordingCopied) == events.RecordingCopied(
        CallId("c-1"),
        RecordingId("r-1"),
        url="/v1/recordings/r-1/audio",
        duration_s=1.5,
        bytes=6000,
        kind=RecordingKind.CALL,
        to="nas:door/r-1.wav",
    )
    station.give(inputs.RecordingCopyFailed, recording=RecordingId("r-2"), tries=3, why="It is full.")
    assert station.last(events.RecordingCopyFailed) == events.RecordingCopyFailed(
        None, RecordingId("r-2"), 3, "It is full."
    )


def test_a_connected_call_has_its_file_prepared_first():
    station, call, recording = recorded()
    assert station.orders(PrepareRecording) == [PrepareRecording(call.id, recording, KITCHEN)]
    assert call.recording == recording
    assert (station.desired.sound.calls[0].recording, station.desired.recordings) == (None, ())


def test_a_station_that_does_not_record_prepares_nothing():
    station = ready(record=False)
    assert station.talking().recording is None
    assert station.orders(PrepareRecording) == []


def test_it_is_written_once_its_file_is_there():
    station, _, recording = recorded("Prepared")
    assert (station.desired.sound.calls[0].recording, station.desired.recordings) == (recording, (recording,))
    assert told(station) == []


def test_a_whole_recording_is_reported_from_start_to_end():
    station, call, recording = recorded("Prepared", "Begun")
    end(station, call)
    assert (station.desired.recordings, station.orders(FinishRecording)) == ((recording,), [])
    given(station, inputs.RecordingClosed, call, recording)
    assert (station.desired.recordings, station.orders(FinishRecording)) == ((), [FinishRecording(recording)])
    station.give(inputs.RecordingAvailable, call=call.id, recording=recording, duration_s=41.5, bytes=664_044)
    assert told(station) == ["started", "stopped", "available"]
    assert station.last(events.RecordingAvailable) == events.RecordingAvailable(
        call.id,
        recording,
        url=f"/v1/recordings/{recording}/audio",
        duration_s=41.5,
        bytes=664_044,
        kind=RecordingKind.CALL,
    )


def test_one_that_was_converted_is_reported_with_its_new_size():
    station = ready()
    station.give(
        inputs.RecordingConverted, call=CallId("c-1"), recording=RecordingId("r-1"), duration_s=1.5, bytes=6000
    )
    assert station.last(events.RecordingConverted) == events.RecordingConverted(
        CallId("c-1"),
        RecordingId("r-1"),
        url="/v1/recordings/r-1/audio",
        duration_s=1.5,
        bytes=6000,
        kind=RecordingKind.CALL,
    )


def test_one_that_was_repaired_is_reported_as_recovered():
    station = ready()
    station.give(inputs.RecordingAvailable, recording=RecordingId("r-1"), duration_s=1, bytes=2, recovered=True)
    assert told(station) == ["recovered"]


@pytest.mark.parametrize("steps", [["Prepared"], []])
def test_a_call_that_ends_before_the_first_sample_leaves_an_empty_file_that_is_finished(steps):
    station, call, recording = recorded(*steps)
    end(station, call)
    if not steps:
        assert station.orders(FinishRecording) == []
        given(station, inputs.RecordingPrepared, call, recording)  # comes after the call
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    given(station, inputs.RecordingBegun, call, recording)
    assert told(station) == []


@pytest.mark.parametrize("over", [False, True])
def test_a_recording_that_cannot_be_made_leaves_the_call_alone(over):
    station, call, recording = recorded()
    if over:
        end(station, call)
    given(station, inputs.RecordingRefused, call, recording, why="disc full")
    assert station.last(events.RecordingFailed).why == "disc full"
    if not over:
        assert (station.call.recording, station.desired.sound.calls[0].microphone) == (None, True)


@pytest.mark.parametrize("stopped", [None, RecordingOrder.STOP, RecordingOrder.DISCARD])
def test_a_recording_whose_file_is_there_and_that_cannot_begin_leaves_none(stopped):
    station, call, recording = recorded("Prepared")
    if stopped is not None:
        assert station.ask(inputs.SteerRecording(recording, stopped)).error is None
    given(station, inputs.RecordingRefused, call, recording, why="It cannot be opened.")
    by = "test" if stopped is RecordingOrder.DISCARD else ""
    assert station.orders(FinishRecording) == [FinishRecording(recording, by, failed=True)]
    assert (told(station), station.state.calls.recordings) == (["failed"], ())
    end(station, call)
    assert len(station.orders(FinishRecording)) == 1


def test_what_had_begun_is_finished_when_the_sip_process_is_lost():
    station, _, recording = recorded("Prepared", "Begun")
    station.give(inputs.SipLost, why="killed")
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    assert told(station) == ["started", "stopped"]
    assert station.last(events.RecordingStopped).bytes == 0
    assert station.state.calls.recordings == ()


def test_a_recording_of_a_call_that_is_over_goes_on_beside_the_next_call():
    station, first, recording = recorded("Prepared", "Begun")
    end(station, first)
    second = station.talking()
    assert (station.desired.recordings, second.recording != recording) == ((recording,), True)
    assert station.desired.sound.calls[0].recording is None
    end(station, second)
    assert station.desired.recordings == (recording,)


def test_what_has_begun_and_waits_are_distinguished_when_the_sip_process_is_lost():
    station, first, recording = recorded("Prepared", "Begun")
    end(station, first)
    station.talking()
    station.give(inputs.SipLost, why="killed")
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    assert station.state.calls.recordings == ()


def test_the_end_of_a_recording_on_disc_is_reported_with_its_reason_and_who_asked():
    station = ready()
    of = {"duration_s": 2.0, "bytes": 32044, "why": Removal.REQUEST, "by": "http:tablet"}
    station.give(inputs.RecordingDeleted, call=CallId("c-1"), recording=RecordingId("r-1"), **of)
    assert station.last(events.RecordingDeleted) == events.RecordingDeleted(
        CallId("c-1"), RecordingId("r-1"), url="/v1/recordings/r-1/audio", **of
    )


def test_protection_and_its_end_are_reported_with_who_asked():
    station = ready()
    station.give(
        inputs.RecordingChanged, call=CallId("c-1"), recording=RecordingId("r-1"), protected=True, by="http:tablet"
    )
    assert station.last(events.RecordingChanged) == events.RecordingChanged(
        CallId("c-1"), RecordingId("r-1"), True, "http:tablet"
    )


def test_a_recording_that_must_stop_is_closed_and_finished_and_the_call_goes_on():
    station, call, recording = recorded("Prepared", "Begun")
    given(station, inputs.RecordingRefused, call, recording, why="disc full")
    assert (station.call.recording, station.desired.sound.calls[0].recording) == (None, None)
    assert (station.desired.recordings, station.orders(FinishRecording)) == ((), [])
    given(station, inputs.RecordingClosed, call, recording)
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    assert station.state.calls.recordings == ()
    assert told(station) == ["started", "failed", "stopped"]
    assert station.call.alive


def test_too_little_space_and_its_end_are_reported_once_and_what_was_measured_is_shown():
    station = ready()
    assert snapshot(station.state, 0.0)["storage"] is None
    for space in (Space.OK, Space.LOW, Space.LOW, Space.FULL, Space.OK, Space.OK):
        station.give(inputs.SpaceMeasured, storage=Storage(space, 5, 7, 9))
        shown = {"state": space, "free_bytes": 5, "needed_bytes": 7, "recordings_bytes": 9}
        assert snapshot(station.state, 0.0)["storage"] == shown
    events_ = [type_ for type_ in station.types() if type_.startswith("storage.")]
    assert events_ == ["storage.low", "storage.full", "storage.recovered"]


def by_order() -> tuple[Station, Call]:
    """A call of a station that records nothing without an order."""
    station = ready(recorded_calls=RecordedCalls.NONE)
    return station, station.talking()


def test_a_recording_is_reported_with_its_address_and_at_its_end_with_its_length_and_size():
    station, call, recording = recorded("Prepared", "Begun")
    station.wait(4.25)
    end(station, call)
    given(station, inputs.RecordingClosed, call, recording, bytes=136_044)
    url = f"/v1/recordings/{recording}/audio"
    assert station.last(events.RecordingStarted) == events.RecordingStarted(call.id, recording, url, MIXED)
    assert station.last(events.RecordingStopped) == events.RecordingStopped(call.id, recording, url, 4.25, 136_044)


def test_a_client_starts_and_stops_recordings_of_a_call_as_often_as_it_wants():
    station, call = by_order()
    assert (call.recording, station.orders(PrepareRecording)) == (None, [])
    made = []
    for _ in range(2):
        assert station.ask(inputs.StartRecording(call.id)).error is None
        recording = station.call.recording
        made.append(recording)
        given(station, inputs.RecordingPrepared, call, recording)
        given(station, inputs.RecordingBegun, call, recording)
        assert station.desired.sound.calls[0].recording == recording
        assert station.ask(inputs.StopRecording(call.id)).error is None
        assert (station.call.recording, station.desired.sound.calls[0].recording) == (None, None)
    for recording in made:  # the second began before the first one's file was closed
        given(station, inputs.RecordingClosed, call, recording)
    assert [order.recording for order in station.orders(PrepareRecording)] == made
    assert station.orders(FinishRecording) == [FinishRecording(recording) for recording in made]
    assert told(station) == ["started", "started", "stopped", "stopped"]
    assert station.state.calls.recordings == ()
    assert station.call.alive


def test_an_order_says_what_the_file_is_to_be_and_what_is_noted_with_it():
    station, call = by_order()
    wanted = inputs.StartRecording(call.id, SEPARATE, RecordingFormat.OPUS, "Parcel")
    assert station.ask(wanted).error is None
    assert station.orders(PrepareRecording) == [
        PrepareRecording(call.id, station.call.recording, KITCHEN, RecordingFormat.OPUS, "Parcel")
    ]
    (recording,) = station.state.calls.recordings
    assert recording.channels is SEPARATE


def test_a_note_above_the_limit_is_refused():
    station, call = by_order()
    assert station.ask(inputs.StartRecording(call.id, note="x" * 1001)).error.code == ErrorCode.TEXT_TOO_LONG
    assert station.orders(PrepareRecording) == []


def test_a_recording_that_is_stopped_before_its_file_is_there_never_begins():
    station, call = by_order()
    station.ask(inputs.StartRecording(call.id))
    recording = station.call.recording
    station.ask(inputs.StopRecording(call.id))
    assert station.orders(FinishRecording) == []
    given(station, inputs.RecordingPrepared, call, recording)
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    assert (station.state.calls.recordings, told(station)) == ((), [])


def test_a_recording_that_is_stopped_while_it_begins_is_closed_once_it_has_begun():
    station, call = by_order()
    station.ask(inputs.StartRecording(call.id))
    recording = station.call.recording
    given(station, inputs.RecordingPrepared, call, recording)
    station.ask(inputs.StopRecording(call.id))
    given(station, inputs.RecordingBegun, call, recording)
    assert station.desired.sound.calls[0].recording is None
    given(station, inputs.RecordingClosed, call, recording)
    assert (station.orders(FinishRecording), told(station)) == ([FinishRecording(recording)], ["started", "stopped"])


def test_a_recording_that_is_stopped_while_it_begins_ends_with_the_call_as_any_other():
    station, call = by_order()
    station.ask(inputs.StartRecording(call.id))
    recording = station.call.recording
    given(station, inputs.RecordingPrepared, call, recording)
    station.ask(inputs.StopRecording(call.id))
    end(station, call)
    assert (station.orders(FinishRecording), station.state.calls.recordings) == ([FinishRecording(recording)], ())
    given(station, inputs.RecordingClosed, call, recording)  # the SIP process had just begun it
    assert told(station) == []


def test_a_call_that_is_recorded_is_not_recorded_a_second_time():
    station, call, _ = recorded()
    assert station.ask(inputs.StartRecording(call.id)).error.code == ErrorCode.RECORDING_ALREADY_RUNNING
    assert len(station.orders(PrepareRecording)) == 1


def test_no_call_is_recorded_by_order_where_recordings_are_switched_off():
    station = ready(record=False)
    refused = station.ask(inputs.StartRecording(station.talking().id)).error
    assert (refused.code, refused.cause) == (ErrorCode.FORBIDDEN, "recording.enabled is false.")
    assert station.orders(PrepareRecording) == []


@pytest.mark.parametrize("order", [inputs.StartRecording, inputs.StopRecording])
def test_a_call_without_sound_has_nothing_to_record_and_one_that_is_gone_is_not_found(order):
    station = ready(recorded_calls=RecordedCalls.NONE)
    call = station.dialled()
    assert station.ask(order(call.id)).error.code == ErrorCode.RECORDING_NO_MEDIA
    assert station.ask(order(CallId("c-gone"))).error.code == ErrorCode.CALL_NOT_FOUND


def test_only_a_recording_that_runs_is_stopped():
    station, call = by_order()
    assert station.ask(inputs.StopRecording(call.id)).error.code == ErrorCode.RECORDING_NOT_RUNNING
    station.ask(inputs.StartRecording(call.id))
    recording = station.call.recording
    given(station, inputs.RecordingPrepared, call, recording)
    given(station, inputs.RecordingBegun, call, recording)
    station.ask(inputs.StopRecording(call.id))  # its file is being closed
    assert station.ask(inputs.StopRecording(call.id)).error.code == ErrorCode.RECORDING_NOT_RUNNING


def test_what_a_caller_says_before_the_answer_can_be_recorded_by_order():
    station = ready(recorded_calls=RecordedCalls.NONE)
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    assert station.ask(inputs.StartRecording(call.id)).error is None


def test_calls_that_a_press_began_are_recorded_where_only_those_are():
    station = ready(recorded_calls=RecordedCalls.DOORBELL)
    assert station.talking().recording is not None
    other = ready(recorded_calls=RecordedCalls.DOORBELL)
    call = other.arrive()
    other.ask(inputs.AnswerCall(call.id))
    other.give(inputs.CallAnswered, call=call.id)
    other.give(inputs.CallConfirmed, call=call.id)
    assert (other.call.state, other.call.recording) == ("connected", None)


def steer(station: Station, recording: RecordingId, to: str, side: RecordingSide | None = None):
    return station.ask(inputs.SteerRecording(recording, RecordingOrder(to), side))


def capture(station: Station) -> Capture:
    return station.desired.sound.calls[0].capture


def test_a_pause_is_not_in_a_recording_and_does_not_count_for_its_length():
    station, call, recording = recorded("Prepared", "Begun")
    station.wait(2.0)
    assert steer(station, recording, "pause").warning == ""
    assert (capture(station), station.desired.sound.calls[0].recording) == (NOTHING, recording)
    station.wait(5.0)
    assert steer(station, recording, "pause").warning == f"Recording {recording} is paused already."
    assert steer(station, recording, "resume").warning == ""
    assert capture(station) == SOUND
    assert steer(station, recording, "resume").warning == f"Recording {recording} is not paused."
    station.wait(1.0)
    steer(station, recording, "pause")
    station.wait(7.0)
    end(station, call)
    given(station, inputs.RecordingClosed, call, recording)
    assert told(station) == ["started", "paused", "resumed", "paused", "stopped"]
    assert station.last(events.RecordingStopped).duration_s == 3.0


def test_a_recording_that_is_paused_before_it_begins_begins_with_its_pause():
    station, call, recording = recorded("Prepared")
    steer(station, recording, "pause")
    station.wait(3.0)
    given(station, inputs.RecordingBegun, call, recording)
    assert capture(station) == NOTHING
    station.wait(3.0)
    steer(station, recording, "resume")
    station.wait(1.0)
    steer(station, recording, "stop")
    given(station, inputs.RecordingClosed, call, recording)
    assert station.last(events.RecordingStopped).duration_s == 1.0


@pytest.mark.parametrize("configured", RecordingChannels)
@pytest.mark.parametrize("ordered", [None, *RecordingChannels])
def test_a_client_says_whether_the_sides_of_a_recording_are_separate_or_leaves_it_to_the_settings(configured, ordered):
    station = ready(recorded_calls=RecordedCalls.NONE, recording_channels=configured)
    call = station.talking()
    station.ask(inputs.StartRecording(call.id, ordered))
    recording = station.call.recording
    given(station, inputs.RecordingPrepared, call, recording)
    given(station, inputs.RecordingBegun, call, recording)
    wanted = ordered or configured
    assert capture(station) == Capture(separate=wanted is SEPARATE)
    assert station.last(events.RecordingStarted).channels is wanted
    steer(station, recording, "pause")
    assert capture(station) == Capture(local=False, remote=False, paused=True, separate=wanted is SEPARATE)


def test_what_is_recorded_without_an_order_has_the_channels_of_the_settings():
    station = ready(recording_channels=SEPARATE)
    call = station.talking()
    given(station, inputs.RecordingPrepared, call, call.recording)
    assert capture(station).separate


def shown(station: Station) -> list[RecordingSide]:
    """The muted sides, as clients see them."""
    return snapshot(station.state, 0.0)["calls"][0]["recording_muted"]


def test_a_muted_recording_has_silence_and_its_time_goes_on():
    station, call, recording = recorded("Prepared", "Begun")
    station.wait(2.0)
    assert steer(station, recording, "mute").warning == ""
    assert (capture(station), shown(station)) == (SILENCE, [LOCAL, REMOTE])
    station.wait(5.0)
    assert steer(station, recording, "mute").warning == f"Recording {recording} is muted already."
    assert steer(station, recording, "unmute").warning == ""
    assert (capture(station), shown(station)) == (SOUND, [])
    assert steer(station, recording, "unmute").warning == f"Recording {recording} is not muted."
    end(station, call)
    given(station, inputs.RecordingClosed, call, recording)
    assert told(station) == ["started", "muted", "unmuted", "stopped"]
    assert station.last(events.RecordingStopped).duration_s == 7.0


def test_each_side_of_a_recording_is_muted_by_itself():
    station, call, recording = recorded("Prepared", "Begun")
    steer(station, recording, "mute", REMOTE)
    assert capture(station) == Capture(remote=False)
    assert station.last(events.RecordingMuted) == events.RecordingMuted(call.id, recording, (REMOTE,))
    warning = steer(station, recording, "mute", REMOTE).warning
    assert warning == f"The remote side of recording {recording} is muted already."
    steer(station, recording, "mute", LOCAL)
    assert (capture(station), station.last(events.RecordingMuted).muted) == (SILENCE, (LOCAL, REMOTE))
    steer(station, recording, "unmute", REMOTE)
    assert capture(station) == Capture(local=False)
    assert station.last(events.RecordingUnmuted) == events.RecordingUnmuted(call.id, recording, (LOCAL,))
    steer(station, recording, "mute")
    steer(station, recording, "unmute")
    assert capture(station) == SOUND


def test_a_pause_of_a_muted_recording_skips_time_and_leaves_it_muted():
    station, _, recording = recorded("Prepared", "Begun")
    steer(station, recording, "mute", LOCAL)
    steer(station, recording, "pause")
    assert (capture(station), shown(station)) == (NOTHING, [LOCAL])
    steer(station, recording, "resume")
    assert capture(station) == Capture(local=False)


def test_a_recording_is_stopped_by_its_id():
    station, call, recording = recorded("Prepared", "Begun")
    assert steer(station, recording, "stop").error is None
    given(station, inputs.RecordingClosed, call, recording)
    assert station.orders(FinishRecording) == [FinishRecording(recording)]


@pytest.mark.parametrize("over", ["closed", "call ended", "lost"])
def test_nothing_is_kept_of_a_recording_that_is_discarded(over):
    station, call, recording = recorded("Prepared", *(["Begun"] if over != "call ended" else []))
    assert steer(station, recording, "discard").error is None
    assert station.call.recording is None
    if over == "closed":
        given(station, inputs.RecordingClosed, call, recording)
    elif over == "lost":
        station.give(inputs.SipLost, why="killed")
    else:
        end(station, call)
    assert station.orders(FinishRecording) == [FinishRecording(recording, discarded_by="test")]


@pytest.mark.parametrize("to", RecordingOrder)
def test_only_recordings_that_run_are_steered(to):
    station, call, recording = recorded("Prepared", "Begun")
    assert steer(station, RecordingId("r-never"), to).error.code == ErrorCode.RECORDING_NOT_FOUND
    station.ask(inputs.StopRecording(call.id))
    assert steer(station, recording, to).error.code == ErrorCode.RECORDING_NOT_FOUND
    end(station, call)
    assert steer(station, recording, to).error.code == ErrorCode.RECORDING_NOT_FOUND


def test_a_recording_has_silence_while_a_far_end_types_a_code():
    station, call, _ = recorded("Prepared", "Begun")
    station.give(inputs.DigitReceived, call=call.id, digit="1", method="rfc4733", duration_ms=100)
    assert capture(station) == SILENCE
    station.wait(6.0)
    assert capture(station) == SOUND


def test_a_recording_has_silence_while_somebody_types_at_a_keypad():
    station, _, _ = recorded("Prepared", "Begun")
    station.give(inputs.KeypadKey, keypad="gate", key="4")
    assert capture(station) == SILENCE
    station.wait(60.0)
    assert capture(station) == SOUND


def test_a_paused_recording_is_not_shown_by_lamps():
    station, _, recording = recorded("Prepared", "Begun")
    assert "recording" in snapshot(station.state, 0.0)["panel"]["pictures"]
    steer(station, recording, "pause")
    assert "recording" not in snapshot(station.state, 0.0)["panel"]["pictures"]
    assert snapshot(station.state, 0.0)["calls"][0]["recording_paused"] is True


def early(which: RecordedCalls) -> Station:
    """A call that we placed, and whose far end speaks before it answers."""
    station = ready(recorded_calls=which)
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    return station


def test_where_all_calls_are_recorded_it_begins_with_the_first_sound_and_goes_on_after_the_answer():
    station = early(RecordedCalls.ALL)
    recording = station.call.recording
    assert recording is not None
    station.give(inputs.CallAnswered, call=station.call.id)
    station.give(inputs.CallConfirmed, call=station.call.id)
    assert (station.call.state, station.call.recording) == ("connected", recording)
    assert len(station.orders(PrepareRecording)) == 1


def test_a_recording_of_a_call_that_nobody_answers_is_kept():
    station = early(RecordedCalls.ALL)
    call, recording = station.call, station.call.recording
    given(station, inputs.RecordingPrepared, call, recording)
    given(station, inputs.RecordingBegun, call, recording)
    station.give(inputs.CallEnded, call=call.id, code=486, reason="Busy Here", remote=True)
    given(station, inputs.RecordingClosed, call, recording)
    assert station.orders(FinishRecording) == [FinishRecording(recording)]


@pytest.mark.parametrize("which", [RecordedCalls.NONE, RecordedCalls.ANSWERED, RecordedCalls.DOORBELL])
def test_elsewhere_nothing_before_the_answer_is_recorded(which):
    assert early(which).call.recording is None


def test_a_caller_who_hears_the_station_before_the_answer_is_recorded_where_all_are():
    station = ready(recorded_calls=RecordedCalls.ALL)
    call = station.arrive()
    assert station.call.recording is None
    station.ask(inputs.SendEarlyMedia(call.id))
    assert station.call.recording is not None
