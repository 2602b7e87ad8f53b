"""`make bench-audio`: scenes through each engine, and calls, scored; prints tables and writes docs/benchmarks-audio.md.

The WAV files of each scene are left in build/bench-audio, to listen to.
"""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.handsfree import engines, samples, scores, speech, station
from benchmarks.handsfree.samples import Sound
from benchmarks.handsfree.scenes import Recipe, Scene, made
from benchmarks.handsfree.signals import PAIRS, RATE
from benchmarks.handsfree.station import LEARNT_S

if TYPE_CHECKING:
    from benchmarks.handsfree.engines import Engine

DELAYS_MS = (20, 60, 120, 250)
ROOMS_S = (0.2, 0.4, 0.6)
ECHOES_DB = (-10.0, 0.0, 10.0)
STALLS_MS = (50, 120)
DRIFT_S = 599.8
CONSERVATIVE = 0x1000  # PJMEDIA_ECHO_AGGRESSIVENESS_CONSERVATIVE: the setting echo_canceller = "open"

HEAD = """<!-- Made by make bench-audio. Change benchmarks/handsfree/, not this. -->
# Hands-free sound

The echo canceller alone, on {count} scenes. A scene is a room by pyroomacoustics, a small speaker and a microphone 8 cm
apart, two recorded speakers (prompts of Asterisk), and the card's thread as a schedule. Each cell is the median, in
brackets the worst.

- **ERLE**, dB: how much quieter the echo is after 3 s; after a stall of the card's thread of 50 and 120 ms, 1 s and
  4 s later. Each engine gets the silence that the card has played meanwhile.
- **echo**, **other**: AECMOS by speechmos, 1 to 5: what is left of the echo, and how the rest sounds.
- **PESQ** (ITU-T P.862.2), 1 to 4.6: the visitor's voice against the same voice before noise and canceller.
- **STOI**, 0 to 1: how much of it is understood.

`no echo` is what a perfect canceller would give: the microphone's sound as if the speaker were off. `ours` is what the
station runs; `ours, open` is the setting `echo_canceller = "open"`; `WebRTC` is the module in the PyPI package livekit.

In turns, each speaks for 5 s, for each pair of four voices. What a canceller leaves in the first 2 s of a call, before
it knows the room, is in the score where the caller begins. Street noise is rumble and cars that pass; traffic is the
steady spectrum of EN 1793-3; distant is a street some way off, of which the low sounds are left (6 dB less an octave).
Clocks 100 ppm apart are scored after ten minutes. No engine both takes out a loud echo and keeps the voice of a visitor
who speaks at the same time: turn the speaker down, or speak in turns.

"""

ABLATION = """
## What each stage costs and gives

Measured once on these scenes, on 24 November 2026 with pjproject 2.17; medians. PESQ of the visitor alone:

| stages | quiet | street 20 dB below | street 10 dB below |
|---|--:|--:|--:|
| none | 4.43 | 2.26 | 1.27 |
| high-pass filter | 4.37 | 2.35 | 1.29 |
| high-pass filter, canceller | 4.35 | 2.35 | 1.29 |
| the same, then WebRTC's noise suppressor, 6 dB | 4.12 | 2.60 | 1.40 |
| the same, then WebRTC's noise suppressor, 12 dB | 3.77 | 2.64 | 1.47 |
| the same, then WebRTC's noise suppressor, 18 dB | 3.27 | 2.38 | 1.46 |
| the same, then speexdsp's, 12 dB, frames of 10 ms | 4.03 | 2.77 | 1.47 |
| **the same, then speexdsp's, 12 dB, frames of 20 ms** | **4.12** | **2.99** | **1.57** |
| the same, then speexdsp's, 25 dB, frames of 20 ms | 3.96 | 2.95 | 1.55 |

The noise suppressor decides how the voice sounds; the canceller costs nothing while the caller is silent. The station
runs the stages in bold. No suppressor here adds 0.8 to PESQ where a street at the door is only 10 dB below the voice.

AECMOS, echo and other, in turns, the caller first, with the echo at -10, 0 and +10 dB; of two pairs of voices:

| stages | echo | other |
|---|--:|--:|
| the microphone without any echo | 4.83, 4.83, 4.84 | 2.84, 2.27, 2.00 |
| high-pass filter, canceller | 4.69, 4.63, 4.50 | 1.87, 1.55, 1.55 |
| the same, then WebRTC's noise suppressor | 4.74, 4.60, 4.51 | 2.32, 2.02, 1.63 |
| the same, without comfort noise | 4.74, 4.61, 4.47 | 2.33, 1.94, 1.62 |
| the same, without its model of reverberation | 4.61, 4.57, 4.44 | 2.17, 1.97, 1.79 |
| the same, without the suppressor of residual echo | 3.98, 3.38, 2.91 | 3.14, 3.19, 3.17 |
| high-pass filter, canceller, speexdsp's noise suppressor | 4.67, 4.56, 4.50 | 2.15, 1.85, 1.63 |

Sound without any echo has an "other" of 2.84 at -10 dB. Only what leaves the caller an echo has more: the microphone
itself, speexdsp's canceller, AEC3 without its suppressor. The station prefers less echo.

Silence in place of what is left of the echo in the caller's turns would raise "other" to 3.23, 2.36 and 2.06; in the
visitor's turns the station's sound costs it nothing. Most echo is left in the first 2 s of a call, before the canceller
knows the room. From 5 s on "other" is 2.77, 2.35 and 2.14; of a microphone without echo 2.74, 2.26 and 1.91.

Where the clocks are 100 ppm apart, the echo moves by a sample in 0.6 s. The canceller follows, as it forgets quickly
for the whole call (`aec3-follows-changes.patch`): after ten minutes the echo's AECMOS was 4.53, the median of eight
calls; 4.07 as upstream forgets, and 4.55 with one clock.
"""


