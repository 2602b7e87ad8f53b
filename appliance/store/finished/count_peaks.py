"""A program: prints the waveform of a recording as JSON, in the form of BBC's audiowaveform (version 2, 8 bits).

Started as one file, on the standard library alone: `python -I -S count_peaks.py FILE SECONDS`. It reads Opus files by
opusdec (opus-tools), which does not say how long they are.
"""

import json
import os
import subprocess
import sys
import wave
from array import array
from math import ceil
from typing import IO, cast

POINTS = 1000  # more than a page is wide
LOOKED_AT = 16_000_000  # samples: of a longer recording each second, third, … one, so that the work has a bound
BITS, SAMPLE_BYTES = 8, 2
RATE_HZ = 16_000  # of what opusdec gives
ROUNDED_S = 0.001  # as seconds are


def waveform(sound: wave.Wave_read, frames: int) -> dict[str, object]:
    """The lowest and the highest value of each part of so many frames, of all channels together."""
    channels = sound.getnchannels()
    if sound.getsampwidth() != SAMPLE_BYTES:
        raise ValueError("Its samples have not 16 bits.")
    each = max(1, -(-frames // POINTS))
    step = frames * channels // LOOKED_AT + 1
    step += step > 1 and step % 2 == 0  # odd, so that it meets both channels
    data: list[int] = []
    while part := sound.readframes(each):
        samples = array("h", part)
        if sys.byteorder == "big":
            samples.byteswap()
        some = samples[::step]
        data += (min(some) >> BITS, max(some) >> BITS)
    return {
        "version": 2,
        "channels": 1,
        "sample_rate": sound.getframerate(),
        "samples_per_pixel": each,
        "bits": BITS,
        "length": len(data) // 2,
        "data": data,
    }


def main(path: str, seconds: float) -> int:
    """Print the waveform of a file, which is not a link. Raises OSError, EOFError, ValueError and wave.Error."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        if not path.endswith(".opus"):
            with wave.open(file) as sound:
                return show(waveform(sound, sound.getnframes()))
        words = ("opusdec", "--quiet", "--force-wav", "--rate", str(RATE_HZ), "-", "-")
        with (
            subprocess.Popen(words, stdin=file, stdout=subprocess.PIPE) as decoder,
            wave.open(cast("IO[bytes]", decoder.stdout)) as sound,
        ):
            return show(waveform(sound, ceil((seconds + ROUNDED_S) * RATE_HZ))) or decoder.wait()


def show(made: dict[str, object]) -> int:
    """Print a waveform; the exit status."""
    sys.stdout.write(json.dumps(made, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
