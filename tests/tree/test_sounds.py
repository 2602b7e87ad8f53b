"""The built-in sounds: files for each name, which neither clip nor click."""

import io
import wave

import numpy as np
import pytest

from appliance.core.model import BUILT_IN_SOUNDS
from appliance.generate import sounds


def test_there_is_a_file_for_each_name():
    assert tuple(sounds.SOUNDS) == BUILT_IN_SOUNDS


@pytest.mark.parametrize("name", BUILT_IN_SOUNDS)
def test_a_sound_is_short_begins_and_ends_in_silence_and_is_as_loud_as_the_others(name):
    with wave.open(io.BytesIO(sounds.wav(name))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, sounds.RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 0.3 < len(samples) / sounds.RATE <= 2.0
    assert np.max(np.abs(samples)) == sounds.PEAK
    assert abs(samples[0]) < 10
    assert abs(samples[-1]) < 10
