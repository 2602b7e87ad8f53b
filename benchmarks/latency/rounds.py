"""Calls between two parties, and what is heard in them."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.latency import card
from benchmarks.latency.parties import Party, ear, mouth
from tests.support.waiting import pause

CHIRPS = 3  # for each way of a call
# Chirps of one side at the answer, to see when the other hears it: few, as the noise suppressor takes many for noise.
DENSE_S, EVERY_S = 0.7, 0.05
FIRST_S = 1.2  # how long the first of them is waited for
EARLIEST_S = 0.05  # what is heard before is the end of the ringing tone
SETTLES_S = 0.3
# Between two chirps of one side; the other's are half of that later. AEC3 looks for an echo for half a second after a
# sound is heard, and what comes again and again after the same time is one.
APART_S = (1.3, 1.4)
TAIL_S = 0.9  # until the last chirp is heard
PART = 0.3  # of the usual chirp: its end alone is heard, too
LOUD = 0.5  # of what comes of a chirp: its sound begins there
RINGS_S = 1.0  # before it is answered: nobody is quicker


@dataclass
class Way:
    """One direction of all calls: the delays in ms by call, None for a chirp that was not heard; xruns by card."""

    name: str
    calls: list[list[float | None]] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)  # ms from the order to answer until the first sound is heard
    underruns: int = 0
    overruns: int = 0

    def heard(self) -> list[float]:
        """All delays."""
        return [each for call in self.calls for each in call if each is not None]

    def medians(self) -> list[float]:
        """The median delay of each call in which something was heard."""
        heard = ([each for each in call if each is not None] for call in self.calls)
        return [median(call) for call in heard if call]

    def within(self) -> float:
        """By how much the delay differs within a call at most."""
        heard = ([each for each in call if each is not None] for call in self.calls)
        return max((max(call) - min(call) for call in heard if call), default=0.0)


@dataclass
class Round:
    """Some calls of one pair."""

    pair: str
    codec: str
    network: str
    ways: list[Way]

    def json(self) -> dict[str, Any]:
        """For the file of results."""
        ways = [
            {
                "name": way.name,
                "calls": way.calls,
                "answers": way.answers,
                "underruns": way.underruns,
                "overruns": way.overruns,
            }
            for way in self.ways
        ]
        return {"pair": self.pair, "codec": self.codec, "network": self.network, "ways": ways}


def _dense(directory: Path, party: Party) -> None:
    begin = time.monotonic()
    moments = [begin + EVERY_S * number for number in range(int(DENSE_S / EVERY_S))]
    card.chirp_at(directory, mouth(party.end), moments)


def _spaced(directory: Path, parties: Sequence[Party], rng: random.Random) -> list[list[float]]:
    """Chirps of both sides, never at once: a canceller would take them for an echo."""
    moments: list[list[float]] = [[], []]
    at = time.monotonic() + SETTLES_S
    for _ in range(CHIRPS):
        apart = rng.uniform(*APART_S)
        for later, each in zip((0, apart / 2), moments, strict=True):
            each.append(at + later)
        at += apart
    for party, each in zip(parties, moments, strict=True):
        card.chirp_at(directory, mouth(party.end), each)
    return moments


def _first_sound(played: card.Played, since: float) -> float | None:
    """How long after a moment the first of the dense chirps was heard, or the end of one."""
    for part in played.stretches:
        begin = max(int((since + EARLIEST_S - part.begin_s) * part.rate), 0)
        samples = part.samples[begin : begin + int(FIRST_S * part.rate)]
        if len(samples) > part.rate * card.CHIRP_S:
            envelope = card.match(samples, part.rate)
            width = int(EVERY_S * part.rate)
            peaks = np.sort(envelope[: len(envelope) // width * width].reshape(-1, width).max(axis=1))
            usual = np.median(peaks[-int(DENSE_S / EVERY_S) :])
            chirp = int(np.argmax(envelope > PART * usual))
            loud = np.abs(samples[chirp : chirp + int(card.CHIRP_S * part.rate)])
            first = begin + chirp + int(np.argmax(loud > LOUD * loud.max()))
            return float(part.begin_s + first / part.rate - since)
    return None


def run(directory: Path, a: Party, b: Party, network: str, calls: int, say: Callable[[str], None]) -> Round:
    """Let A call B so many times. directory: of the cards."""
    parties = (a, b)
    ways = [Way(f"{a.kind} → {b.kind}"), Way(f"{b.kind} → {a.kind}")]
    found = Round(f"{a.kind} and {b.kind}", a.codec, network, ways)
    made: list[tuple[float, list[list[float]]]] = []
    rng = random.Random(1)  # noqa: S311 - the same in each run
    for number in range(calls):
        a.call(b.uri)
        b.wait_for_ring()
        pause(RINGS_S)
        _dense(directory, parties[number % 2])
        answered = time.monotonic()
        b.answer()
        pause(max(answered + FIRST_S - time.monotonic(), 0))
        moments = _spaced(directory, parties, rng)
        pause(max(map(max, moments)) + TAIL_S - time.monotonic())
        made.append((answered, moments))
        a.hang_up()
        a.rest()
        b.rest()
        pause(rng.uniform(0.05, 0.3))  # or the clocks of two cards might always meet in the same way
        say(f"{found.pair}, {a.codec}, {network}: call {number + 1} of {calls}")
    played = [card.read(directory / f"{ear(party.end)}.played") for party in parties]
    captured = [card.read(directory / f"{mouth(party.end)}.captured") for party in parties]
    for one, way in enumerate(ways):
        way.underruns, way.overruns = played[1 - one].xruns, captured[one].xruns
        way.calls = [card.delays(played[1 - one], moments[one]) for _, moments in made]
    for number, (answered, _) in enumerate(made):
        first = _first_sound(played[1 - number % 2], answered)
        if first is not None:
            ways[number % 2].answers.append(1000 * first)
    return found
