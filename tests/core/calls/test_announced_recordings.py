"""Recordings of which people must know: the announcement comes first, and without it nothing is recorded."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.base.times import Times
from appliance.core import events, inputs
from appliance.core.model import (
    AccountId,
    AccountSettings,
    Announcement,
    Announcements,
    AudioSettings,
    Call,
    CallId,
    EarlySource,
    LinkDirection,
    MixerLevel,
    PlaybackEnd,
    PlaybackId,
    RecordedCalls,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    Target,
    Tone,
    WarningCode,
)
from appliance.core.orders import AnnounceRecording, DropAnnouncement, FinishRecording, PrepareRecording
from tests.core.station import KITCHEN, PCMA, Station, ready

NONE, SOUND, TEXT, TONE = Announcement
OFFICE = AccountSettings(AccountId("office"), "201", "pbx.example", "192.0.2.5")
DESK = Target("desk", "sip:301@pbx.example", account=AccountId("office"))
ANNOUNCED_WITHIN_S = Times().announcement_s


def announcing(outgoing: Announcement = SOUND, incoming: Announcement = NONE, **changes) -> Station:
    return ready(announcements=Announcements(incoming, outgoing), **changes)


def waiting(outgoing: Announcement = SOUND, **changes) -> tuple[Station, Call, RecordingId]:
    """A call whose recording waits for its announcement."""
    station = announcing(outgoing, **changes)
    call = station.talking()
    (order,) = station.orders(AnnounceRecording)
    return station, call, order.recording


def given(station: Station, kind, call: Call, recording: RecordingId, **fields) -> None:
    station.give(kind, call=call.id, recording=recording, **fields)


def recorded(outgoing: Announcement = TONE, **changes) -> tuple[Station, Call, RecordingId]:
    """A call that is being recorded."""
    station = announcing(outgoing, **changes)
    call = station.talking()
    assert call.recording is not None
    for kind in (inputs.RecordingAnnounced, inputs.RecordingPrepared, inputs.RecordingBegun):
        given(station, kind, call, call.recording)
    return station, call, call.recording


def heard(station: Station) -> list[CallId | None]:
    """Where the tone that says so began, in order."""
    return [e.call for e in station.told if isinstance(e, events.ToneStarted) and e.tone is Tone.WARNING]


def holds(station: Station, call: Call, *, held: bool) -> None:
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=held)


@pytest.mark.parametrize("announcement", [SOUND, TEXT])
def test_the_announcement_comes_before_the_file_and_all_else(announcement):
    station, call, recording = waiting(announcement)
    assert station.orders(AnnounceRecording) == [
        AnnounceRecording(call.id, recording, spoken=announcement is TEXT, speaker=True)
    ]
    for early in (inputs.RecordingPrepared, inputs.RecordingBegun):  # nothing makes it begin
        given(station, early, call, recording)
    assert (station.orders(PrepareRecording), station.desired.sound.calls[0].recording) == ([], None)
    given(station, inputs.RecordingAnnounced, call, recording)
    assert station.orders(PrepareRecording) == [PrepareRecording(call.id, recording, KITCHEN)]
    given(station, inputs.RecordingAnnounced, call, recording)  # a second time
    given(station, inputs.RecordingPrepared, call, recording)
    given(station, inputs.RecordingBegun, call, recording)
    assert station.desired.sound.calls[0].recording == recording
    assert [kind for kind in station.types() if kind.startswith("recording.")] == ["recording.started"]
    assert len(station.orders(PrepareRecording)) == 1
    station.wait(2 * ANNOUNCED_WITHIN_S)
    assert heard(station) == []


def test_what_an_order_says_of_its_recording_counts_after_the_announcement_too():
    station = announcing(recorded_calls=RecordedCalls.NONE)
    call = station.talking()
    station.ask(inputs.StartRecording(call.id, None, RecordingFormat.WAV, "Parcel"))
    (order,) = station.orders(AnnounceRecording)
    given(station, inputs.RecordingAnnounced, call, order.recording)
    assert station.orders(PrepareRecording) == [
        PrepareRecording(call.id, order.recording, KITCHEN, RecordingFormat.WAV, "Parcel")
    ]


def test_a_station_without_a_speaker_announces_to_the_far_end_alone():
    station, _, _ = waiting(audio=AudioSettings(playback="null"))
    assert [order.speaker for order in station.orders(AnnounceRecording)] == [False]


def test_without_its_announcement_nothing_is_recorded_and_the_event_says_why():
    station, call, recording = waiting()
    given(station, inputs.RecordingAnnounced, call, recording, why="espeak-ng is missing.")
    failed = station.last(events.RecordingFailed)
    assert failed.why == "The announcement of the recording was not heard. espeak-ng is missing."
    assert (station.call.recording, station.state.calls.recordings, station.orders(PrepareRecording)) == (None, (), [])
    assert station.call.talks


def test_a_station_that_may_record_all_the_same_warns():
    station, call, recording = waiting(must_announce=False)
    given(station, inputs.RecordingAnnounced, call, recording, why="espeak-ng is missing.")
    warned = station.last(events.WarningReported)
    assert (warned.code, warned.call) == (WarningCode.RECORDING_UNANNOUNCED, call.id)
    assert [order.recording for order in station.orders(PrepareRecording)] == [recording]


def test_an_announcement_that_does_not_end_is_given_up():
    station, _, _ = waiting()
    station.wait(ANNOUNCED_WITHIN_S - 1.0)
    assert "recording.failed" not in station.types()
    station.wait(1.0)
    assert "60 s" in station.last(events.RecordingFailed).why
    assert station.call.recording is None


def test_a_far_end_that_holds_the_call_cannot_hear_it():
    station = announcing(recorded_calls=RecordedCalls.NONE)
    call = station.talking()
    holds(station, call, held=True)
    refused = station.ask(inputs.StartRecording(call.id)).error
    assert (refused.code, "holds" in refused.cause) == (ErrorCode.RECORDING_NO_MEDIA, True)
    holds(station, call, held=False)
    assert station.ask(inputs.StartRecording(call.id)).error is None
    assert len(station.orders(AnnounceRecording)) == 1


@pytest.mark.parametrize("announcement", [SOUND, TEXT])
@pytest.mark.parametrize("held_s", [5.0, 10 * ANNOUNCED_WITHIN_S])
def test_one_that_the_far_end_did_not_hear_for_its_hold_is_played_again_after_it(announcement, held_s):
    station, call, recording = waiting(announcement)
    holds(station, call, held=True)
    given(station, inputs.RecordingAnnounced, call, recording)
    given(station, inputs.RecordingAnnounced, call, recording)  # a second time
    station.wait(held_s)
    assert (len(station.orders(AnnounceRecording)), station.orders(PrepareRecording)) == (1, [])
    holds(station, call, held=False)
    station.wait(ANNOUNCED_WITHIN_S - 1.0)
    first, second = station.orders(AnnounceRecording)
    assert first == second
    given(station, inputs.RecordingAnnounced, call, recording)
    assert [order.recording for order in station.orders(PrepareRecording)] == [recording]
    assert "recording.failed" not in station.types()


@pytest.mark.parametrize("lasts", [True, False])
def test_one_that_a_hold_cut_off_is_played_again_after_it(lasts):
    station, call, recording = waiting()
    station.ask(inputs.HoldCall(call.id, held=True))
    if not lasts:
        station.ask(inputs.HoldCall(call.id, held=False))
    given(station, inputs.RecordingAnnounced, call, recording, why="Its sound was cut off: held.", held=True)
    assert len(station.orders(AnnounceRecording)) == (1 if lasts else 2)
    if lasts:
        station.ask(inputs.HoldCall(call.id, held=False))
    assert len(station.orders(AnnounceRecording)) == 2
    station.wait(ANNOUNCED_WITHIN_S)
    assert "60 s" in station.last(events.RecordingFailed).why


def test_one_that_waits_for_the_end_of_a_hold_goes_with_its_call():
    station, call, recording = waiting()
    holds(station, call, held=True)
    given(station, inputs.RecordingAnnounced, call, recording)
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    station.wait(ANNOUNCED_WITHIN_S)
    assert (station.state.calls.recordings, station.orders(PrepareRecording)) == ((), [])


def test_one_that_fails_in_a_hold_has_failed():
    station, call, recording = waiting()
    holds(station, call, held=True)
    given(station, inputs.RecordingAnnounced, call, recording, why="espeak-ng is missing.")
    assert station.last(events.RecordingFailed).why.endswith("espeak-ng is missing.")


def played(station: Station, call: Call, recording: RecordingId) -> None:
    """The announcement plays."""
    sound = inputs.PlaySound(
        sound="attention", call=call.id, speaker=True, playback=PlaybackId("p-1"), announces=recording
    )
    assert station.ask(sound).error is None
    assert [each.id for each in station.desired.sound.files] == ["p-1"]


def test_an_announcement_that_is_heard_is_not_stopped():
    station, call, recording = waiting()
    played(station, call, recording)
    station.give(inputs.PlaybackBegun, playback="p-1")
    station.wait(1.0)
    station.give(inputs.PlaybackEnded, playback="p-1")
    given(station, inputs.RecordingAnnounced, call, recording)
    assert [kind for kind in station.types() if kind.startswith("playback.")] == [
        "playback.started",
        "playback.finished",
    ]
    assert station.orders(DropAnnouncement) == []


@pytest.mark.parametrize("required", [True, False])
def test_an_announcement_that_is_given_up_stops(required):
    station, call, recording = waiting(must_announce=required)
    station.wait(ANNOUNCED_WITHIN_S - 5.0)
    played(station, call, recording)
    station.wait(5.0)
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.STOPPED
    assert station.desired.sound.files == ()


def test_what_begins_to_play_for_a_recording_that_is_gone_stops_at_once():
    station, call, recording = waiting()
    station.ask(inputs.StopRecording(call.id))
    sound = inputs.PlaySpeech(playback=PlaybackId("p-1"), call=call.id, speaker=True, announces=recording)
    assert station.ask(sound).error is None
    assert station.desired.sound.files == ()


@pytest.mark.parametrize("end", ["client", "discarded", "far end", "process"])
def test_a_recording_that_ends_while_it_is_announced_leaves_nothing(end):
    station, call, recording = waiting()
    played(station, call, recording)
    if end == "client":
        assert station.ask(inputs.SteerRecording(recording, RecordingOrder.STOP)).error is None
    elif end == "discarded":
        assert station.ask(inputs.SteerRecording(recording, RecordingOrder.DISCARD)).error is None
    elif end == "far end":
        station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    else:
        station.give(inputs.SipLost, why="killed")
    assert station.orders(DropAnnouncement) == [DropAnnouncement(recording)]
    assert station.desired.sound.files == ()
    given(station, inputs.RecordingAnnounced, call, recording)
    station.wait(ANNOUNCED_WITHIN_S)
    assert station.state.calls.recordings == ()
    assert station.orders(PrepareRecording) == station.orders(FinishRecording) == []
    assert not any(kind.startswith("recording.") for kind in station.types())


def test_a_call_that_we_are_ending_is_not_recorded():
    station, call, recording = waiting()
    station.ask(inputs.HangUpCall(call.id))
    given(station, inputs.RecordingAnnounced, call, recording)
    assert station.orders(PrepareRecording) == []


def test_each_direction_and_each_account_has_its_own_announcement():
    station = announcing(
        SOUND,
        NONE,
        accounts=(replace(OFFICE, callers="anyone", announcements=Announcements(TEXT, TONE)),),
        targets=(Target("kitchen", KITCHEN), DESK),
        max_calls=9,
    )
    wanted = {}
    for target in ("kitchen", "desk"):
        call = station.ask(inputs.Dial(target)).call
        wanted[target] = answered(station, call)
    for name, account, uri in (("in", "", KITCHEN), ("in-office", "office", "sip:301@pbx.example")):
        station.give(
            inputs.CallArrived,
            call=CallId(f"c-{name}"),
            uri=uri,
            display_name="",
            source="127.0.0.2:5060",
            local_uri="",
            account=account,
        )
        station.ask(inputs.AnswerCall(CallId(f"c-{name}")))
        wanted[name] = answered(station, CallId(f"c-{name}"))
    assert wanted == {"kitchen": "sound", "desk": "tone", "in": "none", "in-office": "text"}


def answered(station: Station, call: CallId) -> str:
    """The call is answered: how its recording is announced."""
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    spoken = [order.spoken for order in station.orders(AnnounceRecording) if order.call == call]
    tones = [r.tone_at is not None for r in station.state.calls.recordings if r.call == call]
    return "text" if spoken == [True] else "sound" if spoken else "tone" if tones == [True] else "none"


def test_who_does_not_hear_the_station_before_the_answer_is_recorded_from_the_answer_on():
    station = announcing(recorded_calls=RecordedCalls.ALL)
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    assert station.orders(AnnounceRecording) == []
    assert station.ask(inputs.StartRecording(call.id)).error.code == ErrorCode.RECORDING_NO_MEDIA
    station.give(inputs.CallAnswered, call=call.id)
    station.give(inputs.CallConfirmed, call=call.id)
    assert len(station.orders(AnnounceRecording)) == 1


def test_a_caller_who_hears_the_station_before_the_answer_hears_the_announcement_too():
    station = announcing(NONE, TEXT, recorded_calls=RecordedCalls.ALL)
    call = station.arrive()
    station.ask(inputs.SendEarlyMedia(call.id, EarlySource.PANEL))
    assert len(station.orders(AnnounceRecording)) == 1


def test_a_tone_is_heard_on_both_sides_as_long_as_the_call_is_recorded():
    station = announcing(TONE)
    call = station.talking()
    assert station.orders(AnnounceRecording) == []
    given(station, inputs.RecordingPrepared, call, call.recording)
    station.wait(20.0)
    assert heard(station) == []
    given(station, inputs.RecordingBegun, call, call.recording)
    assert heard(station) == [call.id, None]
    station.wait(14.9)
    assert heard(station) == [call.id, None]
    station.wait(0.1)
    assert heard(station) == [call.id, None] * 2
    station.ask(inputs.SteerRecording(call.recording, RecordingOrder.PAUSE))
    station.wait(60.0)
    assert heard(station) == [call.id, None] * 2
    station.ask(inputs.SteerRecording(call.recording, RecordingOrder.RESUME))
    assert heard(station) == [call.id, None] * 3
    station.ask(inputs.StopRecording(call.id))
    station.wait(60.0)
    station.press("hangup")
    assert heard(station) == [call.id, None] * 3


def test_no_tone_follows_the_end_of_the_call():
    station, call, _ = recorded()
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    station.wait(60.0)
    assert heard(station) == [call.id, None]


def test_no_client_stops_or_replaces_the_tone_that_announces_a_recording():
    station, call, _ = recorded()
    for place in (None, call.id):
        for order in (inputs.StopTone(place), inputs.PlayTone(Tone.BUSY, place)):
            assert station.ask(order).error.code == ErrorCode.CONFLICT
    station.wait(1.0)
    assert station.ask(inputs.PlayTone(Tone.BUSY, call.id, seconds=60.0)).error is None
    station.wait(14.0)
    assert heard(station) == [call.id, None] * 2, "it replaces the tone of a client"


def test_a_far_end_that_hears_that_somebody_else_hears_it_hears_that_tone_to_its_end():
    station, call, _ = recorded(audio=AudioSettings(playback="null"))
    station.wait(14.9)
    other = station.ask(inputs.Dial("office")).call
    station.give(inputs.CallAnswered, call=other)
    station.give(inputs.CallConfirmed, call=other)
    assert station.ask(inputs.LinkSound(call.id, other, LinkDirection.TO)).error is None
    begun = heard(station)
    station.wait(0.5)
    assert heard(station) == begun


def test_a_station_without_a_speaker_plays_the_tone_to_the_far_end_alone():
    station, call, _ = recorded(audio=AudioSettings(playback="null"))
    station.give(inputs.PartFailed, part="audio", why="The card is gone")
    station.wait(15.0)
    assert heard(station) == [call.id] * 2


@pytest.mark.parametrize("required", [True, False])
def test_where_the_visitor_cannot_hear_the_tone_the_recording_ends_unless_it_may_go_on(required):
    station, call, recording = recorded(must_announce=required)
    station.give(inputs.PartFailed, part="audio", why="The card is gone")
    station.wait(20.0)
    assert (station.desired.sound.calls[0].recording is None) is required
    assert ("recording.failed" in station.types()) is required
    assert station.call.recording == (None if required else recording)
    assert station.call.talks
    assert heard(station) == [call.id, None] * (1 if required else 2)


BOARD = AudioSettings("plughw:CARD=board", "plughw:CARD=board")
LOUD = MixerLevel("board", element="Speaker", percent=70.0, muted=False)
QUIET = {
    "low": (replace(LOUD, percent=9.0), "the volume of the speaker is below 10 %"),
    "muted": (replace(LOUD, muted=True), "the speaker is muted"),
}


def unannounced(station: Station) -> list[events.WarningReported]:
    return [each for each in station.told if getattr(each, "code", "") is WarningCode.RECORDING_UNANNOUNCED]


def with_speaker(station: Station, level: MixerLevel) -> None:
    station.give(inputs.LevelsRead, speaker=level, microphone=None)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(("level", "why"), QUIET.values(), ids=QUIET)
def test_a_tone_of_a_speaker_that_is_as_good_as_silent_announces_no_recording(level, why, required):
    station, call, recording = recorded(audio=BOARD, must_announce=required)
    assert heard(station) == [call.id, None]
    with_speaker(station, level)
    station.wait(20.0)
    assert station.call.recording == (None if required else recording)
    if required:
        assert why in station.last(events.RecordingFailed).why
        assert unannounced(station) == []
    else:
        assert [(each.call, why in each.message) for each in unannounced(station)] == [(call.id, True)], "once"
        with_speaker(station, LOUD)
        station.wait(15.0)
        with_speaker(station, level)
        station.wait(15.0)
        assert len(unannounced(station)) == 2, "it was heard meanwhile"
    assert station.call.talks


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("announcement", [SOUND, TEXT])
@pytest.mark.parametrize(("level", "why"), QUIET.values(), ids=QUIET)
def test_a_text_or_sound_of_such_a_speaker_announces_none_either(level, why, announcement, required):
    station, call, recording = waiting(announcement, audio=BOARD, must_announce=required)
    with_speaker(station, level)
    given(station, inputs.RecordingAnnounced, call, recording)
    said = station.last(events.RecordingFailed).why if required else station.last(events.WarningReported).message
    assert why in said
    assert bool(station.orders(PrepareRecording)) is not required


def test_where_the_visitor_takes_no_part_in_the_call_the_speaker_may_be_silent():
    station = announcing(audio=BOARD)
    with_speaker(station, QUIET["muted"][0])
    call = station.ask(inputs.Dial("kitchen", apart=True)).call
    assert answered(station, call) == "sound"
    given(station, inputs.RecordingAnnounced, station.state.calls.get(call), station.state.calls.recordings[0].id)
    assert len(station.orders(PrepareRecording)) == 1


@pytest.mark.parametrize("announcement", [SOUND, TONE])
def test_while_a_recording_is_announced_no_client_changes_how_loud_that_is(announcement):
    station = announcing(announcement, audio=BOARD)
    with_speaker(station, LOUD)
    call = station.talking()
    recording = call.recording
    if announcement is TONE:
        for kind in (inputs.RecordingPrepared, inputs.RecordingBegun):
            given(station, kind, call, recording)
    error = station.ask(inputs.ChangeAudio(speaker_muted=True)).error
    assert (error.code, error.cause) == (ErrorCode.CONFLICT, "It announces a recording.")
    if announcement is TONE:
        station.wait(1.0)
    else:
        given(station, inputs.RecordingAnnounced, call, recording)
    assert station.ask(inputs.ChangeAudio(volume=50.0)).error is None
