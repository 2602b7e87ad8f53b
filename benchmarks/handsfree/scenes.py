"""What the speaker plays and what the microphone picks up, by a model of the door phone's place.

The speaker is small (no bass, limited at loud sounds); speaker and microphone stand 8 cm apart at a wall; the visitor
speaks from 0.6 m; the room is made by pyroomacoustics' image sources.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pyroomacoustics as pra
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from benchmarks.handsfree.samples import Sound
from benchmarks.handsfree.signals import PAIRS, RATE, at, distant, hum, street, traffic, voice

FRAME = RATE // 50  # 20 ms, as the station's sound card takes
SPEECH_DB = -24.0  # of the visitor at the microphone, and of the caller's voice to the speaker
TURN_S = 5
QUIET_DB = -75.0  # noise of the microphone itself
STALL_S = 10  # when the card's thread stands still, in a scene with a stall
NOISES = {"street": street, "traffic": traffic, "distant": distant, "hum": hum}


@dataclass(frozen=True)
class Scene:
    """reference: what the speaker is given. microphone: what comes back. near: the visitor's part of that.

    calm: microphone without the echo.
    schedule: for each call of the sound thread, "p" (20 ms were played) or "c" (20 ms were captured).
    """

    name: str
    group: str
    reference: Sound
    microphone: Sound
    near: Sound
    calm: Sound
    schedule: str


@cache
def room(rt60_s: float) -> tuple[Sound, Sound]:
    """Impulse responses to the microphone: of the speaker, and of the visitor."""
    size = (4.0, 3.0, 2.6)
    absorption, order = pra.inverse_sabine(rt60_s, size)
    place = pra.ShoeBox(size, fs=RATE, materials=pra.Material(absorption), max_order=min(order, 40))
    place.add_source((2.0, 0.05, 1.40))
    place.add_source((2.1, 0.65, 1.55))
    place.add_microphone((2.0, 0.05, 1.48))
    place.compute_rir()
    return place.rir[0][0], place.rir[0][1]


def speaker(sound: Sound) -> Sound:
    """What a small speaker makes of it."""
    bass_free = sosfilt(butter(2, 250, "highpass", fs=RATE, output="sos"), sound)
    return cast("Sound", np.tanh(1.5 * bass_free) / 1.5)


def drifted(sound: Sound, ppm: float) -> Sound:
    """As a card records it whose clock is that much faster."""
    if not ppm:
        return sound
    places = np.arange(int(len(sound) * (1 + ppm / 1e6))) / (1 + ppm / 1e6)
    fine = resample_poly(sound, 4, 1)
    return cast("Sound", np.interp(places * 4, np.arange(len(fine)), fine))


def lockstep(frames: int, ahead: int = 2) -> str:
    """The card's thread: some frames are played before the first is captured; then in turns."""
    return "p" * ahead + "cp" * (frames - ahead) + "c" * ahead


def stalled(echo: Sound, at_s: float, stall_s: float) -> Sound:
    """The card's thread stands still once: the speaker is silent, and its buffer holds a frame more from then on."""
    begin, silent = int(at_s * RATE), int(stall_s * RATE)
    later = np.concatenate([echo[:begin], np.zeros(FRAME), echo[begin:]])[: len(echo)]
    later[begin : begin + silent] = 0
    return later


def silence_known(sound: Sound, schedule: str, at_s: float) -> tuple[Sound, str]:
    """After a stall the device passes on the silence that its card has played, once it has the next frame to play."""
    frames = int(at_s * RATE) // FRAME + 1
    place, played = FRAME * frames, 2 * frames - schedule.index("c")
    return (
        np.concatenate([sound[:place], np.zeros(FRAME), sound[place:]]),
        schedule[:played] + "p" + schedule[played:],
    )


def turns(count: int, *, first: bool) -> Sound:
    """1 while it is the turn of who speaks first, or of the other: 5 s each."""
    time = np.arange(count) / RATE
    return np.asarray((time // TURN_S % 2 == 0) == first, dtype=float)


@dataclass(frozen=True)
class Recipe:
    """A scene to be made.

    first: who begins, in turns. echo_db: the echo's level against the visitor's. noise_db: the noise's below that.
    seed: chooses the voices and the noise.
    """

    group: str
    who: str  # caller, visitor, turns, both
    first: str = "visitor"
    rt60_s: float = 0.4
    delay_ms: int = 60
    echo_db: float = 0.0
    noise_db: float | None = None
    noise: str = "street"
    clip: bool = False
    ppm: float = 0.0
    stall_ms: int = 0
    seconds: float = 19.8
    seed: int = 0

    @property
    def name(self) -> str:
        """In a few words."""
        parts = [f"RT60 {self.rt60_s} s", f"{self.delay_ms} ms", f"echo {self.echo_db:+.0f} dB"]
        if self.noise_db is not None:
            parts.append(f"{self.noise} {self.noise_db:.0f} dB below")
        parts += [word for word, on in (("clipped", self.clip), (f"{self.ppm:+.0f} ppm", self.ppm)) if on]
        if self.stall_ms:
            parts.append(f"stall of {self.stall_ms} ms at {STALL_S} s")
        return ", ".join(parts)


def made(recipe: Recipe, voices: Path) -> Scene:
    """The scene of a recipe."""
    count = int(recipe.seconds * RATE) // FRAME * FRAME
    far, visitor = (np.resize(at(voice(voices, name), SPEECH_DB), count) for name in PAIRS[recipe.seed])
    from_speaker, from_visitor = room(recipe.rt60_s)
    near = at(fftconvolve(visitor, from_visitor)[:count], SPEECH_DB)
    if recipe.who == "turns":
        by_caller = recipe.first == "caller"
        far, near = far * turns(count, first=by_caller), near * turns(count, first=not by_caller)
    reference = np.zeros(count) if recipe.who == "visitor" else far
    near = np.zeros(count) if recipe.who == "caller" else near
    echo = fftconvolve(speaker(reference), from_speaker)[:count]
    if recipe.who != "visitor":
        echo = at(echo, SPEECH_DB + recipe.echo_db)
    echo = np.concatenate([np.zeros(recipe.delay_ms * RATE // 1000), echo])
    echo = np.resize(drifted(echo, recipe.ppm), count)
    if recipe.stall_ms:
        echo = stalled(echo, STALL_S, recipe.stall_ms / 1000)
    noise = at(np.random.default_rng(recipe.seed).standard_normal(count), QUIET_DB)
    if recipe.noise_db is not None:
        sound = NOISES[recipe.noise](recipe.seconds, recipe.seed)
        noise = noise + at(np.resize(sound, count), SPEECH_DB - recipe.noise_db)
    microphone = near + echo + noise
    if recipe.clip:
        microphone = np.clip(microphone * 4, -0.99, 0.99) / 4
    heard, calm = (np.clip(sound, -1, 1) for sound in (microphone, near + noise))
    schedule = lockstep(count // FRAME)
    if recipe.stall_ms:
        reference, schedule = silence_known(reference, schedule, STALL_S)
    return Scene(recipe.name, recipe.group, reference, heard, near, calm, schedule)
