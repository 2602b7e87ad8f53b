"""Tones in files and in RTP: made, and found again in what came."""

import math
import struct
import time
import wave
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.support.peers.packets import PATIENCE_S, Packets

Samples = npt.NDArray[np.float64]

AMPLITUDE = 8000
HEARD_DB, ABSENT_DB = -40.0, -60.0
G711_RATE = 8000


def tone(path: Path, hertz: float, rate: int = 16000) -> str:
    """A file with two seconds of it."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        samples = (round(AMPLITUDE * math.sin(2 * math.pi * hertz * n / rate)) for n in range(2 * rate))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return str(path)


def levels_of(samples: Samples, rate: float, *hertz: float) -> list[float]:
    """dB below full scale of each tone."""
    window = np.hanning(len(samples))
    found = []
    for frequency in hertz:
        phase = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
        amplitude = 2 * abs(np.sum(samples * window * phase)) / window.sum()
        found.append(20 * math.log10(max(amplitude, 1e-3) / 32768))
    return found


def from_a_law(data: bytes) -> Samples:
    """Samples of 16 bit of what PCMA carries (ITU-T G.711)."""
    codes = np.frombuffer(data, dtype=np.uint8).astype(np.int32) ^ 0x55
    exponent, mantissa = codes >> 4 & 7, codes & 15
    size = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(codes & 0x80, size, -size).astype(float)


def from_mu_law(data: bytes) -> Samples:
    """Samples of 16 bit of what PCMU carries."""
    codes = ~np.frombuffer(data, dtype=np.uint8).astype(np.int32) & 0xFF
    size = (((codes & 15) << 3) + 0x84 << (codes >> 4 & 7)) - 0x84
    return np.where(codes & 0x80, -size, size).astype(float)


def to_a_law(samples: Samples) -> bytes:
    """The same the other way: of its 256 values the nearest."""
    return _nearest(samples, from_a_law)


def to_mu_law(samples: Samples) -> bytes:
    """The same for PCMU."""
    return _nearest(samples, from_mu_law)


def _nearest(samples: Samples, decoded: Callable[[bytes], Samples]) -> bytes:
    values = decoded(bytes(range(256)))
    order = np.argsort(values)
    places = np.clip(np.searchsorted(values[order], samples), 1, 255)
    below, above = values[order][places - 1], values[order][places]
    return np.where(samples - below < above - samples, order[places - 1], order[places]).astype(np.uint8).tobytes()


def until_levels(far: Packets, fits: Callable[..., bool], *hertz: float) -> None:
    """Wait until the newest half second that came by RTP has such levels of these tones, in dB below full scale."""
    newest: deque[float] = deque(maxlen=G711_RATE // 2)
    end, found = time.monotonic() + PATIENCE_S, list[float]()
    far.rtp.settimeout(PATIENCE_S)
    while time.monotonic() < end:
        packet = far.rtp.recv(2048)
        if packet[1] & 0x7F == 8:  # PCMA
            newest.extend(from_a_law(packet[12:]))
        if len(newest) == newest.maxlen:
            found = levels_of(np.array(newest), G711_RATE, *hertz)
            if fits(*found):
                return
    raise AssertionError(f"{hertz} Hz have {found} dB")


def hears(far: Packets, heard: Sequence[float], absent: Sequence[float], near: float | None = None) -> None:
    """Wait until the newest half second that came by RTP has the one tones and not the others.

    near: the level of those that are heard, within 2 dB; by default, loud enough is all.
    """
    low, high = (HEARD_DB, math.inf) if near is None else (near - 2, near + 2)

    def fits(*levels: float) -> bool:
        return all(low < level < high for level in levels[: len(heard)]) and max(levels[len(heard) :]) < ABSENT_DB

    until_levels(far, fits, *heard, *absent)
