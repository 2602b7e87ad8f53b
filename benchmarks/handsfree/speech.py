"""Speech without echo: how much of its quality a call costs, beyond what the codec itself costs."""

import subprocess
from collections import defaultdict
from itertools import product, starmap
from pathlib import Path

import av
import numpy as np
from pesq import pesq
from scipy.signal import fftconvolve, resample_poly
from speechmos import plcmos

from benchmarks.handsfree import samples
from benchmarks.handsfree.samples import Sound
from benchmarks.handsfree.signals import RATE, VISITORS, at, voice

SECONDS, LEVEL_DB = 12, -20.0
FINE = 48000
CODECS = {
    "opus": ("Opus", "libopus", RATE, RATE),
    "G722": ("G.722", "g722", RATE, RATE),
    "PCMA": ("G.711", "pcm_alaw", 8000, 8000),
}
"""Each codec of a station: its name, FFmpeg's name, its rate, and that of its PESQ (8 kHz: narrowband)."""
OPUS_BIT_RATE = 64_000
OPUS = {"application": "voip", "fec": "1", "packet_loss": "10", "compression_level": "5"}
LOSSES = ("0", "0.05", "0.2")
HEAD = """
## Speech through a call

{seconds} s of speech of two voices, which are said two or three times: the mean of a voice counts, and of the two
voices the worse one. A station plays a file instead of its microphone, and another one records the call; baresip writes
what it has decoded. There is no echo.

- **PESQ** against what was said, without loss: of the codec alone (FFmpeg's; Opus with {kilobits} kbit/s and FEC, as
  a station sends it), through two stations, and through two of baresip, whose Opus has no FEC and twice the bits.
- **PLCMOS** by speechmos, 1 to 5, where the cable loses packets at random: how good the sound is, with what fills the
  gaps.

| codec | score | alone | stations | baresip |
|---|---|--:|--:|--:|
"""


def converted(sound: Sound, before: int, after: int) -> Sound:
    """The sound at another rate."""
    return sound if before == after else resample_poly(sound, after, before)


def alone(sound: Sound, codec: str) -> Sound:
    """What the codec makes of a sound of 16 kHz."""
    _, name, rate, _ = CODECS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "s16"
    if codec == "opus":
        encoder.bit_rate, encoder.options = OPUS_BIT_RATE, OPUS
    said = np.frombuffer(samples.pcm(converted(sound, RATE, rate)), "<i2")
    encoder.open()
    decoder = av.CodecContext.create(name, "r")
    decoder.sample_rate, decoder.layout, decoder.extradata = rate, "mono", encoder.extradata
    packets = []
    for place in range(0, len(said), rate // 50):
        frame = av.AudioFrame.from_ndarray(said[np.newaxis, place : place + rate // 50], "s16", "mono")
        frame.sample_rate = rate
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    resampler = av.AudioResampler("s16", "mono", RATE)
    parts = [part.to_ndarray().reshape(-1) for frame in [*frames, None] for part in resampler.resample(frame)]
    return np.concatenate(parts) / 32768


def read(file: Path) -> Sound:
    """The first channel of a WAV file, at 16 kHz."""
    return converted(*samples.read(file), RATE)


def rounds(said: Sound, heard: Sound) -> list[Sound]:
    """Each time that `said` is heard whole; it is said in a loop, and a gap moves what follows."""
    match = fftconvolve(heard, said[::-1], "valid")
    found = []
    for about in range(int(np.argmax(match)) % len(said), len(match), len(said)):
        low = max(about - RATE // 4, 0)
        begin = low + int(np.argmax(match[low : about + RATE // 4]))
        found.append(heard[begin : begin + len(said)])
    return found


def voice_pesq(said: Sound, heard: Sound, rate: int) -> float:
    """PESQ (ITU-T P.862, at 16 kHz P.862.2), the mean of all rounds."""
    kind = "wb" if rate == RATE else "nb"
    reference = converted(said, RATE, rate)
    return float(np.mean([pesq(rate, reference, converted(part, RATE, rate), kind) for part in rounds(said, heard)]))


def concealed(said: Sound, heard: Sound) -> float:
    """PLCMOS, the mean of all rounds."""
    return float(np.mean([plcmos.run(part, RATE)["plcmos"] for part in rounds(said, heard)]))


def measured(voices: Path, python: Path, kept: Path) -> str:
    """Make the calls, with a station's Python; the section of the document."""
    found: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for name in VISITORS:
        said = at(voice(voices, name)[RATE : (SECONDS + 1) * RATE], LEVEL_DB)
        directory = kept / f"speech {name}"
        directory.mkdir(exist_ok=True)
        samples.write(directory / "spoken.wav", converted(said, RATE, FINE), FINE)
        subprocess.run([python, "-m", "benchmarks.handsfree.calls", directory, *LOSSES], check=True)
        for (codec, (_, _, _, rate)), loss in product(CODECS.items(), LOSSES):
            ends = [read(directory / f"{who} {codec} {loss}.wav") for who in ("stations", "baresip")]
            if loss == "0":
                padded = np.concatenate([alone(said, codec), np.zeros(RATE)])  # a codec has a delay
                found[codec, loss].append([voice_pesq(said, heard, rate) for heard in (padded, *ends)])
            else:
                found[codec, loss].append([concealed(said, heard) for heard in ends])
    return HEAD.format(seconds=SECONDS, kilobits=OPUS_BIT_RATE // 1000) + "".join(starmap(row, found.items()))


def row(what: tuple[str, str], scores: list[list[float]]) -> str:
    """A line of the table: the worse voice of each end."""
    codec, loss = what
    cells = [f"{each:.2f}" for each in np.min(scores, axis=0)]
    measure = ["PESQ"] if loss == "0" else [f"PLCMOS, {float(loss):.0%} lost", ""]
    return f"| {' | '.join([CODECS[codec][0], *measure, *cells])} |\n"