def recipes(*, short: bool) -> Iterator[Recipe]:
    """All scenes, or some of each group."""
    rooms, seeds, pairs = (ROOMS_S[1:2], (0,), 2) if short else (ROOMS_S, (0, 1), len(PAIRS))
    for seed, rt60_s, delay_ms in product(seeds, rooms, DELAYS_MS):
        yield Recipe("caller alone", "caller", rt60_s=rt60_s, delay_ms=delay_ms, seed=seed)
    for first, echo_db, seed in product(("visitor", "caller"), ECHOES_DB, range(pairs)):
        group = f"in turns, the {first} first, echo {echo_db:+.0f} dB"
        yield Recipe(group, "turns", first, rooms[seed % len(rooms)], echo_db=echo_db, seed=seed)
    for seed, rt60_s, echo_db in product(seeds, rooms, ECHOES_DB):
        yield Recipe(f"both at once, echo {echo_db:+.0f} dB", "both", rt60_s=rt60_s, echo_db=echo_db, seed=seed)
    for seed in seeds:
        for noise_db in (None, 20.0, 10.0):
            group = "visitor alone, " + ("quiet" if noise_db is None else f"street {noise_db:.0f} dB below")
            yield Recipe(group, "visitor", noise_db=noise_db, seed=seed)
        for noise, noise_db in product(("traffic", "distant"), (20.0, 10.0)):
            group = f"visitor alone, {noise} {noise_db:.0f} dB below"
            yield Recipe(group, "visitor", noise_db=noise_db, noise=noise, seed=seed)
        yield Recipe("visitor alone, hum 20 dB below", "visitor", noise_db=20.0, noise="hum", seed=seed)
        for stall_ms in STALLS_MS:
            yield Recipe(f"caller alone, stall of {stall_ms} ms", "caller", delay_ms=120, stall_ms=stall_ms, seed=seed)
        yield Recipe("caller alone, clipped", "caller", delay_ms=120, echo_db=10, clip=True, seed=seed)
        for ppm in (-100.0, 100.0):
            yield Recipe(
                "caller alone, clocks 100 ppm apart", "caller", delay_ms=120, ppm=ppm, seconds=DRIFT_S, seed=seed
            )


def scored(recipe: Recipe, scene: Scene, out: Sound) -> dict[str, float]:
    """The scores that say something about such a scene."""
    if recipe.who == "visitor":
        return {"PESQ": scores.voice_pesq(scene, out), "STOI": scores.voice_stoi(scene, out)}
    if recipe.stall_ms:
        begin_s = 11 if recipe.stall_ms == min(STALLS_MS) else 14
        return {"ERLE": scores.erle(scene, out, begin_s)}
    if recipe.who == "caller":
        late_s = max(LEARNT_S, recipe.seconds - 15)  # AECMOS takes 20 s at most
        echo, _other = scores.echo_mos(scene, out, "caller", late_s)
        return {"ERLE": scores.erle(scene, out), "echo": echo}
    echo, other = scores.echo_mos(scene, out, recipe.who)
    return {"echo": echo, "other": other}


def keep(directory: Path, name: str, sound: Sound) -> None:
    """Write a WAV file to listen to."""
    samples.write(directory / f"{name.replace('/', '-')}.wav", sound, RATE)


def table(found: dict[tuple[str, str], dict[str, list[float]]], names: list[str]) -> str:
    """A row for each group and score, a column for each engine."""
    lines = [f"| scene | score | {' | '.join(names)} |", f"|---|---|{'--:|' * len(names)}"]
    for (group, score), values in found.items():
        cells = [f"{statistics.median(values[name]):.2f} ({min(values[name]):.2f})" for name in names]
        lines.append(f"| {group} | {score} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="make bench-audio", description=__doc__)
    parser.add_argument("voices", type=Path, help="directory of Asterisk's prompts: en_US_f_Allison and others")
    parser.add_argument("canceller", type=Path, help="the program made by packaging/pjsua2/build --canceller")
    parser.add_argument("python", type=Path, help="the Python of a station's environment")
    parser.add_argument("--short", action="store_true", help="some scenes of each group, no calls; writes no document")
    arguments = parser.parse_args()
    chosen: dict[str, Engine] = {
        "no canceller": engines.none,
        "no echo": engines.perfect,
        "ours": engines.ours(arguments.canceller, engines.SUPPRESSOR),
        "ours, open": engines.ours(arguments.canceller, engines.SUPPRESSOR | CONSERVATIVE),
        "WebRTC": engines.webrtc,
        "speexdsp": engines.speex,
    }
    kept = Path("build/bench-audio/wav")
    kept.mkdir(parents=True, exist_ok=True)
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for recipe in recipes(short=arguments.short):
        scene = made(recipe, arguments.voices)
        count += 1
        for name, engine in chosen.items():
            out = engine(scene)
            for score, value in scored(recipe, scene, out).items():
                found[recipe.group, score][name].append(value)
            keep(kept, f"{count:03} {recipe.who}, {recipe.name}, {name}", out)
    text = table(found, list(chosen))
    print(text, flush=True)  # noqa: T201 - the result
    if not arguments.short:
        text += ABLATION
        for part in (station, speech):
            section = part.measured(arguments.voices, arguments.python.absolute(), kept.absolute())
            print(section, flush=True)  # noqa: T201 - the result
            text += section
        Path("docs/benchmarks-audio.md").write_text(HEAD.format(count=count) + text, encoding="utf-8")


if __name__ == "__main__":
    main()
