"""What a caller hears of an echo once the sound has stood still: `python -m benchmarks.held_up`.

A call of two stations by Opus. The microphone of the front door hears its speaker, 8 dB quieter, and nothing else.
After ten seconds its sound stands still for a moment, so that the playback buffer runs dry and holds a frame more from
then on; ten seconds later it gives the frame back. Prints by how many dB each second of what came back is quieter than
what was said, and how much the buffer held.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmarks.handsfree import samples
from benchmarks.latency import card
from benchmarks.processes import say
from tests.support.pairs import appliances, connect, pair
from tests.support.processes import hold_up
from tests.support.waiting import pause

ECHO = 0.4  # of what is played
RATE, LEVEL, WORDS_S = 48000, 0.05, 10
BEFORE_S, AFTER_S = 10, 25
TRANSFERS = 50  # a second of them
SILENT = 1e-12  # a mean square, below that of a sample of 16 bit


def write_words(path: Path) -> None:
    """Noise that comes and goes twice a second, as words do, with silence between."""
    time = np.arange(RATE * WORDS_S) / RATE
    noise = np.random.default_rng(1).standard_normal(len(time)) * np.maximum(np.sin(4 * np.pi * time), 0) ** 2
    samples.write(path, LEVEL * noise, RATE)


def quieter(path: Path) -> list[int]:
    """By how many dB each second of what came back is quieter than what was said, in a recording of both."""
    levels = []
    for channel in (0, 1):
        sound, rate = samples.read(path, channel)
        seconds = sound[: len(sound) // rate * rate].reshape(-1, rate)
        levels.append(10 * np.log10(np.mean(seconds**2, axis=1) + SILENT))
    return [round(said - heard) for said, heard in zip(*levels, strict=True)]


def measured(directory: Path, stall_s: float) -> tuple[list[int], list[int]]:
    """Each second of a call: how much quieter the echo was, in dB, and what the playback buffer held, in ms."""
    words = directory / "words.wav"
    write_words(words)
    config = pair(
        {"audio": {"capture": "mouth", "playback": "ear"}},
        {"audio": {"microphone_file": str(words)}, "recording": {"channels": "separate"}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALSA_CONFIG_PATH", str(card.make(directory, ["mouth", "ear"], ECHO)))
        with appliances(*config) as (door, inside):
            connect(door, inside)
            pause(BEFORE_S)
            hold_up(stall_s, door.sip())
            pause(AFTER_S)
            inside.press("hangup")
            recording = inside.next("recording.available")["data"]["recording"]
            echo = quieter(inside.directory / f"recordings/{recording}.wav")
    held = [depth for _, depth in card.read(directory / "ear.played").depths_ms]
    return echo, [round(median(held[at : at + TRANSFERS])) for at in range(0, len(held), TRANSFERS)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.held_up", description=__doc__)
    parser.add_argument("--stall", type=float, default=0.05, help="for how many seconds the sound stands still")
    with TemporaryDirectory() as directory:
        echo, held = measured(Path(directory), parser.parse_args(arguments).stall)
    say(f"echo, dB quieter:   {echo}")
    say(f"playback buffer, ms: {held}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
