"""A visitor's message: asked for when nobody answers, recorded without a call, ended by what needs the panel."""

import pytest

from appliance.base.errors import ErrorCode
from appliance.base.times import Times
from appliance.core import events, inputs
from appliance.core.model import (
    NO_CALL,
    AudioSettings,
    MixerLevel,
    Picture,
    PlaybackId,
    RecordingId,
    RecordingKind,
    RecordingOrder,
)
from appliance.core.orders import AnnounceRecording, DropAnnouncement, FinishRecording, Place, PrepareRecording
from appliance.core.panel.indications import pictures
from tests.core.sent import snapshot
from tests.core.station import Station, ready

LONGEST_S = 30.0
ANNOUNCED_WITHIN_S = Times().announcement_s


def unanswered(**changes) -> Station:
    """Nobody has answered a ring."""
    station = ready(**{"message_s": LONGEST_S, **changes})
    call = station.dialled()
    station.give(inputs.CallEnded, call=call.id, code=603, reason="Decline", remote=True)
    assert station.last(events.RingEnded).result == "unanswered"
    return station


def asked() -> tuple[Station, RecordingId]:
    """The visitor is asked for a message."""
    station = unanswered()
    (order,) = station.orders(AnnounceRecording)
    return station, order.recording


def recorded(*steps: str) -> tuple[Station, RecordingId]:
    """The visitor leaves one."""
    station, message = asked()
    for step in ("Announced", *(steps or ("Prepared", "Begun"))):
        given(station, getattr(inputs, f"Recording{step}"), message)
    return station, message


def given(station: Station, kind, message: RecordingId, **fields) -> None:
    station.give(kind, call=NO_CALL, recording=message, **fields)


def told(station: Station) -> list[str]:
    return [kind for kind in station.types() if kind.startswith("recording.")]


def test_a_visitor_whom_nobody_answers_is_asked_for_a_message_which_is_recorded_until_its_longest_duration():
    station, message = asked()
    assert station.orders(AnnounceRecording) == [AnnounceRecording(NO_CALL, message, spoken=True, speaker=True)]
    assert (station.orders(PrepareRecording), station.desired.sound.message) == ([], None)
    given(station, inputs.RecordingAnnounced, message)
    assert station.orders(PrepareRecording) == [PrepareRecording(NO_CALL, message, "kitchen")]
    given(station, inputs.RecordingPrepared, message)
    assert station.desired.sound.message == message
    assert Picture.RECORDING not in pictures(station.state)
    given(station, inputs.RecordingBegun, message)
    assert Picture.RECORDING in pictures(station.state)
    assert station.last(events.RecordingStarted).call is None
    station.wait(LONGEST_S - 1.0)
    assert station.desired.sound.message == message
    station.wait(1.0)
    assert station.desired.sound.message is None
    given(station, inputs.RecordingClosed, message, bytes=960_044)
    assert station.last(events.RecordingStopped) == events.RecordingStopped(
        None, message, f"/v1/recordings/{message}/audio", LONGEST_S, 960_044
    )
    assert station.orders(FinishRecording) == [FinishRecording(message)]
    station.give(inputs.RecordingAvailable, recording=message, duration_s=30.0, bytes=960_044)
    assert station.last(events.RecordingAvailable).kind is RecordingKind.MESSAGE
    assert station.state.calls.recordings == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"message_s": 0.0},
        {"record": False},
        {"audio": AudioSettings(playback="null")},
    ],
)
def test_a_station_that_takes_no_messages_shows_that_nobody_answers(changes):
    station = unanswered(**changes)
    assert station.orders(AnnounceRecording) == []
    assert station.state.panel.error_until is not None


def test_nobody_is_asked_while_the_card_is_gone_or_somebody_else_calls():
    station = ready(message_s=LONGEST_S)
    for trouble in ("card", "caller"):
        call = station.dialled()
        if trouble == "card":
            station.give(inputs.PartFailed, part="audio", why="gone")
        else:
            station.give(inputs.PartRecovered, part="audio")
            station.arrive()
        station.give(inputs.CallEnded, call=call.id, code=603, reason="Decline", remote=True)
        assert station.orders(AnnounceRecording) == []


def test_a_message_needs_its_announcement_and_time_gives_it_up():
    station, message = asked()
    given(station, inputs.RecordingAnnounced, message, why="espeak-ng is missing.")
    failed = station.last(events.RecordingFailed)
    assert (failed.call, failed.why.endswith("espeak-ng is missing.")) == (None, True)
    assert station.state.panel.error_until is not None, "the visitor knows that nobody answers"
    station = unanswered(must_announce=False)
    station.wait(ANNOUNCED_WITHIN_S)
    assert told(station) == ["recording.failed"]
    assert (station.orders(PrepareRecording), station.state.calls.recordings) == ([], ())


def test_no_message_is_recorded_of_a_visitor_who_could_not_hear_that_it_is():
    station = unanswered(audio=AudioSettings("plughw:CARD=board", "plughw:CARD=board"))
    (order,) = station.orders(AnnounceRecording)
    station.give(inputs.LevelsRead, speaker=MixerLevel("board", element="Speaker", muted=True), microphone=None)
    given(station, inputs.RecordingAnnounced, order.recording)
    assert "the speaker is muted" in station.last(events.RecordingFailed).why
    assert station.orders(PrepareRecording) == []


