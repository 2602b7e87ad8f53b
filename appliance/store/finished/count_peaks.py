"""A program: prints the waveform of a WAV file as JSON, in the form of BBC's audiowaveform (version 2, 8 bits).

Started as one file, on the standard library alone: `python -I -S count_peaks.py FILE`.
"""

import json
import os
import sys
import wave
from array import array

POINTS = 1000  # more than a page is wide
LOOKED_AT = 16_000_000  # samples: of a longer recording each second, third, … one, so that the work has a bound
BITS, SAMPLE_BYTES = 8, 2


def waveform(sound: wave.Wave_read) -> dict[str, object]:
    """The lowest and the highest value of each part, of all channels together."""
    frames, channels = sound.getnframes(), sound.getnchannels()
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


def main(path: str) -> None:
    """Print the waveform of a file, which is not a link. Raises OSError, EOFError, ValueError and wave.Error."""
    with (
        os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file,
        wave.open(file) as sound,
    ):
        sys.stdout.write(json.dumps(waveform(sound), separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1])
