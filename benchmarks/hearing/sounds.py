"""Sounds for the detector of tones, made from seeds: what is to be heard, what is not, and channels between."""

# ruff: noqa: PLR2004, S311, SIM905

import io
import random
import subprocess
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.peers import opus

Samples = NDArray[np.float64]
RATE = 8000
FULL = 32767.0
LOSS = 0.05
PACKET = RATE // 50

# Voices of espeak-ng. Those that thresholds were tried with are not those that are measured.
TRIED = ("en-us", "de", "fr-fr", "es", "en-gb+f2", "de+m3")
MEASURED = (
    "en-gb-scotland",
    "it",
    "nl",
    "pl",
    "pt",
    "sv",
    "ru",
    "tr",
    "en-gb+f4",
    "it+m5",
    "pl+f3",
    "nl+m1",
    "cmn",
    "ar",
)
WORDS = """house door visitor parcel nobody please come inside later message leave name number after tone we are not at
home today thank you for calling office hours monday until friday between nine and five o'clock a u o moon room noon
tune mama papa long song hum sing alone know no now you who two blue true""".split()


OTHER_SCRIPTS = {"ar", "cmn", "ru"}  # these spell English words letter by letter
# What people and machines say first. Those that thresholds were tried with are not those that are measured.
PEOPLE = {
    TRIED: ("hello?", "yes?", "hello, Miller.", "good morning, this is Anna.", "yes hello, who is there?"),
    MEASURED: (
        *("hello", "yes", "who is it?", "Smith speaking.", "good evening, Robert Brown here.", "hello, this is Julia"),
        *("hi there", "yes please?", "Mary and John Taylor.", "hello, hello?"),
    ),
}
MACHINES = {
    TRIED: (
        "This is the voice mail of Peter Miller. Please leave a message after the tone.",
        "Hello, you have reached the office. We are closed now. Please call again tomorrow between nine and five.",
        "Nobody is at home. Speak after the beep.",
    ),
    MEASURED: (
        "The person you have called is not available at present. Please leave your message after the beep.",
        "Hi, this is Julia. I cannot come to the telephone now, but if you leave your number, I will call you back.",
        "Welcome to the surgery of Doctor Brown. Our opening hours are Monday to Friday from eight to twelve.",
        "You have reached the mailbox of zero four one five five, seven two nine. Please record your message.",
        "We are sorry that nobody can take your call. Please try again later. Thank you, and goodbye.",
    ),
}


@dataclass(frozen=True)
class Clip:
    """A sound and what is to be heard in it: "beep", the name of a progress tone, or "" for nothing."""

    kind: str
    channel: str
    sound: Samples
    wanted: str


def silence(seconds: float) -> Samples:
    """No sound."""
    return np.zeros(int(seconds * RATE))


def tone(hertz: tuple[float, ...], seconds: float, dbfs: float, tilt: float = 0.0) -> Samples:
    """Sines with ramps of 4 ms, as loud together as one sine of `dbfs`; the second one `tilt` dB weaker."""
    at = np.arange(int(seconds * RATE)) / RATE
    weights = [10 ** (-tilt * place / 20) for place in range(len(hertz))]
    scale = FULL * 10 ** (dbfs / 20) / np.sqrt(sum(weight * weight for weight in weights))
    found = np.zeros(len(at))
    for place, (each, weight) in enumerate(zip(hertz, weights, strict=True)):
        found += weight * np.sin(2 * np.pi * each * at + place)
    ramp = np.minimum(1, np.minimum(np.arange(len(at)), np.arange(len(at))[::-1]) / (0.004 * RATE))
    shaped: Samples = found * scale * ramp
    return shaped


def speech(dice: random.Random, voice: str, words: int) -> Samples:
    """Words by chance."""
    return spoken(
        dice, voice, " ".join(dice.choice(WORDS) + dice.choice(["", "", "", ",", ".", "?"]) for _ in range(words))
    )


