"""Runs the benchmarks and writes docs/benchmarks.json and docs/benchmarks.md."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from appliance.base.types import Json
from benchmarks import healing, measures, report, subjects

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS, metavar="DIR", help="where to write (default: docs)")
    parser.add_argument("--tiny", action="store_true", help="one round of what is quick, to see that it works")
    parser.add_argument("--healing", action="store_true", help="only the times to heal; the rest stays as it was")
    given = parser.parse_args(arguments)
    size = measures.TINY if given.tiny else measures.FULL
    kept = given.to / "benchmarks.json"
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        found = json.loads(kept.read_text(encoding="utf-8")) if given.healing else _times(Path(directory), size)
        found["healing"] = _healing(Path(directory), size)
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.to / "benchmarks.md").write_text(report.table(found), encoding="utf-8")
    measures.say(f"{given.to / 'benchmarks.md'} and benchmarks.json are written.")
    return 0


def _times(directory: Path, size: measures.Size) -> Json:
    """Measure times, memory and processor time, beside other programs."""
    told, begun = report.facts(), time.monotonic()
    bench = measures.Bench(directory, subjects.noise(directory / "noise.wav"), size)
    try:
        bench.run()
    finally:
        bench.close()
    return report.results(bench.samples, told, time.monotonic() - begun, size)


def _healing(directory: Path, size: measures.Size) -> Json:
    """Measure the seconds to recover from faults."""
    told, begun = report.moment(), time.monotonic()
    samples = healing.run(directory, size.healings, size.faults, size.transports)
    return {**told, "took_s": round(time.monotonic() - begun), "samples": samples}


if __name__ == "__main__":
    sys.exit(main())
