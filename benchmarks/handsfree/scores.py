"""How good the result is: AECMOS (speechmos), ERLE, PESQ and STOI."""

import numpy as np
from pesq import pesq
from pystoi import stoi
from scipy.signal import fftconvolve
from speechmos import aecmos

from benchmarks.handsfree.samples import Sound
from benchmarks.handsfree.scenes import Scene
from benchmarks.handsfree.signals import RATE

KINDS = {"caller": "st", "visitor": "nst", "turns": "dt", "both": "dt"}


def delay(heard: Sound, said: Sound) -> int:
    """By how many samples one sound is late in another; less than 0 where its beginning is missing."""
    return int(np.argmax(fftconvolve(heard, said[::-1]))) - len(said) + 1


def erle(scene: Scene, out: Sound, begin_s: float = 3, end_s: float | None = None) -> float:
    """How much of the echo is gone, in dB, between two moments, where the caller alone speaks."""
    part = slice(int(begin_s * RATE), None if end_s is None else int(end_s * RATE))
    before, after = scene.microphone[: len(out)][part], out[part]
    return float(10 * np.log10((np.mean(before**2) + 1e-12) / (np.mean(after**2) + 1e-12)))


def echo_mos(scene: Scene, out: Sound, kind: str, begin_s: float = 0) -> tuple[float, float]:
    """AECMOS: of the echo, and of everything else; 5 is best."""
    count, begin = len(out), int(begin_s * RATE)
    sides = (scene.reference[:count], scene.microphone[:count], out)
    lpb, mic, enh = (np.clip(side[begin:], -1, 1).astype(np.float32) for side in sides)
    result = aecmos.run({"lpb": lpb, "mic": mic, "enh": enh}, RATE, KINDS[kind])
    return float(result["echo_mos"]), float(result["deg_mos"])


def voice_pesq(scene: Scene, out: Sound) -> float:
    """PESQ, wideband (ITU-T P.862.2), of the visitor's voice against what of it reached the microphone."""
    return float(pesq(RATE, scene.near[: len(out)], out, "wb"))


def voice_stoi(scene: Scene, out: Sound) -> float:
    """STOI of the same, 0 to 1: how much of it is understood. Unlike PESQ it does not find the engine's delay."""
    near = scene.near[: len(out)]
    late = max(delay(out, near), 0)
    return float(stoi(near[: len(near) - late], out[late:], RATE))
