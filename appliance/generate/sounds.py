"""The built-in sounds: WAV files of sums of decaying partials."""

import io
import struct
import wave
from collections.abc import Iterator
from math import exp, pi, sin
from typing import NamedTuple

RATE = 16000
PEAK = 16000  # of 32767: as loud as speech
RISE_S, FALL_S = 0.004, 0.02  # without a click at either end


class Note(NamedTuple):
    """A partial: when it begins, how high it is and how loud, and the time in which it loses 63 % of its amplitude."""

    at_s: float
    hertz: float
    loud: float
    decay_s: float


def bell(at_s: float, hertz: float, decay_s: float) -> list[Note]:
    """A note of a struck bar: its higher partials decay sooner."""
    return [Note(at_s, hertz * ratio, 1 / ratio, decay_s / ratio) for ratio in (1.0, 2.0, 4.0)]


def knocks(*times_s: float) -> list[Note]:
    """A knuckle on wood."""
    return [
        Note(at_s, hertz, loud, decay_s)
        for at_s in times_s
        for hertz, loud, decay_s in ((190.0, 1.0, 0.03), (430.0, 0.7, 0.015), (1150.0, 0.4, 0.006))
    ]


# By name: how long, and of which partials. A small speaker plays little below 300 Hz.
SOUNDS = {
    "attention": (1.1, [*bell(0.0, 523.0, 0.25), *bell(0.16, 659.0, 0.25), *bell(0.32, 784.0, 0.35)]),
    "chime": (1.6, [*bell(0.0, 659.0, 0.45), *bell(0.5, 523.0, 0.5)]),
    "error": (0.7, [*bell(0.0, 392.0, 0.15), *bell(0.25, 311.0, 0.25)]),
    "gong": (
        2.0,
        [
            *(Note(0.0, 220.0, 0.8, 0.9), Note(0.0, 352.0, 1.0, 0.7), Note(0.0, 477.0, 0.6, 0.5)),
            *(Note(0.0, 655.0, 0.5, 0.35), Note(0.0, 911.0, 0.3, 0.2)),
        ],
    ),
    "knock": (0.8, knocks(0.0, 0.2, 0.4)),
    "ok": (0.5, [*bell(0.0, 784.0, 0.12), *bell(0.12, 1047.0, 0.18)]),
}


def wav(name: str) -> bytes:
    """The file of a built-in sound: 16 bit, mono."""
    samples = list(_samples(*SOUNDS[name]))
    scale = PEAK / max(abs(sample) for sample in samples)
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *(round(sample * scale) for sample in samples)))
    return made.getvalue()


def _samples(seconds: float, notes: list[Note]) -> Iterator[float]:
    for number in range(round(seconds * RATE)):
        now = number / RATE
        yield min(1.0, (seconds - now) / FALL_S) * sum(_sample(note, now - note.at_s) for note in notes)


def _sample(note: Note, since_s: float) -> float:
    if since_s < 0:
        return 0.0
    return note.loud * min(1.0, since_s / RISE_S) * exp(-since_s / note.decay_s) * sin(2 * pi * note.hertz * since_s)
