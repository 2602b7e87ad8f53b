"""Ideal sound cards (exact.c): chirps at their microphones, and when each is heard at another card's speaker."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
SOURCE = Path(__file__).with_name("exact.c")
ALSA = """</usr/share/alsa/alsa.conf>
pcm_type.exact {{ lib "{library}" }}
{pcms}
pcm.!default {{ type null }}
ctl.!default {{ type null }}
"""
# Behind plug, as a card is behind plughw: without it, it would be taken for a sound server.
PCM = """pcm.{name} {{
    type plug
    slave.pcm {{
        type exact
        role "{name}"
        dir "{directory}"
        echo {echo}
    }}
    hint {{ show on description "An ideal sound card" }}
}}"""
CHIRP_S, CHIRP_FROM, CHIRP_TO = 0.03, 500, 2800
LOUD = 0.35  # of the median: what is quieter is no chirp
LATEST_S = 0.85  # a chirp that is later was not heard
FIRST = 0.8  # of the highest peak: the first peak above this is the chirp, as a later one may be its echo


@dataclass
class Stretch:
    """Samples that a card has played without a gap, from a moment on."""

    rate: int
    begin_s: float
    samples: Samples


@dataclass
class Played:
    """What a card has played. depths_ms: how much it held after each transfer, and when that was."""

    stretches: list[Stretch] = field(default_factory=list)
    depths_ms: list[tuple[float, float]] = field(default_factory=list)
    xruns: int = 0


def make(directory: Path, names: Sequence[str], echo: float = 0.0) -> Path:
    """Make cards of these names; returns the file for ALSA_CONFIG_PATH.

    echo: how loud their microphones hear what the same process plays; 1 is as loud as it is.
    """
    library, config = directory / "libexact.so", directory / "alsa.conf"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-lasound", "-lm"], check=True)
    pcms = "\n".join(PCM.format(name=name, directory=directory, echo=echo) for name in names)
    config.write_text(ALSA.format(library=library, pcms=pcms), encoding="utf-8")
    return config


def chirp_at(directory: Path, name: str, moments: Sequence[float]) -> None:
    """Let the microphone hear chirps at these moments (seconds of CLOCK_MONOTONIC), and none at others."""
    new = directory / f"{name}.new"
    new.write_text("".join(f"{moment:.9f}\n" for moment in moments), encoding="utf-8")
    new.rename(directory / f"{name}.chirps")


def _lines(data: bytes) -> Iterator[tuple[list[bytes], bytes]]:
    """The words of each line of exact.c, and the samples that follow it."""
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        words, at = data[at:end].split(), end + 1
        samples = b""
        if words[0] == b"W":
            size = 2 * int(words[2])
            samples, at = data[at : at + size], at + size + 1
            if len(samples) < size:
                return
        yield words, samples


def read(path: Path) -> Played:
    """What a card has played or captured so far, from its file."""
    played = Played()
    parts: list[tuple[int, bytes]] = []  # where they begin, and samples
    running: Stretch | None = None
    for words, samples in _lines(path.read_bytes()):
        kind, at = words[0], float(words[1])
        if kind == b"W":
            parts.append((int(words[3]), samples))
            moved = int(words[3]) + int(words[2])
            if running is not None:
                played.depths_ms.append((at, 1000 * (running.begin_s + moved / running.rate - at)))
        elif kind == b"S":
            running = Stretch(int(words[2]), at, np.zeros(0))
        elif kind == b"X":
            played.xruns += 1
        if kind in {b"P", b"E"}:  # not O: a program that lists all cards opens one that is in use, too
            if running is not None:
                running.samples = _joined(parts)
                played.stretches.append(running)
            running, parts = None, []
    if running is not None:
        running.samples = _joined(parts)
        played.stretches.append(running)
    return played


def _joined(parts: list[tuple[int, bytes]]) -> Samples:
    joined = np.zeros(max((at + len(samples) // 2 for at, samples in parts), default=0))
    for at, samples in parts:
        joined[at : at + len(samples) // 2] = np.frombuffer(samples, "<i2")
    return joined


def chirp(rate: int) -> Samples:
    """As exact.c has it."""
    time = np.arange(int(CHIRP_S * rate)) / rate
    swing = np.sin(2 * np.pi * (CHIRP_FROM * time + (CHIRP_TO - CHIRP_FROM) * time**2 / (2 * CHIRP_S)))
    return np.asarray(swing * np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * time / CHIRP_S)))


def match(samples: Samples, rate: int) -> Samples:
    """How much the sound from each sample on is like a chirp: the envelope of their correlation."""
    wanted = chirp(rate)
    size = 1 << (len(samples) + len(wanted)).bit_length()
    spectrum = np.fft.fft(samples, size) * np.conj(np.fft.fft(wanted, size))
    spectrum[size // 2 + 1 :] = 0
    spectrum[1 : size // 2] *= 2
    return np.abs(np.fft.ifft(spectrum)[: len(samples)])


def delays(played: Played, moments: Sequence[float]) -> list[float | None]:
    """By how many ms each chirp was heard later than its moment; None for one that was not heard."""
    envelopes = [
        (part, match(part.samples, part.rate)) for part in played.stretches if len(part.samples) > part.rate // 2
    ]
    found: list[tuple[float, float] | None] = []
    for moment in moments:
        best: tuple[float, float] | None = None
        for part, envelope in envelopes:
            begin = max(int((moment - part.begin_s) * part.rate), 0)
            window = envelope[begin : max(int((moment + LATEST_S - part.begin_s) * part.rate), 0)]
            if len(window) and (best is None or window.max() > best[0]):
                near = int(np.argmax(window > FIRST * window.max()))
                near += int(np.argmax(window[near : near + part.rate // 100]))
                heard = part.begin_s + (begin + near) / part.rate
                best = float(window.max()), 1000 * (heard - moment)
        found.append(best)
    strength = np.median([each[0] for each in found if each]) if any(found) else 0
    return [each[1] if each and each[0] > max(LOUD * strength, 1000) else None for each in found]
