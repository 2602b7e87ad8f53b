"""Runs the benchmarks and writes docs/benchmarks.json and docs/benchmarks.md."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from appliance.base.types import Json
from benchmarks import arm64, emulated, growth, healing, measures, pressed, processes, report, subjects

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS, metavar="DIR", help="where to write (default: docs)")
    parser.add_argument("--tiny", action="store_true", help="one round of what is quick, to see that it works")
    parser.add_argument("--only", choices=[TIMES, *PARTS], help="one part; the rest stays as it was")
    given = parser.parse_args(arguments)
    size = measures.TINY if given.tiny else measures.FULL
    kept = given.to / "benchmarks.json"
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        found = json.loads(kept.read_text(encoding="utf-8")) if given.only or kept.exists() else {}
        wanted = [given.only] if given.only else [TIMES, *PARTS]
        if TIMES in wanted:
            found |= _times(Path(directory), size)
            _write(given.to, found)
        for part in (each for each in wanted if each != TIMES):
            told, begun = report.moment(), time.monotonic()
            samples = PARTS[part](Path(directory), size)
            found[part] = {**told, "took_s": round(time.monotonic() - begun), "samples": samples}
            _write(given.to, found)  # a part that fails leaves what the others have measured
    processes.say(f"{given.to / 'benchmarks.md'} and benchmarks.json are written.")
    return 0


def _write(to: Path, found: Json) -> None:
    (to / "benchmarks.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (to / "benchmarks.md").write_text(report.table(found), encoding="utf-8")


def _times(directory: Path, size: measures.Size) -> Json:
    """Measure times, memory and processor time, beside other programs."""
    told, begun = report.facts(), time.monotonic()
    bench = measures.Bench(directory, subjects.noise(directory / "noise.wav"), size)
    try:
        bench.run()
    finally:
        bench.close()
    return report.results(bench.samples, told, time.monotonic() - begun, size)


TIMES = "times"  # and memory and processor time, beside other programs
PARTS: dict[str, Callable[[Path, measures.Size], Json]] = {
    "flood": lambda directory, size: pressed.run(directory, size.flooded),
    "healing": lambda directory, size: healing.run(directory, size.healings, size.faults, size.transports),
    "arm64": lambda _, size: arm64.run() if size.emulated else {},
    "station": lambda directory, size: emulated.run(directory) if size.emulated else {},
    "growth": lambda directory, size: growth.run(directory, size.histories, size.growths),
}


if __name__ == "__main__":
    processes.kept(main)
