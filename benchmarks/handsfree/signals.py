"""Voices and noises, as float arrays of 16 kHz mono between -1 and 1."""

from functools import cache
from pathlib import Path

import av
import numpy as np
from scipy.signal import butter, sosfilt

from benchmarks.handsfree.samples import Sound

RATE = 16000

VOICES = ("en_US_f_Allison", "ru_RU_f_IvrvoiceRU", "it_IT_m_Carlo", "fr_CA_f_June")
PAIRS = tuple((VOICES[place], VOICES[place - step]) for step in (2, 1, 3) for place in range(len(VOICES)))
"""Caller and visitor: each voice with each other one."""
TEXT = "demo-instruct.g722"  # a minute of connected speech, in each language


EN_1793_3 = (
    (100, -20, -19.1),
    (125, -20, -16.1),
    (160, -18, -13.4),
    (200, -16, -10.9),
    (250, -15, -8.6),
    (315, -14, -6.6),
    (400, -13, -4.8),
    (500, -12, -3.2),
    (630, -11, -1.9),
    (800, -9, -0.8),
    (1000, -8, 0.0),
    (1250, -9, 0.6),
    (1600, -10, 1.0),
    (2000, -11, 1.2),
    (2500, -13, 1.3),
    (3150, -15, 1.2),
    (4000, -16, 1.0),
    (5000, -18, 0.5),
)
"""Of each third of an octave: its middle in Hz, its A-weighted level in dB, and the A-weighting in dB (IEC 61672)."""

LOWEST_HZ = 20


@cache
def voice(directory: Path, name: str) -> Sound:
    """A recorded speaker of Asterisk's prompts (CC BY-SA 3.0), which are wideband as G.722."""
    with av.open(directory / name / TEXT, format="g722") as file:
        samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])
    return samples / 32768


def level(sound: Sound) -> float:
    """The loudness of what is not silence, in dB: the mean power of the frames that are within 30 dB of the loudest."""
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    return float(10 * np.log10(np.mean(power[power > np.max(power) / 1000]) + 1e-12))


def at(sound: Sound, decibel: float) -> Sound:
    """The sound with that level."""
    return sound * 10 ** ((decibel - level(sound)) / 20)


def street(seconds: float, seed: int) -> Sound:
    """Traffic: brown rumble, and cars that pass."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE)
    rumble = sosfilt(butter(2, [40, 300], "bandpass", fs=RATE, output="sos"), random.standard_normal(count))
    hiss = sosfilt(butter(1, [300, 3000], "bandpass", fs=RATE, output="sos"), random.standard_normal(count))
    time = np.arange(count) / RATE
    passing = np.arange(random.uniform(0, 3), seconds, 4.0)
    cars = np.sum(np.exp(-(((time[:, np.newaxis] - passing) / 1.2) ** 2)), axis=1)
    return at(rumble / np.std(rumble) + (0.15 + 0.5 * cars) * hiss / np.std(hiss), 0)


def traffic(seconds: float, seed: int) -> Sound:
    """A busy road that is steadily as loud: the normalised traffic noise of EN 1793-3, without its A-weighting."""
    white = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    hertz = np.fft.rfftfreq(len(white), 1 / RATE)
    bands, weighted, weighting = np.array(EN_1793_3).T
    density = weighted - weighting - 10 * np.log10(bands)  # a band's width is a fixed part of its frequency
    gains = np.interp(np.log(np.maximum(hertz, 1)), np.log(bands), density, left=-200, right=-200)
    return at(np.fft.irfft(np.fft.rfft(white) * 10 ** (gains / 20), len(white)), 0)


def distant(seconds: float, seed: int) -> Sound:
    """A street some way off, of which air and walls have left the low sounds: brown noise from 20 Hz on."""
    white = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    hertz = np.fft.rfftfreq(len(white), 1 / RATE)
    gains = np.divide(1.0, hertz, out=np.zeros_like(hertz), where=hertz >= LOWEST_HZ)
    return at(np.fft.irfft(np.fft.rfft(white) * gains, len(white)), 0)


def hum(seconds: float, _seed: int) -> Sound:
    """Mains: 50 Hz and its odd harmonics."""
    time = np.arange(int(seconds * RATE)) / RATE
    orders = np.array([1, 3, 5, 7])
    return at(np.sum(np.sin(2 * np.pi * 50 * np.outer(time, orders)) / orders, axis=1), 0)
