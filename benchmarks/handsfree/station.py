"""A whole station in a room of the scenes, by benchmarks/handsfree/whole.py."""

import subprocess
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from benchmarks.handsfree import scores
from benchmarks.handsfree.samples import write
from benchmarks.handsfree.scenes import QUIET_DB, SPEECH_DB, Scene, room, turns
from benchmarks.handsfree.signals import PAIRS, RATE, at, level, street, voice
from benchmarks.handsfree.speech import FINE, converted, read

SECONDS = 24
LEARNT_S = 5.0  # of a call, in which a canceller learns the room
RT60_S = 0.4
KINDS = (
    ("caller alone", "caller", 0.0, None),
    ("in turns, echo -10 dB", "turns", -10.0, None),
    ("in turns, echo +0 dB", "turns", 0.0, None),
    ("in turns, echo +10 dB", "turns", 10.0, None),
    ("both at once, echo +0 dB", "both", 0.0, None),
    ("visitor alone, quiet", "visitor", 0.0, None),
    ("visitor alone, street 20 dB below", "visitor", 0.0, 20.0),
    ("visitor alone, street 10 dB below", "visitor", 0.0, 10.0),
)
"""Of each scene: its name, who speaks, the echo's level against the visitor's, and the street's below it, in dB."""
HEAD = """
## A whole station

One of these rooms (RT60 {rt60} s) around a station that runs: an ALSA PCM of a sound server, the station's own sound
threads and canceller, and a call by Opus. What the caller hears from 5 s on is scored. The echo's level is that against
the visitor's voice.

| scene | score | station |
|---|---|--:|
"""


def prepared(directory: Path, voices: Path, who: str, echo_db: float, noise_db: float | None) -> None:
    """Write what the caller says, the visitor, the noise and the room."""
    count = SECONDS * RATE
    caller, visitor = (np.resize(voice(voices, name), count) for name in PAIRS[0])
    caller = at(caller, SPEECH_DB)
    if who == "turns":
        caller = caller * turns(count, first=True)
    from_speaker, from_visitor = room(RT60_S)
    small = sosfilt(butter(2, 250, "highpass", fs=RATE, output="sos"), from_speaker)
    echo = fftconvolve(caller, small)[:count]
    near = at(fftconvolve(visitor, from_visitor)[:count], SPEECH_DB)
    noise = at(np.random.default_rng(0).standard_normal(count), QUIET_DB)
    if noise_db is not None:
        noise = noise + at(street(SECONDS, 0), SPEECH_DB - noise_db)
    write(directory / "caller.wav", converted(caller * (who != "visitor"), RATE, FINE), FINE)
    write(directory / "visitor.wav", near, RATE)
    write(directory / "noise.wav", noise, RATE)
    write(directory / "room.wav", small * 10 ** ((SPEECH_DB + echo_db - level(echo)) / 20), RATE)


def scored(directory: Path, who: str) -> dict[str, float]:
    """What the caller heard, against what was in the room."""
    speaker, near, microphone, heard = (
        read(directory / f"{name}.wav") for name in ("speaker", "near", "microphone", "heard")
    )
    late = scores.delay(heard, near)
    begin, end = int(LEARNT_S * RATE), min(len(near), len(heard) - late)
    visitor = near[begin:end]
    scene = Scene("", "", speaker[begin:end], microphone[begin:end], near=visitor, calm=visitor, schedule="")
    out = heard[begin + late : end + late]
    if who == "visitor":
        return {"PESQ": scores.voice_pesq(scene, out), "STOI": scores.voice_stoi(scene, out)}
    echo, other = scores.echo_mos(scene, out, who)
    return {"ERLE": scores.erle(scene, out, 0), "echo": echo} if who == "caller" else {"echo": echo, "other": other}


def measured(voices: Path, python: Path, kept: Path) -> str:
    """Make the calls, with a station's Python; the section of the document."""
    lines = []
    for group, who, echo_db, noise_db in KINDS:
        directory = kept / f"station, {group}"
        directory.mkdir(exist_ok=True)
        prepared(directory, voices, who, echo_db, noise_db)
        subprocess.run([python, "-m", "benchmarks.handsfree.whole", directory, str(SECONDS), who], check=True)
        lines += [f"| {group} | {score} | {value:.2f} |\n" for score, value in scored(directory, who).items()]
    return HEAD.format(rt60=RT60_S) + "".join(lines)
