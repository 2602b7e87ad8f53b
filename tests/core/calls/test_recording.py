"""Recordings: file first, then samples; finished however the call or the SIP process ends."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import Call, RecordingId, Removal, Space, Storage
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.core.snapshot import snapshot
from tests.core.station import KITCHEN, Station, ready


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
    station.give(inputs.RecordingAvailable, recording=recording, duration_s=41.5, bytes=664_044)
    assert told(station) == ["started", "stopped", "available"]
    assert station.last(events.RecordingAvailable) == events.RecordingAvailable(
        recording, url=f"/v1/recordings/{recording}/audio", duration_s=41.5, bytes=664_044
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


def test_what_had_begun_is_finished_when_the_sip_process_is_lost():
    station, _, recording = recorded("Prepared", "Begun")
    station.give(inputs.SipLost, why="killed")
    assert station.orders(FinishRecording) == [FinishRecording(recording)]
    assert told(station) == ["started", "stopped"]
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
    station.give(inputs.RecordingDeleted, recording=RecordingId("r-1"), **of)
    assert station.last(events.RecordingDeleted) == events.RecordingDeleted(
        RecordingId("r-1"), url="/v1/recordings/r-1/audio", **of
    )


def test_protection_and_its_end_are_reported_with_who_asked():
    station = ready()
    station.give(inputs.RecordingChanged, recording=RecordingId("r-1"), protected=True, by="http:tablet")
    assert station.last(events.RecordingChanged) == events.RecordingChanged(RecordingId("r-1"), True, "http:tablet")


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
