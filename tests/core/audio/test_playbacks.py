"""Files that clients play: where, for how long, and what replaces or ends them."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs
from appliance.core.model import (
    BUILT_IN_SOUNDS,
    AudioSettings,
    CallId,
    Codec,
    PlaybackEnd,
    PlaybackId,
    PlayedFile,
    State,
)
from tests.core import sent
from tests.core.station import SETTINGS, Station


@pytest.fixture
def station():
    made = Station(State(replace(SETTINGS, audio=AudioSettings(sounds="/sounds")), now=100.0))
    return made.give(inputs.SipReady, address="127.0.0.1:5060")


def told(station):
    """All playback events so far, in short."""
    return [
        (each.TYPE, each.sound, each.speaker, each.call)
        for each in station.told
        if isinstance(each, events.PlaybackEvent)
    ]


def playing(station):
    return [(each.sound, each.call, each.speaker) for each in station.desired.sound.files]


def begun(station, **wanted):
    """Play a sound, whose file opens and whose sound flows: the playback's id."""
    assert station.ask(inputs.PlaySound(**wanted)).error is None
    playback = station.desired.sound.files[-1].id
    station.give(inputs.PlaybackOpened, playback=playback, duration_s=2.0)
    station.give(inputs.PlaybackBegun, playback=playback)
    return playback


def test_a_sound_in_a_call_is_ready_starts_and_finishes(station):
    call = station.talking().id
    playback = begun(station, sound="parcel", call=call, loop=False, volume=50.0)
    assert station.desired.sound.files == (PlayedFile(playback, "parcel", call, False, False, 50.0),)
    assert sent.snapshot(station.state, 0.0)["calls"][0]["playback"] == playback
    station.give(inputs.PlaybackBegun, playback=playback)
    station.give(inputs.PlaybackEnded, playback=playback)
    assert playing(station) == []
    assert [kind for kind, *_ in told(station)] == ["playback.ready", "playback.started", "playback.finished"]
    assert station.last(events.PlaybackReady).duration_s == 2.0
    assert set(told(station)) == {(kind, "parcel", False, call) for kind, *_ in told(station)}


def test_a_sound_may_play_in_a_call_and_on_the_speaker_and_is_replaced_at_either_place(station):
    call = station.talking().id
    begun(station, sound="both", call=call, speaker=True)
    assert playing(station) == [("both", call, True)]
    assert sent.snapshot(station.state, 0.0)["audio"]["playback"] == station.desired.sound.files[0].id
    begun(station, sound="gong")
    assert playing(station) == [("gong", None, True)]
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.REPLACED
    begun(station, sound="parcel", call=call)
    assert playing(station) == [("gong", None, True), ("parcel", call, False)]
    begun(station, sound="other", call=call)
    assert playing(station) == [("gong", None, True), ("other", call, False)]


def test_a_text_is_played_as_a_sound_is_and_its_events_have_nothing_of_it():
    station = Station(State(SETTINGS, now=100.0)).give(inputs.SipReady, address="127.0.0.1:5060")  # no audio.sounds
    call = station.talking().id
    said = inputs.PlaySpeech(playback=PlaybackId("p-1"), call=call, speaker=True, volume=50.0, waited_s=4.0)
    assert station.ask(said).error is None
    assert station.desired.sound.files == (PlayedFile("p-1", "speech", call, True, False, 50.0, made=True),)
    station.give(inputs.PlaybackOpened, playback="p-1", duration_s=2.0)
    station.give(inputs.PlaybackBegun, playback="p-1")
    station.give(inputs.PlaybackEnded, playback="p-1")
    assert told(station) == [(f"playback.{kind}", "speech", True, call) for kind in ("ready", "started", "finished")]


@pytest.mark.parametrize(("kind", "name"), [(inputs.PlayUrl, "url"), (inputs.PlayRecording, "recording")])
def test_a_url_or_a_recording_is_played_as_a_sound_is_and_its_events_have_nothing_of_it(kind, name):
    station = Station(State(SETTINGS, now=100.0)).give(inputs.SipReady, address="127.0.0.1:5060")  # no audio.sounds
    call = station.talking().id
    given = kind(playback=PlaybackId("p-1"), call=call, loop=True, volume=50.0, seconds=20.0, waited_s=4.0)
    assert station.ask(given).error is None
    assert station.desired.sound.files == (PlayedFile("p-1", name, call, False, True, 50.0, made=True),)
    station.give(inputs.PlaybackOpened, playback="p-1", duration_s=2.0)
    station.give(inputs.PlaybackBegun, playback="p-1")
    station.wait(20.0)
    assert told(station) == [(f"playback.{each}", name, False, call) for each in ("ready", "started", "stopped")]
    too_late = kind(playback=PlaybackId("p-2"), call=call, waited_s=10.0)
    assert station.ask(too_late).error.message == "The sound was not ready in time."


def test_a_text_replaces_what_plays_and_ends_with_its_call(station):
    call = station.talking().id
    begun(station, sound="parcel", call=call)
    station.ask(inputs.PlaySpeech(playback=PlaybackId("p-1"), call=call))
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.REPLACED
    station.press("hangup")
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.CALL_ENDED
    assert (
        station.ask(inputs.PlaySpeech(playback=PlaybackId("p-2"), call=call)).error.code == ErrorCode.CALL_WRONG_STATE
    )


