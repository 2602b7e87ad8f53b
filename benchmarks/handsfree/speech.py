"""Speech without echo: how much of its quality a call costs, beyond what the codec itself costs."""

import subprocess
from collections import defaultdict
from itertools import product, starmap
from pathlib import Path
from typing import cast

import av
import numpy as np
from pesq import pesq
from scipy.signal import fftconvolve, firwin2, resample_poly
from speechmos import plcmos

from benchmarks.handsfree import samples
from benchmarks.handsfree.samples import Sound
from benchmarks.handsfree.signals import RATE, VOICES, at, voice

SECONDS, LEVEL_DB = 12, -20.0
TAPS, WIDTH = 2047, 2 ** (1 / 6)  # of the filter that colours a sound, and half of its bands
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
COLOURED = "coloured as by baresip"
HEAD = """
## Speech through a call

{seconds} s of speech of two voices, which are said two or three times: the mean of a voice counts, and of the two
voices the worse one. A station plays a file instead of its microphone, and another one records the call; baresip writes
what it has decoded. There is no echo.

- **PESQ** against what was said, without loss: of the codec alone (FFmpeg's; Opus with {kilobits} kbit/s and FEC, as
  a station sends it), through two stations, and through two of baresip, whose Opus has no FEC and twice the bits. A
  station's file has 16 kHz, as a sound card gives it; baresip's has 48.
- **Coloured as by baresip**: the codec alone, if the sound before it is as loud at each pitch as baresip makes it. At 8
  and 16 kHz baresip lowers the bass by 1.5 dB and raises 2 kHz by 1, by which PESQ hears less of the noise of G.711. A
  station leaves the sound as it is.
- **PLCMOS** by speechmos, 1 to 5, where the cable loses packets at random: how good the sound is, with what fills the
  gaps.

| codec | score | alone | stations | baresip |
|---|---|--:|--:|--:|
"""


def converted(sound: Sound, before: int, after: int) -> Sound:
    """The sound at another rate."""
    return sound if before == after else resample_poly(sound, after, before)


def alone(sound: Sound, codec: str) -> Sound:
    """What the codec makes of a sound of 16 kHz, late by its delay."""
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
    return np.concatenate([*parts, np.zeros(RATE)]) / 32768


def read(file: Path) -> Sound:
    """The first channel of a WAV file, at 16 kHz."""
    return converted(*samples.read(file), RATE)


def coloured(said: Sound, heard: Sound, rate: int) -> Sound:
    """`said` with the long-term spectrum of `heard`, by thirds of an octave of what that codec carries."""
    hertz = 100 * 2 ** (np.arange(18) / 3)
    hertz = hertz[hertz < 0.45 * rate]
    gains = np.sqrt(powers(heard, hertz) / powers(said, hertz))
    taps = firwin2(TAPS, [0, *hertz, RATE / 2], [gains[0], *gains, gains[-1]], fs=RATE)
    return cast("Sound", fftconvolve(said, taps, "same"))


def powers(sound: Sound, hertz: Sound) -> Sound:
    """The power of the sound in the third of an octave around each frequency."""
    spectrum, bins = np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.array([np.sum(spectrum[(bins >= each / WIDTH) & (bins < each * WIDTH)]) for each in hertz])


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
    for name in VOICES[2:]:
        said = at(voice(voices, name)[RATE : (SECONDS + 1) * RATE], LEVEL_DB)
        directory = kept / f"speech {name}"
        directory.mkdir(exist_ok=True)
        for rate in (RATE, FINE):
            samples.write(directory / f"spoken-{rate}.wav", converted(said, RATE, rate), rate)
        subprocess.run([python, "-m", "benchmarks.handsfree.calls", directory, *LOSSES], check=True)
        for (codec, (_, _, _, rate)), loss in product(CODECS.items(), LOSSES):
            ends = [read(directory / f"{who} {codec} {loss}.wav") for who in ("stations", "baresip")]
            if loss == "0":
                found[codec, loss].append([voice_pesq(said, heard, rate) for heard in (alone(said, codec), *ends)])
                colour = coloured(said, rounds(said, ends[1])[0], rate)
                found[codec, COLOURED].append([voice_pesq(said, alone(colour, codec), rate)])
            else:
                found[codec, loss].append([concealed(said, heard) for heard in ends])
    return HEAD.format(seconds=SECONDS, kilobits=OPUS_BIT_RATE // 1000) + "".join(starmap(row, found.items()))


def row(what: tuple[str, str], scores: list[list[float]]) -> str:
    """A line of the table: the worse voice of each end."""
    codec, how = what
    measures = {"0": ["PESQ"], COLOURED: [f"PESQ, {COLOURED}"]}
    cells = measures.get(how) or [f"PLCMOS, {float(how):.0%} lost", ""]
    cells += [f"{each:.2f}" for each in np.min(scores, axis=0)]
    return f"| {' | '.join([CODECS[codec][0], *cells, *[''] * (4 - len(cells))])} |\n"
