"""The digital gain of the microphone on samples: the C code of the patch, compiled alone."""

import ctypes

import numpy as np
import pytest

from tests.audio.patched import compiled

RATE, FRAME = 16000, 320
LIMIT = 29204


@pytest.fixture(scope="module")
def limiter(tmp_path_factory):
    """The function of the patch."""
    begin = "static void amplify(int *kept, unsigned adj_level, pj_int16_t *frm,"
    return compiled(tmp_path_factory.mktemp("limiter"), "gain-limited.patch", "limiter.c", begin)


def amplified(limiter, samples, db):
    """The samples with that gain, frame by frame."""
    level = round(128 * 10 ** (db / 20))
    limiter.begin(level)
    out = np.round(samples).astype("<i2").reshape(-1, FRAME).copy()
    for frame in out:
        limiter.amplified(level, frame.ctypes.data_as(ctypes.c_void_p), FRAME)
    return out.reshape(-1).astype(float)


def tone(seconds, amplitude, hertz=500):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


@pytest.mark.parametrize("db", [6.0, 12.0, 24.0])
def test_a_quiet_voice_is_louder_by_that(limiter, db):
    quiet = tone(1, 1000)
    gain = 20 * np.log10(np.std(amplified(limiter, quiet, db)) / np.std(quiet))
    assert gain == pytest.approx(db, abs=0.1)


@pytest.mark.parametrize("db", [6.0, 12.0, 24.0])
@pytest.mark.parametrize("begins", [0, 7, 100, 319])
def test_a_loud_voice_is_limited_and_not_clipped(limiter, db, begins):
    """From the middle of a frame on; a full-scale square is the loudest of all."""
    quiet, loud = tone(0.5, 500)[: 25 * FRAME - FRAME + begins], tone(1, 32000)
    samples = np.concatenate([quiet, loud])
    samples = samples[: len(samples) // FRAME * FRAME]
    out = amplified(limiter, samples, db)
    late = len(quiet) + 16  # of samples that the gain takes to fall
    assert np.abs(out[late:]).max() <= LIMIT
    steady = out[len(quiet) + RATE // 4 :][: RATE // 2]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady))))
    at = np.arange(len(spectrum)) * RATE / len(steady)
    distortion = np.sqrt(np.sum(spectrum[np.abs(at - 500) > 50] ** 2) / np.sum(spectrum**2))
    assert 20 * np.log10(distortion) < -60  # clipped, it would be -10


def test_the_gain_is_back_a_second_after_a_loud_sound(limiter):
    loud, quiet = tone(0.2, 32000), tone(1.5, 1000)
    out = amplified(limiter, np.concatenate([loud, quiet]), 12.0)
    after = np.array([np.std(each) for each in out[len(loud) :].reshape(-1, FRAME)]) / np.std(tone(0.02, 1000))
    assert after[0] < 1.2
    assert after[25] > 2
    assert after[51:] == pytest.approx(10 ** (12 / 20), rel=0.02)


def test_nothing_exceeds_full_scale_for_any_samples(limiter):
    random = np.random.default_rng(7)
    samples = np.concatenate(
        [random.integers(-32768, 32768, FRAME) * random.choice([0.001, 0.1, 1]) for _ in range(300)]
    )
    for db in (1.0, 24.0):
        out = amplified(limiter, samples, db)
        assert np.all(
            (out == 0) | (np.sign(out) == np.sign(np.round(samples)))
        )  # a sum that overflows has another sign
