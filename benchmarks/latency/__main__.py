"""Measures from mouth to ear on ideal cards, beside baresip and linphone, and writes docs/benchmarks-latency.md."""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.latency import report
from benchmarks.latency.pairs import BAD, Pair, baresips, measure, stations
from benchmarks.latency.parties import BaresipParty, LinphoneParty, Station
from benchmarks.processes import kept, say

DOCS = Path(__file__).resolve().parents[2] / "docs"
CODECS = ("PCMA", "G722", "opus")
CALLS, OTHER_CALLS, BAD_CALLS = 10, 3, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS, metavar="DIR", help="where to write (default: docs)")
    parser.add_argument("--calls", type=int, default=CALLS, help="calls of each pair and codec")
    parser.add_argument("--codec", choices=CODECS, action="append", help="this codec only (may be repeated)")
    given = parser.parse_args(arguments)
    codecs, calls = given.codec or CODECS, given.calls
    # Two pairs at once, as each of them needs a tenth of a core.
    steps = [[stations(codec, calls), baresips(codec, calls)] for codec in codecs]
    others = ((Station, BaresipParty), (LinphoneParty, BaresipParty))
    steps.append([Pair(kinds, codecs[0], min(calls, OTHER_CALLS)) for kinds in others])
    steps.append([stations(codecs[0], min(calls, BAD_CALLS), BAD)])
    steps.append(
        [Pair((kind, kind), codecs[0], min(calls, OTHER_CALLS), served=True) for kind in (Station, BaresipParty)]
    )
    told, begun = report.facts(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        rounds = measure(Path(name), steps, say)
    found = {**told, "took_s": round(time.monotonic() - begun), "rounds": [each.json() for each in rounds]}
    (given.to / "benchmarks-latency.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.to / "benchmarks-latency.md").write_text(report.text(found, rounds), encoding="utf-8")
    say(f"{given.to / 'benchmarks-latency.md'} and benchmarks-latency.json are written.")
    return 0


if __name__ == "__main__":
    kept(main)