def spoken(dice: random.Random, voice: str, text: str) -> Samples:
    """A text by espeak-ng, at 8000 Hz."""
    order = [
        "espeak-ng",
        "-v",
        voice,
        "-s",
        str(dice.randint(110, 220)),
        "-p",
        str(dice.randint(15, 85)),
        "--stdout",
        text,
    ]
    with wave.open(io.BytesIO(subprocess.run(order, check=True, capture_output=True).stdout)) as file:
        rate = file.getframerate()
        found = np.frombuffer(file.readframes(10**9)[: 2 * (10**9)], "<i2").astype(float)
    return level(resampled(found, rate, RATE), dice.uniform(-30, -12))


def resampled(sound: Samples, old: int, new: int) -> Samples:
    """The sound at another rate, by its spectrum in blocks of its whole length."""
    if len(sound) == 0:
        return sound
    count = len(sound) * new // old
    spectrum = np.fft.rfft(sound)
    kept = np.zeros(count // 2 + 1, complex)
    both = min(len(kept), len(spectrum))
    kept[:both] = spectrum[:both]
    found: Samples = np.fft.irfft(kept, count) * (new / old)
    return found


def level(sound: Samples, dbfs: float) -> Samples:
    """The sound with this mean level, its peaks below full scale."""
    power = float(np.sqrt(np.mean(sound * sound))) if len(sound) else 0.0
    return sound if power == 0 else np.clip(sound * FULL * 10 ** (dbfs / 20) / power / np.sqrt(2), -FULL, FULL)


def vowel(dice: random.Random, seconds: float, *, steady: bool) -> Samples:
    """Overtones of a voice through three formants; steady: as a machine sings, else with a voice's trembling."""
    formants = dice.choice(
        [(300, 870, 2240), (730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480)]
    )
    pitch, count = dice.uniform(90, 400), int(seconds * RATE)
    at = np.arange(count) / RATE
    drift = np.zeros(count) if steady else 0.015 * np.sin(2 * np.pi * dice.uniform(4, 6.5) * at) + 0.05 * at / seconds
    phase = 2 * np.pi * np.cumsum(pitch * (1 + drift)) / RATE
    found = np.zeros(count)
    for number in range(1, int(3600 / pitch) + 1):
        gain = sum(1 / (1 + ((number * pitch - each) / 80) ** 2) for each in formants) / number**0.7
        found += gain * np.sin(number * phase)
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
    return level(found * fade, dice.uniform(-28, -12))


def music(dice: random.Random, seconds: float) -> Samples:
    """Chords of three notes, and a melody of single ones, plucked or held, with overtones."""
    found = silence(seconds)
    start = 0.0
    while start < seconds - 1:
        length = dice.choice([0.2, 0.25, 0.4, 0.5, 0.8])
        root = 220 * 2 ** (dice.randint(0, 24) / 12)
        notes = dice.choice([(0,), (0,), (0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 7)])
        rest = dice.choice([0, 0, 0, 0, 0.2, 0.5])
        plucked, bright = dice.random() < 0.6, dice.choice([0.1, 0.3, 0.5])
        count = int(length * RATE)
        at = np.arange(count) / RATE
        shape = np.exp(-at / dice.uniform(0.15, 0.8)) if plucked else np.ones(count)
        shape *= np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.01 * RATE))
        note = sum(
            bright**over * np.sin(2 * np.pi * (over + 1) * root * 2 ** (each / 12) * at)
            for each in notes
            for over in range(4)
        )
        begin = int(start * RATE)
        found[begin : begin + count] += (note * shape)[: len(found) - begin]
        start += length + rest
    return level(found, dice.uniform(-28, -14))


def noise(dice: random.Random, count: int, dbfs: float) -> Samples:
    """White noise, or noise with little treble."""
    found = np.random.default_rng(dice.getrandbits(32)).standard_normal(count)
    if dice.random() < 0.5:
        spectrum = np.fft.rfft(found)
        found = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 10), count)
    return level(found, dbfs)


def cadence(hertz: tuple[float, ...], steps: list[tuple[int, int]], times: int, dbfs: float) -> Samples:
    """A progress tone, some times over."""
    parts = [part for on, off in steps for part in (tone(hertz, on / 1000, dbfs), silence(off / 1000))]
    return np.concatenate(parts * times)


# --- channels


