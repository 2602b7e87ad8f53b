"""Digits as sound (ITU-T Q.23), as good and as bad as they come, and an ear for them."""

import itertools
import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np

RATE = 8000
DIGITS = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
FULL_DBM0 = 3.14  # of a sine as large as can be (ITU-T G.711, A-law)
HEARS = Path(__file__).with_name("hears.py")
FAR = (8, 4, -36)


def amplitude(dbm0):
    return 32767 * 10 ** ((dbm0 - FULL_DBM0) / 20)


def silence(ms, rate=RATE):
    return np.zeros(round(ms * rate / 1000))


def digit(which, ms=50, level=-10.0, *, twist=0.0, shift=0.0, rate=RATE):
    """Both tones at `level` dBm0, the higher one weaker by `twist` dB; their frequencies off by the part `shift`."""
    row, column = divmod(DIGITS.index(which), 4)
    at = np.arange(round(ms * rate / 1000)) * 2 * np.pi * (1 + shift) / rate
    return amplitude(level) * np.sin(LOW[row] * at) + amplitude(level - twist) * np.sin(HIGH[column] * at)


def typed(digits, ms=50, pause_ms=50, **how):
    """One after another, with a pause before each and a longer one at the end."""
    parts = itertools.chain.from_iterable(
        (silence(pause_ms, how.get("rate", RATE)), digit(each, ms, **how)) for each in digits
    )
    return np.concatenate([*parts, silence(100, how.get("rate", RATE))])


def noise(samples, dbm0, seed=1):
    """The same, and white noise of that power."""
    power = amplitude(dbm0) / np.sqrt(2)
    return samples + np.random.default_rng(seed).normal(0, power, len(samples))


def pcm(samples):
    return np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes()


def heard(samples, listening=FAR):
    """The detector's output: digit, begin and end in samples."""
    words = [sys.executable, str(HEARS), *map(str, listening)]
    done = subprocess.run(words, input=pcm(samples), capture_output=True, check=True, timeout=300)
    return [tuple(each) for each in json.loads(done.stdout)]


def digits(samples, listening=FAR):
    """Those that have ended, in one word."""
    return "".join(each for each, _, end in heard(samples, listening) if end)


def file(path, samples, rate=RATE, channels=1):
    """A WAV of them; those of several channels take turns."""
    with wave.open(str(path), "wb") as written:
        written.setparams((channels, 2, rate, 0, "NONE", ""))
        written.writeframes(pcm(samples))
    return str(path)
