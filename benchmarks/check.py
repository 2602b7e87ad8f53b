"""Holds the daemon to its budget: measures what depends on no clock, and fails if a limit of budget.toml is exceeded.

`make bench-check`, or `python -m benchmarks.check`.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import budget, instructions, loaded, processes
from benchmarks.latency.pairs import least_ratio

PAIRS = 5
CALLS = 3


def measured() -> tuple[dict[str, float], dict[str, frozenset[str]]]:
    """All figures of the budget, and the modules of each process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        modules = loaded.modules(directory)
        ratios = loaded.ratios(directory, PAIRS)
        ratios["delay"] = least_ratio(directory, CALLS, processes.say)
    figures = {f"modules.{process}": float(len(names)) for process, names in modules.items()}
    figures |= {f"instructions.{what}": count for what, count in instructions.counted().items()}
    figures |= {f"ratio.{what}": ratio for what, ratio in ratios.items()}
    return {**figures, "bytes.step": instructions.allocated()}, modules


def main() -> int:
    """Measure, print every figure beside its limit; the exit status is 1 if one is exceeded."""
    limits = budget.read()
    figures, modules = measured()
    print(*budget.table(limits, figures), sep="\n")  # noqa: T201 - its output
    exceeded = budget.excesses(limits, figures, modules)
    for each in exceeded:
        print(f"Over budget: {each}", file=sys.stderr)  # noqa: T201 - its output
    return 1 if exceeded else 0


if __name__ == "__main__":
    processes.kept(main)
