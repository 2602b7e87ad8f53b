"""Sound as 16-bit samples and as WAV files; needs numpy only, which a station's environment has as well."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]  # between -1 and 1


def pcm(sound: Sound) -> bytes:
    """16-bit samples."""
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def sound(samples: bytes) -> Sound:
    """From 16-bit samples."""
    return np.frombuffer(samples, "<i2") / 32768


def read(file: Path, channel: int = 0) -> tuple[Sound, int]:
    """One channel of a WAV file, and its rate in Hz."""
    with wave.open(str(file)) as opened:
        samples = sound(opened.readframes(opened.getnframes()))
        return samples[channel :: opened.getnchannels()], opened.getframerate()


def write(file: Path, sound: Sound, rate: int) -> None:
    """A WAV file of one channel."""
    with wave.open(str(file), "wb") as opened:
        opened.setparams((1, 2, rate, 0, "NONE", ""))
        opened.writeframes(pcm(sound))