def test_the_time_in_which_a_text_must_begin_counts_from_the_request(station):
    for late in (10.0, float("nan")):
        assert (
            station.ask(inputs.PlaySpeech(playback=PlaybackId("p-1"), waited_s=late)).error.code
            == ErrorCode.UNAVAILABLE
        )
    station.ask(inputs.PlaySpeech(playback=PlaybackId("p-1"), waited_s=4.0))
    station.wait(5.9)
    assert playing(station) == [("speech", None, True)]
    station.wait(0.1)
    assert station.last(events.PlaybackFailed).why == "It did not begin in time."


def test_a_built_in_sound_needs_no_directory_and_may_have_an_id_of_its_client():
    station = Station(State(SETTINGS, now=100.0)).give(inputs.SipReady, address="127.0.0.1:5060")  # no audio.sounds
    for number, sound in enumerate(BUILT_IN_SOUNDS):
        assert station.ask(inputs.PlaySound(sound=sound, playback=PlaybackId(f"p-{number}"))).error is None
        assert station.desired.sound.files == (PlayedFile(f"p-{number}", sound, None, True, False, 100.0),)


def test_a_client_stops_a_sound_and_a_second_time_there_is_none(station):
    call = station.talking().id
    begun(station, sound="parcel", call=call)
    begun(station, sound="gong")
    assert station.ask(inputs.StopSound(call)).error is None
    assert playing(station) == [("gong", None, True)]
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.STOPPED
    assert station.ask(inputs.StopSound(call)).error.code == ErrorCode.PLAYBACK_NOT_FOUND
    assert station.ask(inputs.StopSound()).error is None


@pytest.mark.parametrize("by_far_end", [False, True])
def test_a_sound_stops_when_a_hold_begins_and_a_held_far_end_may_be_played_one(station, by_far_end):
    call = station.talking().id
    begun(station, sound="parcel", call=call)
    begun(station, sound="gong")
    if by_far_end:
        station.give(inputs.MediaStarted, call=call, codec=Codec("PCMA", 8000), held=True)
    else:
        station.ask(inputs.HoldCall(call, held=True))
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.HELD
    assert playing(station) == [("gong", None, True)]
    begun(station, sound="other", call=call)
    station.wait(1.0)
    assert playing(station) == [("gong", None, True), ("other", call, False)]


def test_a_sound_ends_with_its_call_its_time_and_its_process(station):
    call = station.talking().id
    begun(station, sound="parcel", call=call)
    begun(station, sound="gong", seconds=5.0, loop=True)
    station.press("hangup")
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.CALL_ENDED
    station.wait(5.0)
    assert station.last(events.PlaybackStopped).reason is PlaybackEnd.TIME_OVER
    begun(station, sound="gong")
    station.give(inputs.SipLost, why="gone")
    assert station.last(events.PlaybackFailed).why == "The SIP process has ended."
    assert playing(station) == []


def test_a_sound_that_cannot_be_played_or_does_not_begin_fails_and_late_reports_are_ignored(station):
    station.ask(inputs.PlaySound(sound="gong"))
    (file,) = station.desired.sound.files
    station.give(inputs.PlaybackFailed, playback=file.id, why="gong.wav is broken")
    assert station.last(events.PlaybackFailed).why == "gong.wav is broken"
    for late in (inputs.PlaybackBegun, inputs.PlaybackEnded):
        station.give(late, playback=file.id)
    station.give(inputs.PlaybackOpened, playback=file.id, duration_s=1.0)
    station.give(inputs.PlaybackFailed, playback=file.id, why="again")
    assert [kind for kind, *_ in told(station)] == ["playback.failed"]
    station.ask(inputs.PlaySound(sound="gong"))
    station.wait(10.0)
    assert station.last(events.PlaybackFailed).why == "It did not begin in time."


@pytest.mark.parametrize("sound", ["", "../secret", "a/b", ".hidden", "a.wav", "a b", "x" * 65, "-a", "a\n"])
def test_a_name_that_could_lead_out_of_the_directory_is_refused(station, sound):
    assert station.ask(inputs.PlaySound(sound=sound)).error.code == ErrorCode.PARAMETER_INVALID
    assert playing(station) == []


@pytest.mark.parametrize("wanted", [{"seconds": 0.0}, {"seconds": 3601.0}, {"volume": -1.0}, {"volume": 201.0}])
def test_a_sound_has_limits(station, wanted):
    assert station.ask(inputs.PlaySound(sound="gong", **wanted)).error.code == ErrorCode.PARAMETER_INVALID


def test_no_sound_is_played_where_it_cannot_be_heard(station):
    none = Station(State(SETTINGS, now=100.0)).give(inputs.SipReady, address="127.0.0.1:5060")
    assert none.ask(inputs.PlaySound(sound="parcel")).error.code == ErrorCode.CONFLICT
    call = station.arrive().id
    assert station.ask(inputs.PlaySound(sound="gong", call=call)).error.code == ErrorCode.CALL_WRONG_STATE
    assert station.ask(inputs.PlaySound(sound="gong", call=CallId("c-x"))).error.code == ErrorCode.CALL_NOT_FOUND
    assert station.ask(inputs.StopSound(CallId("c-x"))).error.code == ErrorCode.CALL_NOT_FOUND
    station.give(inputs.PartFailed, part="audio", why="The card is gone", resolution="")
    assert station.ask(inputs.PlaySound(sound="gong")).error.code == ErrorCode.AUDIO_UNAVAILABLE
    station.give(inputs.SipLost, why="gone")
    assert station.ask(inputs.PlaySound(sound="gong")).error.code == ErrorCode.UNAVAILABLE