def a_law(sound: Samples) -> Samples:
    """Through G.711 A-law's steps."""
    x = np.clip(np.abs(sound), 0, FULL) / 8
    high = np.maximum(np.floor(np.log2(np.maximum(x, 1))) - 5, 0)
    step = np.where(x < 64, 2.0, 2.0 ** np.maximum(high, 1))
    found: Samples = np.sign(sound) * (np.floor(x / step) + 0.5) * step * 8
    return found


def mu_law(sound: Samples) -> Samples:
    """Through G.711 mu-law's steps."""
    x = np.minimum(np.abs(sound) / 4, 8158) + 33
    step = 2.0 ** (np.floor(np.log2(x)) - 4)
    found: Samples = np.sign(sound) * ((np.floor(x / step) + 0.5) * step - 33) * 4
    return found


def lossy_g711(sound: Samples, dice: random.Random) -> Samples:
    """A-law whose lost packets are silent."""
    found = a_law(sound)
    for begin in range(0, len(found), PACKET):
        if dice.random() < LOSS:
            found[begin : begin + PACKET] = 0
    return found


def lossy_opus(sound: Samples, dice: random.Random) -> Samples:
    """Opus whose lost packets are concealed."""
    wide = resampled(sound, RATE, opus.RATE)
    with opus.Encoder() as encoder, opus.Decoder() as decoder:
        parts = []
        for begin in range(0, len(wide) - opus.FRAME + 1, opus.FRAME):
            packet = encoder.encode(np.clip(wide[begin : begin + opus.FRAME], -FULL, FULL))
            parts.append(decoder.decode(None if dice.random() < LOSS else packet))
    return resampled(np.concatenate(parts), opus.RATE, RATE)


CHANNELS: dict[str, Callable[[Samples, random.Random], Samples]] = {
    "PCMA": lambda sound, _: a_law(sound),
    "PCMU": lambda sound, _: mu_law(sound),
    "PCMA, 5 % lost": lossy_g711,
    "Opus, 5 % lost": lossy_opus,
}

# --- the set

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # of DTMF

BEEPS: dict[str, Callable[[random.Random], tuple[tuple[float, ...], list[tuple[float, float]]]]] = {
    "beep": lambda dice: ((dice.uniform(600, 2000),), [(dice.uniform(0.25, 1.2), 0)]),
    "low beep": lambda dice: ((dice.uniform(300, 600),), [(dice.uniform(0.25, 1.2), 0)]),
    "beep of 200 ms": lambda dice: ((dice.uniform(300, 2000),), [(0.2, 0)]),
    "beep of two tones": lambda dice: (two(dice), [(dice.uniform(0.25, 1.0), 0)]),
    "split beep": lambda dice: ((dice.uniform(400, 2000),), [(dice.uniform(0.13, 0.3), dice.uniform(0.03, 0.2))] * 2),
}
PROGRESS: dict[str, tuple[str, tuple[float, ...], list[tuple[int, int]], int]] = {
    "dial 425": ("dial", (425,), [(6000, 0)], 1),
    "dial 350+440": ("dial", (350, 440), [(6000, 0)], 1),
    "ringback 425": ("ringback", (425,), [(1000, 4000)], 2),
    "ringback 400+450": ("ringback", (400, 450), [(400, 200), (400, 2000)], 3),
    "ringback 440+480": ("ringback", (440, 480), [(2000, 4000)], 2),
    "busy 425": ("busy", (425,), [(500, 500)], 5),
    "busy 480+620": ("busy", (480, 620), [(500, 500)], 5),
    "congestion 425": ("congestion", (425,), [(250, 250)], 8),
    "congestion 480+620": ("congestion", (480, 620), [(250, 250)], 8),
}


def two(dice: random.Random) -> tuple[float, float]:
    """Two frequencies of a beep that are no overtones of each other, nor a DTMF digit."""
    while True:
        low, high = sorted((dice.uniform(300, 1900), dice.uniform(300, 1900)))
        digit = 680 < low < 960 and 1180 < high < 1670
        if high - low > 60 and not digit and all(abs(high - each * low) > 12 for each in (4 / 3, 1.5, 2, 3, 4, 5)):
            return low, high


