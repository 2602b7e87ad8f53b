"""Runs the benchmarks and writes docs/benchmarks.json and docs/benchmarks.md."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import measures, report, subjects

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS, metavar="DIR", help="where to write (default: docs)")
    parser.add_argument("--tiny", action="store_true", help="one round of what is quick, to see that it works")
    given = parser.parse_args(arguments)
    size = measures.TINY if given.tiny else measures.FULL
    told, begun = report.facts(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        bench = measures.Bench(Path(directory), subjects.noise(Path(directory) / "noise.wav"), size)
        try:
            bench.run()
        finally:
            bench.close()
    found = report.results(bench.samples, told, time.monotonic() - begun, size)
    (given.to / "benchmarks.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.to / "benchmarks.md").write_text(report.table(found), encoding="utf-8")
    measures.say(f"{given.to / 'benchmarks.md'} and benchmarks.json are written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
