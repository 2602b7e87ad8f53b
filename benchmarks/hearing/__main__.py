"""How well the detector of tones hears: a table of what was played and what it reported.

The C code is compiled alone and gets the sounds without a call. `--tried` takes the seeds and voices with which it was
written; without it, those that no threshold was set with.
"""

# ruff: noqa: T201

import argparse
import ctypes
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.hearing import amd, sounds

PATCH = Path(__file__).parents[2] / "packaging/pjsua2/patches/tone-hearing.patch"
STEPS = 4


class Pattern(ctypes.Structure):
    """struct th_pattern."""

    _fields_ = [(name, ctypes.c_int32) for name in ("f1", "f2", "steps")] + [
        (name, ctypes.c_int32 * STEPS) for name in ("on", "off")
    ]


class Event(ctypes.Structure):
    """struct th_event."""

    _fields_ = [
        ("pattern", ctypes.c_int32),
        ("begin", ctypes.c_uint32),
        ("end", ctypes.c_uint32),
        ("f1", ctypes.c_int32),
        ("f2", ctypes.c_int32),
    ]


def compiled(folder: Path) -> ctypes.CDLL:
    """The detector alone: the two files that the patch adds to pjproject."""
    for part in PATCH.read_text(encoding="utf-8").split("--- /dev/null\n+++ b/")[1:]:
        name, *lines = part.split("\n--- a/")[0].splitlines()
        file = folder / name.removeprefix("pjmedia/include/").removeprefix("pjmedia/src/")
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{line[1:]}\n" for line in lines[1:]), encoding="utf-8")
    library = folder / "hearing.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", f"-I{folder}"]
    sources = sorted((folder / "pjmedia").glob("*.c"))
    subprocess.run(["gcc", *flags, "-o", library, *sources, "-lm"], check=True)
    return ctypes.CDLL(str(library))


class Greeting(ctypes.Structure):
    """struct greeting."""

    _fields_ = [
        ("levels", ctypes.c_uint8 * 400),
        ("count", ctypes.c_int),
        ("squares", ctypes.c_double),
        ("filled", ctypes.c_int),
        ("answerer", ctypes.c_int),
    ]


def answerer(library: ctypes.CDLL, sound: sounds.Samples) -> tuple[str, float]:
    """Who has answered, and after how many seconds that was known."""
    greeting = Greeting()
    library.gr_init(ctypes.byref(greeting))
    pcm = np.clip(np.rint(sound), -32768, 32767).astype("<i2")
    for begin in range(0, len(pcm), 160):
        part = pcm[begin : begin + 160].tobytes()
        library.gr_put(ctypes.byref(greeting), part, len(part) // 2)
        if greeting.answerer:
            return ("person", "machine", "unsure")[greeting.answerer - 1], begin / sounds.RATE
    return "unsure", len(pcm) / sounds.RATE


def measure_answers(library: ctypes.CDLL, *, tried: bool, count: int) -> None:
    """Print the confusion tables of persons and machines: ours, and that of Asterisk's AMD."""
    seed, voices = (104, sounds.TRIED) if tried else (904, sounds.MEASURED)
    clips = list(sounds.answers(seed, voices, count))
    ours, times = [], []
    for clip in clips:
        found, after = answerer(library, clip.sound)
        ours.append((clip, found))
        times.append(after)
    print_answers("intercomd", ours)
    print(f"known after {np.median(times):.1f} s in the median, {max(times):.1f} s at most\n")
    print_answers("Asterisk's AMD", list(amd.judged(clips)))


def print_answers(title: str, judged: list[tuple[sounds.Clip, str]]) -> None:
    """Print one table."""
    table: dict[tuple[str, str], Counter[str]] = {}
    for clip, found in judged:
        table.setdefault((clip.kind, clip.channel), Counter())[found] += 1
    print(f"{title}\n\n| who answers | channel | clips | person | machine | unsure |\n|---|---|---:|---:|---:|---:|")
    for (kind, channel), row in table.items():
        cells = [row.total(), row["person"], row["machine"], row["unsure"]]
        print(f"| {kind} | {channel} |", " | ".join(map(str, cells)), "|")


class Hearing:
    """A detector that gets whole sounds."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        rows = [
            (name, Pattern(int(hertz[0]), int(hertz[1]) if len(hertz) > 1 else 0, len(steps), *spans(steps)))
            for name, hertz, steps, _ in sounds.PROGRESS.values()
        ]
        self._names = [name for name, _ in rows]
        self._patterns = (Pattern * len(rows))(*(pattern for _, pattern in rows))

    def hear(self, sound: sounds.Samples) -> list[tuple[str, Event]]:
        """What is reported."""
        memory = ctypes.create_string_buffer(self._library.th_size())
        self._library.th_init(memory, self._patterns, len(self._names))
        pcm = np.clip(np.rint(sound), -32768, 32767).astype("<i2")
        found, event = [], Event()
        for begin in range(0, len(pcm), 160):
            part = pcm[begin : begin + 160].tobytes()
            self._library.th_put(memory, part, len(part) // 2)
            while self._library.th_get(memory, ctypes.byref(event)):
                copy = Event.from_buffer_copy(event)
                found.append(("beep" if copy.pattern < 0 else self._names[copy.pattern], copy))
        return found


def spans(steps: list[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Tones and pauses, each filled up with zeros."""
    more = (0,) * (STEPS - len(steps))
    return tuple(on for on, _ in steps) + more, tuple(off for _, off in steps) + more


def everything(*, tried: bool, minutes: float, count: int) -> Iterator[sounds.Clip]:
    """The set."""
    seed, voices = (100, sounds.TRIED) if tried else (900, sounds.MEASURED)
    return chain(
        sounds.beeps(seed, voices, count),
        sounds.progress(seed + 1, max(1, count // 5)),
        sounds.others(seed + 2, voices, minutes),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tried", action="store_true")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument(
        "--answers", action="store_true", help="persons and machines in place of tones, beside Asterisk"
    )
    given = parser.parse_args()
    if given.answers:
        with tempfile.TemporaryDirectory() as folder:
            measure_answers(compiled(Path(folder)), tried=given.tried, count=given.count)
        return
    table: dict[tuple[str, str], Counter[str]] = {}
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        hearing = Hearing(compiled(Path(folder)))
        for clip in everything(tried=given.tried, minutes=given.minutes, count=given.count):
            began = time.process_time()
            heard = hearing.hear(clip.sound)
            spent += time.process_time() - began
            row = table.setdefault((clip.kind, clip.channel), Counter())
            seconds[clip.kind, clip.channel] += len(clip.sound) / sounds.RATE
            row["clips"] += 1
            names = [name for name, _ in heard]
            row["right"] += clip.wanted in names if clip.wanted else not names
            row.update(names)
            if given.verbose and (set(names) != {clip.wanted} - {""} or len(names) > 1):
                print(clip, [(n, e.begin, e.end, e.f1, e.f2) for n, e in heard])
    names = ["beep", "dial", "ringback", "busy", "congestion"]
    print("| sound | channel | clips | minutes | right |", " | ".join(names), "|")
    print("|---|---|---:|---:|---:|" + "---:|" * len(names))
    for (kind, channel), row in table.items():
        cells = [row["clips"], f"{seconds[kind, channel] / 60:.1f}", row["right"], *(row[name] for name in names)]
        print(f"| {kind} | {channel} |", " | ".join(map(str, cells)), "|")
    print(f"\n{spent:.1f} s of processor time for {sum(seconds.values()):.0f} s of sound")


if __name__ == "__main__":
    main()
