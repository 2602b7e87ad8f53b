"""The self-test of speaker and microphone: when it may run, its result, and what ends it."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.desired import SoundTest
from appliance.core.model import (
    Action,
    AudioSettings,
    ButtonId,
    ButtonSettings,
    LampId,
    LampSettings,
    MixerLevel,
    Pattern,
    Picture,
    RequestId,
    SoundMeasured,
    SoundResult,
    Tone,
)
from appliance.core.orders import Reply
from tests.core.station import ready

TEST = RequestId("test")
GOOD = SoundMeasured(56000, -60.0, -40.0, -25.0, 40.0, 0.0)


def ask(station, seconds=2.0, *, apply=False):
    """Ask for a test; the replies so far."""
    action = inputs.TestSound(seconds, apply)
    station.give(inputs.Requested, request=TEST, who="http:token", action=action)
    return replies(station)


def replies(station):
    return [order for order in station.orders(Reply) if order.request == TEST]


def report(station, measured=GOOD, why=""):
    return station.give(inputs.SoundTested, test=station.desired.sound.test.id, measured=measured, why=why)


def test_a_sweep_is_played_and_the_reply_and_an_event_have_the_result():
    station = ready()
    assert ask(station) == []
    wanted = station.desired.sound.test
    assert wanted == SoundTest(wanted.id, 2.0)
    assert station.desired.sound.tone is None
    report(station)
    (reply,) = replies(station)
    assert (reply.error, reply.trial.result, reply.trial.advice) == (None, SoundResult.WORKS, None)
    event = station.last(events.AudioTested)
    assert (event.TYPE, event.result, event.by) == ("audio.tested", SoundResult.WORKS, "http:token")
    assert (event.echo_delay_ms, event.tone_dbfs) == (40, -40)
    assert station.desired.sound.test is None
    station.give(inputs.SoundTested, test=wanted.id)  # came late
    assert len(replies(station)) == 1
    ask(station)
    station.give(inputs.SoundTested, test=wanted.id)  # of the test before
    assert len(replies(station)) == 1


@pytest.mark.parametrize(
    ("change", "result", "advice"),
    [
        ({}, SoundResult.WORKS, ""),
        ({"clipped": 0.001}, SoundResult.CLIPPED, "The microphone is overloaded."),
        ({"tone_dbfs": None, "echo_db": None}, SoundResult.NO_ECHO, "The microphone did not hear the speaker."),
        ({"quiet_dbfs": None}, SoundResult.NO_ECHO, "The microphone delivers nothing, not even noise."),
        ({"echo_db": None}, SoundResult.NO_ECHO, "The microphone did not hear the speaker."),
        ({"quiet_dbfs": -49.9}, SoundResult.TOO_QUIET, "The microphone hardly heard the speaker."),
        ({"echo_db": -45.1}, SoundResult.TOO_QUIET, "The microphone hardly heard the speaker."),
        ({"echo_db": -10.0}, SoundResult.WORKS, ""),
        ({"echo_db": -9.9}, SoundResult.LOUD_ECHO, "Callers would hear little of a visitor while they speak."),
    ],
)
def test_the_result_follows_from_what_was_measured(change, result, advice):
    station = ready()
    ask(station)
    report(station, replace(GOOD, **change))
    (reply,) = replies(station)
    assert reply.trial.result is result
    assert (reply.trial.advice or "").startswith(advice)
    assert reply.trial.volume is None  # the mixer is unknown


@pytest.mark.parametrize("apply", [True, False])
def test_a_loud_echo_brings_a_volume_which_is_set_only_on_request(apply):
    station = ready()
    level = MixerLevel("usbphone", "phone", "PCM", 100.0, 0.0, -20.0, 0.0, muted=False)
    station.give(inputs.LevelsRead, speaker=level, microphone=None)
    ask(station, apply=apply)
    report(station, replace(GOOD, echo_db=-4.1))
    (reply,) = replies(station)
    assert (reply.trial.volume, reply.trial.applied) == (70.0, apply)  # 5.9 dB lower, of 20
    assert "Lower the volume to 70 %" in reply.trial.advice
    assert station.desired.sound.volume.percent == (70.0 if apply else None)
    assert station.last(events.AudioTested).applied is apply


@pytest.mark.parametrize(
    ("most", "at_db", "echo_db", "volume"),
    [(60.0, 0.0, -9.0, 60.0), (100.0, -15.0, 0.0, None), (100.0, -20.0, 0.0, None)],
)
def test_the_volume_is_never_above_the_limit_and_never_silence(most, at_db, echo_db, volume):
    station = ready(audio=AudioSettings(max_volume=most))
    level = MixerLevel("usbphone", "phone", "PCM", 100.0, at_db, -20.0, 0.0, muted=False)
    station.give(inputs.LevelsRead, speaker=level, microphone=None)
    ask(station, apply=True)
    report(station, replace(GOOD, echo_db=echo_db))
    (reply,) = replies(station)
    assert (reply.trial.result, reply.trial.volume) == (SoundResult.LOUD_ECHO, volume)
    assert station.desired.sound.volume.percent == volume


HEARD, MUTED, ZERO = (
    MixerLevel("usbphone", "phone", "Mic", percent, muted=muted)
    for percent, muted in ((50.0, False), (50.0, True), (0.0, False))
)


@pytest.mark.parametrize(
    ("speaker", "microphone", "noise", "advice"),
    [
        (HEARD, MUTED, -60.0, "The microphone is muted. Switch it on: intercomctl audio set --microphone on."),
        (HEARD, ZERO, -60.0, "The gain of the microphone is 0 %. Set it: intercomctl audio set --gain 70."),
        (MUTED, HEARD, -60.0, "The speaker is muted. Switch it on: intercomctl audio set --speaker on."),
        (ZERO, HEARD, -60.0, "The volume of the speaker is 0 %. Set it: intercomctl audio set --volume 70."),
        (HEARD, HEARD, -90.3, "The microphone delivers nothing, not even noise. Check its wires"),
        (None, None, None, "The microphone delivers nothing, not even noise. Check its wires"),
        (None, None, -60.0, "The microphone did not hear the speaker. If you heard it"),
    ],
)
def test_a_side_that_is_muted_or_cut_is_named(speaker, microphone, noise, advice):
    station = ready()
    station.give(inputs.LevelsRead, speaker=speaker, microphone=microphone)
    ask(station)
    report(station, replace(GOOD, quiet_dbfs=noise, tone_dbfs=None, echo_db=None))
    (reply,) = replies(station)
    assert reply.trial.result is SoundResult.NO_ECHO
    assert reply.trial.advice.startswith(advice)


def test_a_mixer_without_decibels_brings_no_volume():
    station = ready()
    station.give(inputs.LevelsRead, speaker=MixerLevel("usbphone", percent=50.0), microphone=None)
    ask(station, apply=True)
    report(station, replace(GOOD, echo_db=0.0))
    (reply,) = replies(station)
    assert (reply.trial.result, reply.trial.volume, reply.trial.applied) == (SoundResult.LOUD_ECHO, None, False)
    assert "Lower the volume, or" in reply.trial.advice


@pytest.mark.parametrize("seconds", [0.4, 5.1])
def test_a_sweep_too_short_or_too_long_is_refused(seconds):
    (reply,) = ask(ready(), seconds)
    assert reply.error.code == "parameter-invalid"


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (AudioSettings(playback="null"), "No speaker is configured. Name its card: audio.playback."),
        (AudioSettings(capture="simulated"), "No microphone is configured. Name its card: audio.capture."),
    ],
)
def test_without_a_card_that_is_the_result(audio, said):
    (reply,) = ask(ready(audio=audio))
    assert (reply.trial.result, reply.trial.advice) == (SoundResult.NO_CARD, said)


def test_a_card_that_fails_before_or_in_the_test_is_the_result():
    station = ready()
    ask(station)
    station.give(inputs.PartFailed, part="audio", why="There is no card", resolution="Plug it in")
    (reply,) = replies(station)
    assert (reply.trial.result, reply.trial.advice) == (
        SoundResult.NO_CARD,
        "There is no card. Run intercomctl doctor.",
    )
    assert ask(station)[-1].trial == reply.trial


def test_it_does_not_begin_in_a_call_or_tone_nor_twice_at_once_nor_without_its_process():
    station = ready()
    station.dialled()
    assert [reply.error.code for reply in ask(station)] == ["conflict"]
    station = ready()
    station.ask(inputs.PlayTone(Tone.DOOR))
    assert [reply.error.code for reply in ask(station)] == ["conflict"]
    station = ready()
    ask(station)
    assert [reply.error.code for reply in ask(station)] == ["conflict"]
    station = ready()
    station.give(inputs.SipLost, why="gone")
    assert [reply.error.code for reply in ask(station)] == ["unavailable"]
    station = ready()
    station.give(inputs.StopRequested)
    assert [reply.error.code for reply in ask(station)] == ["unavailable"]


@pytest.mark.parametrize("kind", [inputs.SipLost, inputs.StopRequested])
def test_it_ends_with_the_process_that_has_the_card(kind):
    station = ready()
    ask(station)
    station.give(kind, 1.0, **({"why": "gone"} if kind is inputs.SipLost else {}))
    assert [reply.error.code for reply in replies(station)] == ["conflict"]


def test_a_call_comes_first_and_ends_it():
    station = ready()
    ask(station)
    assert station.arrive() is not None
    assert [reply.error.code for reply in replies(station)] == ["conflict"]
    assert station.desired.sound.tone is Tone.RINGING
    assert station.desired.sound.test is None


@pytest.mark.parametrize("action", [inputs.PlayTone(Tone.DOOR), inputs.PlaySound(sound="gong")])
def test_a_tone_or_file_that_a_client_plays_ends_it(action):
    station = ready(audio=AudioSettings(sounds="/sounds"))
    ask(station)
    station.ask(action)
    assert [reply.error.cause for reply in replies(station)] == ["A tone or file is played on the speaker."]
    assert station.desired.sound.test is None


def test_a_call_apart_from_the_room_comes_first_too_as_it_may_be_heard_on_the_speaker():
    station = ready()
    ask(station)
    call = station.ask(inputs.Dial("office", apart=True)).call
    assert [reply.error.code for reply in replies(station)] == ["conflict"]
    station.give(inputs.CallConfirmed, call=call)
    station.ask(inputs.LinkSound(call, "speaker"))
    assert [reply.error.code for reply in ask(station)] == ["conflict"] * 2
    assert station.desired.sound.test is None


def test_a_visitor_comes_first_and_ends_it():
    station = ready()
    ask(station)
    station.press("ring")
    assert [reply.error.code for reply in replies(station)] == ["conflict"]
    assert station.desired.sound.test is None


def test_one_that_cannot_be_performed_or_takes_too_long_is_an_error():
    station = ready()
    ask(station)
    report(station, why="The disc is full.")
    assert (replies(station)[-1].error.code, replies(station)[-1].error.cause) == ("unavailable", "The disc is full.")
    ask(station)
    station.wait(33.0)
    assert replies(station)[-1].error.code == "unavailable"
    assert replies(station)[-1].error.cause == "The card or the computation took too long."
    assert station.desired.wake_at is None


TESTING = LampSettings(LampId("status"), ((Picture.TESTING, Pattern.SLOW), (Picture.ERROR, Pattern.FAST)))
BUTTON = ButtonSettings(ButtonId("service"), Action.NONE, long_action=Action.AUDIO_TEST, long_press_s=3.0)


@pytest.mark.parametrize(("measured", "after"), [(GOOD, Pattern.OFF), (replace(GOOD, tone_dbfs=None), Pattern.FAST)])
def test_a_long_press_begins_one_and_the_lamp_shows_it_and_its_result(measured, after):
    station = ready(buttons=(BUTTON,), lamps=(TESTING,))
    station.press("service", 4.0)
    assert dict(station.desired.lamps)["status"].pattern is Pattern.SLOW
    report(station, measured)
    assert dict(station.desired.lamps)["status"].pattern is after
    assert station.last(events.AudioTested).by == "button service"
    assert not station.orders(Reply)


def test_what_hinders_a_test_by_a_button_is_an_error_at_the_panel():
    station = ready(buttons=(BUTTON,), lamps=(TESTING,))
    station.press("service", 4.0)
    report(station, why="It broke.")
    assert dict(station.desired.lamps)["status"].pattern is Pattern.FAST
    assert station.last(events.ErrorReported).operation == "test-sound"
