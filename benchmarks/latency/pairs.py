"""Pairs of parties, each with an ideal card of its own, which call at the same time."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.latency import card
from benchmarks.latency.parties import BaresipParty, Party, Station, ear, mouth
from benchmarks.latency.rounds import Round, run
from benchmarks.latency.served import serving
from tests.support.daemon import loopback
from tests.support.peers.namespaces import DOOR, PBX, BadCable

LOSS, JITTER_S = 0.02, 0.03
DIRECT, BAD = "direct", f"{LOSS:.0%} lost, {JITTER_S * 1000:.0f} ms jitter"
Kind = type[Party]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Pair:
    """So many calls of two kinds of parties."""

    kinds: tuple[Kind, Kind]
    codec: str
    calls: int
    network: str = DIRECT
    served: bool = False  # through a sound server


def stations(codec: str, calls: int, network: str = DIRECT) -> Pair:
    """Two stations."""
    return Pair((Station, Station), codec, calls, network)


def baresips(codec: str, calls: int) -> Pair:
    """Two baresip."""
    return Pair((BaresipParty, BaresipParty), codec, calls)


def _call(directory: Path, pair: Pair, ends: tuple[str, str], say: Say) -> Round:
    with ExitStack() as stack:
        addresses = loopback(), loopback()
        within: tuple[Sequence[str], Sequence[str]] = ((), ())
        if pair.network == BAD:
            cable = stack.enter_context(BadCable(directory, loss=LOSS, jitter_s=JITTER_S))
            addresses, within = (DOOR, PBX), (cable.door.within, cable.pbx.within)
        a, b = (
            stack.enter_context(kind(directory, end, address, pair.codec, side, served=pair.served))
            for kind, end, address, side in zip(pair.kinds, ends, addresses, within, strict=True)
        )
        way = f"{pair.network}, PulseAudio" if pair.served else pair.network
        return run(directory, a, b, way, pair.calls, say)


def measure(directory: Path, steps: Sequence[Sequence[Pair]], say: Say) -> list[Round]:
    """One step after the other; the pairs of a step call at the same time."""
    ends = [f"{number}{end}" for number in range(sum(map(len, steps))) for end in "AB"]
    config = card.make(directory, [each(end) for end in ends for each in (mouth, ear)])
    os.environ["ALSA_CONFIG_PATH"] = str(config)
    rounds: list[Round] = []
    with ThreadPoolExecutor() as pool:
        for number, step in enumerate(steps):
            own, ends = ends[: 2 * len(step)], ends[2 * len(step) :]
            with ExitStack() as stack:
                if any(pair.served for pair in step):
                    stack.enter_context(serving(directory / f"server-{number}", config, own))
                each_pair = zip(step, zip(own[::2], own[1::2], strict=True), strict=True)
                work = [pool.submit(_call, directory, pair, ends_, say) for pair, ends_ in each_pair]
                rounds += [each.result() for each in work]
    return rounds


def ratio(ours: Round, theirs: Round) -> float:
    """The median of our slower way, to that of their slower way."""
    one, other = (max(median(way.heard()) for way in each.ways) for each in (ours, theirs))
    return one / other


def least_ratio(directory: Path, calls: int, say: Say) -> float:
    """Stations beside baresip: the shortest calls of each, as whatever else runs can only add to them."""
    step = [stations("PCMA", calls), baresips("PCMA", calls)]
    one, other = (max(min(way.medians()) for way in each.ways) for each in measure(directory, [step], say))
    return one / other