def beeps(seed: int, voices: tuple[str, ...], count: int) -> Iterator[Clip]:
    """A greeting, a beep and the noise of the line, `count` times for each kind and channel."""
    dice = random.Random(seed)
    greetings = [speech(dice, dice.choice(voices), dice.randint(4, 9)) for _ in range(40)]
    for kind, make in BEEPS.items():
        for channel, through in CHANNELS.items():
            for _ in range(count):
                hertz, parts = make(dice)
                dbfs = dice.uniform(-30, -6)
                sound = [silence(0.2), dice.choice(greetings), silence(dice.uniform(0.05, 1.0))]
                tilt = dice.uniform(0, 6)
                for on, off in parts:
                    sound += [tone(hertz, on, dbfs, tilt), silence(off)]
                whole = np.concatenate([*sound, silence(6)])
                whole = whole + noise(dice, len(whole), dbfs - dice.uniform(15, 35))
                yield Clip(kind, channel, through(whole, dice), "beep")


def progress(seed: int, count: int) -> Iterator[Clip]:
    """Progress tones, `count` times for each kind and channel."""
    dice = random.Random(seed)
    for kind, (wanted, hertz, steps, times) in PROGRESS.items():
        for channel, through in CHANNELS.items():
            for _ in range(count):
                dbfs = dice.uniform(-30, -8)
                shift = dice.uniform(-5, 5)
                sound = cadence(tuple(each + shift for each in hertz), steps, times, dbfs)
                whole = np.concatenate([silence(dice.uniform(0.1, 0.5)), sound, silence(1)])
                yield Clip(
                    kind, channel, through(whole + noise(dice, len(whole), dbfs - dice.uniform(15, 35)), dice), wanted
                )


def others(seed: int, voices: tuple[str, ...], minutes: float) -> Iterator[Clip]:
    """Sounds in which nothing is to be heard: `minutes` of each kind, by turns through the channels."""
    dice = random.Random(seed)
    kinds: dict[str, Callable[[], Samples]] = {
        "speech": lambda: speech(dice, dice.choice(voices), 60),
        "vowels": lambda: np.concatenate(
            [vowel(dice, dice.uniform(0.2, 2), steady=dice.random() < 0.5), silence(dice.uniform(0.1, 1))]
        ),
        "music": lambda: music(dice, 20),
        "digits": lambda: np.concatenate(
            [tone((dice.choice(LOW), dice.choice(HIGH)), dice.uniform(0.1, 0.6), -14), silence(dice.uniform(0.1, 1))]
        ),
    }
    names = list(CHANNELS)
    for kind, make in kinds.items():
        share = minutes * (4 if kind == "speech" else 0.25)
        for name in names:
            parts, length = [], 0
            while length < share * 60 * RATE / len(names):
                parts += [make(), silence(dice.uniform(0, 1.5))]
                length += len(parts[-1]) + len(parts[-2])
                if sum(len(part) for part in parts) > 30 * RATE:
                    yield clip(kind, name, parts, dice)
                    parts = []
            if parts:
                yield clip(kind, name, parts, dice)


def clip(kind: str, channel: str, parts: list[Samples], dice: random.Random) -> Clip:
    """The parts, with a line's noise, through the channel."""
    whole = np.concatenate([*parts, silence(2)])
    whole = whole + noise(dice, len(whole), dice.uniform(-60, -45))
    return Clip(kind, channel, CHANNELS[channel](np.clip(whole, -FULL, FULL), dice), "")


def answers(seed: int, voices: tuple[str, ...], count: int) -> Iterator[Clip]:
    """Who has answered, from the answer on: a person who greets and waits, or a machine that goes on."""
    dice = random.Random(seed)
    english = [each for each in voices if each not in OTHER_SCRIPTS]
    for wanted, texts in (("person", PEOPLE[voices]), ("machine", MACHINES[voices])):
        for name, through in CHANNELS.items():
            for _ in range(count):
                greeting = spoken(dice, dice.choice(english), dice.choice(texts))
                whole = np.concatenate([silence(dice.uniform(0.1, 1.2)), greeting, silence(5)])
                loud = dice.uniform(-65, -40)
                yield Clip(wanted, name, through(whole + noise(dice, len(whole), loud), dice), wanted)