@pytest.mark.parametrize("button", ["ring", "hangup"])
def test_a_button_ends_the_message_and_does_not_ring(button):
    station, message = recorded()
    station.wait(5.0)
    station.press(button)
    assert station.desired.sound.message is None
    assert len(station.orders(Place)) == 1
    given(station, inputs.RecordingClosed, message)
    assert told(station) == ["recording.started", "recording.stopped"]
    station.press("ring")
    assert len(station.orders(Place)) == 2


@pytest.mark.parametrize("steps", [("asked",), (), ("Prepared",)])
@pytest.mark.parametrize("button", ["ring", "hangup"])
def test_before_the_message_is_recorded_a_button_rings_or_ends_it(button, steps):
    station, message = asked()
    if steps != ("asked",):
        for step in ("Announced", *steps):
            given(station, getattr(inputs, f"Recording{step}"), message)
    station.press(button)
    assert len(station.orders(Place)) == (2 if button == "ring" else 1)
    if steps == ("Prepared",):
        given(station, inputs.RecordingBegun, message)
    assert station.desired.sound.message is None
    given(station, inputs.RecordingClosed, message)
    assert station.state.calls.recordings == ()


@pytest.mark.parametrize("need", ["call", "card", "stop"])
@pytest.mark.parametrize("steps", [("asked",), ("Prepared",), ("Prepared", "Begun")])
def test_a_call_and_the_end_of_the_station_end_the_message(need, steps):
    station, message = asked() if steps == ("asked",) else recorded(*steps)
    if need == "call":
        station.arrive()
    elif need == "card":
        station.give(inputs.PartFailed, part="audio", why="gone")
    else:
        station.give(inputs.StopRequested)
    assert [each.unwanted or not each.ready for each in station.state.calls.recordings] == [True] * (
        len(steps) - 1 or (steps != ("asked",))
    )
    assert len(station.orders(DropAnnouncement)) == (steps == ("asked",))
    if steps == ("Prepared",):
        given(station, inputs.RecordingBegun, message)
    assert station.desired.sound.message is None
    given(station, inputs.RecordingClosed, message)
    assert station.state.calls.recordings == ()


def test_what_asks_for_a_message_ends_with_the_sip_process():
    station, message = asked()
    station.give(inputs.SipLost, why="killed")
    assert station.orders(DropAnnouncement) == [DropAnnouncement(message)]
    assert station.orders(FinishRecording) == []
    assert station.state.calls.recordings == ()


def test_what_asks_for_a_message_stops_for_a_call():
    station, message = asked()
    sound = inputs.PlaySpeech(playback=PlaybackId("p-1"), speaker=True, announces=message)
    assert station.ask(sound).error is None
    assert [each.id for each in station.desired.sound.files] == ["p-1"]
    station.arrive()
    assert station.desired.sound.files == ()


def test_a_message_ends_with_the_sip_process():
    station, message = recorded()
    station.give(inputs.SipLost, why="killed")
    assert station.orders(FinishRecording) == [FinishRecording(message)]
    assert station.state.calls.recordings == ()


@pytest.mark.parametrize("steps", [("asked",), (), ("Prepared",), ("Prepared", "Begun")])
@pytest.mark.parametrize("to", [RecordingOrder.STOP, RecordingOrder.DISCARD])
def test_a_client_sees_the_message_and_stops_or_discards_it(to, steps):
    station, message = asked()
    for step in () if steps == ("asked",) else ("Announced", *steps):
        given(station, getattr(inputs, f"Recording{step}"), message)
    begun = steps == ("Prepared", "Begun")
    assert snapshot(station.state, 0.0)["message"] == {"id": message, "rung": "kitchen", "begun": begun}
    assert station.ask(inputs.SteerRecording(message, to)).error is None
    assert snapshot(station.state, 0.0)["message"] is None
    again = station.ask(inputs.SteerRecording(message, to)).error
    assert again.code == ErrorCode.RECORDING_NOT_FOUND
    if steps in {("Prepared",), ("Prepared", "Begun")}:
        if not begun:
            given(station, inputs.RecordingBegun, message)
        assert station.desired.sound.message is None
        given(station, inputs.RecordingClosed, message)
        by = "test" if to is RecordingOrder.DISCARD else ""
        assert station.orders(FinishRecording) == [FinishRecording(message, by)]
    else:
        given(station, inputs.RecordingPrepared, message)
    assert station.state.calls.recordings == ()


def test_a_message_is_neither_paused_nor_muted():
    station, message = recorded()
    for to in set(RecordingOrder) - {RecordingOrder.STOP, RecordingOrder.DISCARD}:
        assert station.ask(inputs.SteerRecording(message, to)).error.code == ErrorCode.CONFLICT
    assert station.desired.sound.message == message


def test_the_sound_is_not_tested_during_a_message():
    station, _ = recorded()
    assert station.ask(inputs.TestSound(2.0)).error.cause == "A visitor leaves a message."
