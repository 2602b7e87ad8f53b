"""Volume and gain: set within limits, kept, reported as the mixer shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import inputs
from appliance.core.audio.scale import db_of, percent_of
from appliance.core.model import (
    Action,
    AudioSettings,
    ButtonId,
    ButtonSettings,
    Level,
    Levels,
    MixerLevel,
    Picture,
    Runtime,
    State,
)
from appliance.core.panel import indications
from tests.core import sent
from tests.core.station import SETTINGS, Station, ready

PHONE = AudioSettings("plughw:CARD=usbphone", "plughw:CARD=usbphone", max_volume=80.0)
SPEAKER = MixerLevel("usbphone", "USB headset", "PCM", 50.0, -14.0, -45.0, 0.0, muted=False)
MICROPHONE = MixerLevel("usbphone", "USB headset", "Mic", 40.0, 4.0, -16.0, 30.0, muted=False)


def station(audio=PHONE, speaker=SPEAKER, microphone=MICROPHONE):
    made = Station(State(replace(SETTINGS, audio=audio), now=100.0))
    return made.give(inputs.LevelsRead, speaker=speaker, microphone=microphone)


def test_the_mixers_levels_are_in_the_snapshot():
    shown = sent.snapshot(station().state, 0.0)["audio"]
    assert shown["speaker"] == {
        "pcm": "plughw:CARD=usbphone",
        "card": "usbphone",
        "profile": "USB headset",
        "element": "PCM",
        "percent": 50.0,
        "limit": 80.0,
        "db": -14.0,
        "min_db": -45.0,
        "max_db": 0.0,
        "muted": False,
    }
    assert shown["microphone"]["element"] == "Mic"


def test_a_level_that_a_client_sets_is_desired_and_kept():
    made = station()
    assert made.ask(inputs.ChangeAudio(volume=70.0, gain_db=30.0)).error is None
    sound = made.desired.sound
    assert (sound.volume.percent, sound.gain.percent) == (70.0, 100.0)
    assert made.desired.kept.changed.levels.speaker.percent == 70.0


def test_a_level_stays_when_another_run_time_setting_changes():
    made = station()
    made.ask(inputs.ChangeAudio(volume=70.0))
    assert made.ask(inputs.ChangeRuntime(do_not_disturb=True)).error is None
    assert made.desired.sound.volume.percent == 70.0
    assert made.desired.kept.changed.levels.speaker.percent == 70.0


def test_a_side_that_a_client_mutes_is_muted_and_the_other_is_left_alone():
    made = station()
    assert made.ask(inputs.ChangeAudio(microphone_muted=True)).error is None
    sound = made.desired.sound
    assert (sound.gain.muted, sound.volume.muted) == (True, None)


def test_a_level_that_the_mixer_shows_already_changes_nothing():
    made = station()
    made.ask(inputs.ChangeAudio(volume=50.0))
    assert made.ask(inputs.ChangeAudio(volume=50.0)).warning == "The card has these levels already."


def test_a_level_that_another_program_has_changed_is_set_again():
    made = station()
    made.ask(inputs.ChangeAudio(volume=50.0))
    before = made.desired.sound
    made.give(inputs.LevelsRead, speaker=replace(SPEAKER, percent=10.0), microphone=MICROPHONE)
    assert made.desired.sound == before
    assert made.ask(inputs.ChangeAudio(volume=50.0)).warning == ""
    assert made.desired.sound != before


@pytest.mark.parametrize(
    ("action", "code", "cause"),
    [
        ({"volume": 81.0}, ErrorCode.PARAMETER_INVALID, "The limit is 80 % (audio.max_volume)."),
        ({"volume_db": 0.0}, ErrorCode.PARAMETER_INVALID, "The limit is 80 % (audio.max_volume)."),
        ({"gain_db": 31.0}, ErrorCode.PARAMETER_INVALID, "The card has -16 to 30 dB."),
        ({"gain": 50.0, "gain_db": 4.0}, ErrorCode.PARAMETER_INVALID, "It is 50 % and 4 dB."),
    ],
)
def test_a_level_beyond_its_limits_or_of_two_kinds_is_refused_with_the_reason(action, code, cause):
    error = station().ask(inputs.ChangeAudio(**action)).error
    assert (error.code, error.cause) == (code, cause)


@pytest.mark.parametrize(
    ("audio", "level", "action", "said"),
    [
        (AudioSettings("null", "null"), None, {"volume": 5.0}, "None is configured."),
        (PHONE, MixerLevel("usbphone"), {"volume": 5.0}, "The mixer of the card usbphone has no element for it."),
        (PHONE, replace(SPEAKER, muted=None), {"speaker_muted": True}, "The element PCM of the card usbphone has no"),
        (PHONE, replace(SPEAKER, min_db=None, max_db=None, db=None), {"volume_db": -3.0}, "The card gives none"),
    ],
)
def test_what_a_card_cannot_do_is_refused_with_the_reason(audio, level, action, said):
    error = station(audio, level).ask(inputs.ChangeAudio(**action)).error
    assert error.code is ErrorCode.AUDIO_UNAVAILABLE
    assert said in error.cause
    assert error.resolution


def test_a_level_for_a_card_that_is_away_waits_for_it():
    made = station(speaker=None)
    assert made.ask(inputs.ChangeAudio(volume=30.0)).error is None
    assert made.desired.sound.volume.percent == 30.0


def test_a_configured_level_is_desired_within_the_limit():
    settings = replace(SETTINGS, audio=PHONE, runtime=Runtime(levels=Levels(Level(95.0))))
    assert Station(State(settings, now=100.0)).desired.sound.volume.percent == 80.0


def test_a_level_that_changes_is_reported_and_one_of_a_card_that_comes_is_not():
    made = station(speaker=None)
    made.give(inputs.LevelsRead, speaker=SPEAKER, microphone=MICROPHONE)
    assert "audio.settings_changed" not in made.types()
    made.give(inputs.LevelsRead, speaker=replace(SPEAKER, muted=True), microphone=MICROPHONE)
    event = made.told[-1]
    assert (event.TYPE, event.volume, event.volume_db, event.speaker_muted) == (
        "audio.settings_changed",
        50.0,
        -14.0,
        True,
    )
    assert (event.gain, event.gain_db, event.microphone_muted) == (40.0, 4.0, False)


def heard(made):
    return [event.active for event in made.told if event.TYPE == "audio.microphone_changed"]


def test_the_microphone_is_reported_while_somebody_hears_it():
    made = ready()
    made.talking()
    assert heard(made) == [True]
    made.press("hangup")
    assert heard(made) == [True, False]


@pytest.mark.parametrize(
    "fault",
    [
        (inputs.LevelsRead, {"speaker": None, "microphone": replace(MICROPHONE, muted=True)}),
        (inputs.PartFailed, {"part": "audio", "why": "The card was lost", "resolution": "Plug it in."}),
    ],
    ids=["muted", "lost"],
)
def test_a_microphone_that_is_muted_or_lost_is_heard_by_nobody_and_the_lamp_shows_it(fault):
    made = ready()
    made.talking()
    assert Picture.SPEAK in indications.pictures(made.state)
    kind, given_ = fault
    made.give(kind, **given_)
    assert heard(made) == [True, False]
    assert Picture.SPEAK not in indications.pictures(made.state)


def pressed(made, *buttons):
    for button in buttons:
        made.press(button)
    return made.desired.sound.volume


def panel(**changes):
    buttons = (ButtonSettings(ButtonId("up"), Action.VOLUME_UP), ButtonSettings(ButtonId("down"), Action.VOLUME_DOWN))
    settings = replace(SETTINGS, buttons=buttons, **{"audio": PHONE, **changes})
    return Station(State(settings, now=100.0))


def test_two_buttons_change_the_volume_by_steps_up_to_the_limit_and_down_to_zero():
    made = panel().give(inputs.LevelsRead, speaker=replace(SPEAKER, percent=48.7), microphone=MICROPHONE)
    assert pressed(made, "up").percent == 60.0
    assert pressed(made, "up", "up", "up").percent == 80.0
    assert pressed(made, "down").percent == 70.0
    assert pressed(made, *["down"] * 9).percent == 0.0
    assert pressed(made, "up") == Level(10.0, muted=False, change=made.state.runtime.levels.speaker.change)
    assert "error" not in made.types()


def test_a_button_for_the_volume_of_no_speaker_shows_the_error():
    made = panel(audio=AudioSettings("null", "null"))
    made.press("up")
    (error,) = (event for event in made.told if event.TYPE == "error")
    assert (error.code, error.operation) == (ErrorCode.AUDIO_UNAVAILABLE, "button up: volume_up")


RANGES = st.tuples(st.floats(-100, 20), st.floats(1, 110)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(RANGES, st.floats(0, 100))
def test_per_cent_and_decibels_are_one_scale(ends, percent):
    low, high = ends
    db = db_of(percent, low, high)
    assert low - 0.01 <= db <= high + 0.01
    assert percent_of(db, low, high) == pytest.approx(percent, abs=1.5)


def test_the_scale_is_that_of_alsamixer():
    assert (db_of(0, -51, 0), db_of(100, -51, 0)) == (-51, 0)
    assert db_of(50, -100, 0) == pytest.approx(-17.5, abs=0.1)
    assert db_of(50, -12, 0) == -6
