"""Instructions of the daemon's imports, of `step`, and of an INVITE in the reactor, counted by valgrind.

The count depends neither on the machine's speed nor on its load. `python -m benchmarks.instructions` is what valgrind
runs: it imports the daemon once, and forks for each workload, so that a workload is the difference of two children.
"""

import gc
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

# All of intercomd, asyncio and logging are imported late, since their import is measured.
if TYPE_CHECKING:
    from appliance.core import inputs

ROOT = Path(__file__).resolve().parents[1]
STEPS, RINGS = 10, 10  # visits and callers in a child
TOTAL = re.compile(r"==(\d+)== I\s+refs:\s+([\d,]+)")


def counted() -> dict[str, float]:
    """Millions of instructions: imports, a step, an INVITE."""
    words = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT)}
    program, environment = [sys.executable, "-m", "benchmarks.instructions"], {**os.environ, **fixed}
    subprocess.run(program, capture_output=True, check=True, cwd=ROOT, env=environment)  # compiles what is not yet
    done = subprocess.run([*words, *program], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(f"valgrind cannot count instructions: {done.stderr[-2000:]}")
    return differences(done.stdout, done.stderr)


def differences(printed: str, report: str) -> dict[str, float]:
    """Figures from what the program printed (workload, process) and what valgrind reported for each process."""
    from benchmarks.visits import INPUTS_OF_A_VISIT  # noqa: PLC0415

    totals = {pid: int(count.replace(",", "")) for pid, count in TOTAL.findall(report)}
    count = {workload: totals[pid] for workload, pid in (line.split() for line in printed.splitlines())}
    return {
        "import": (count["imported"] - count["bare"]) / 1e6,
        "step": (count["steps"] - count["no_steps"]) / 1e6 / (STEPS * INPUTS_OF_A_VISIT),
        "invite": (count["rings"] - count["no_rings"]) / 1e6 / RINGS,
    }


def allocated() -> float:
    """Bytes that a step has allocated at its peak, in the mean."""
    from appliance.core.model import State  # noqa: PLC0415
    from appliance.core.step import step  # noqa: PLC0415
    from benchmarks.visits import SETTINGS, visits  # noqa: PLC0415

    given, total = visits(STEPS), 0
    state = State(SETTINGS, now=0.0)
    tracemalloc.start()
    for each in given:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        state = step(state, each).state
        total += tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return total / len(given)


class _Memory:
    """A journal without a disc."""

    boot = "0" * 32

    def __init__(self) -> None:
        self._newest = 0

    def take(self) -> int:
        self._newest += 1
        return self._newest

    def append(self, envelope: dict[str, Any]) -> None:
        pass

    def since(self, after: int, most: int) -> tuple[tuple[int, int] | None, list[dict[str, Any]]]:
        raise NotImplementedError


def _steps(given: "Sequence[inputs.Input]") -> None:
    from appliance.core.model import State  # noqa: PLC0415
    from appliance.core.step import step  # noqa: PLC0415
    from benchmarks.visits import SETTINGS  # noqa: PLC0415

    state = State(SETTINGS, now=0.0)
    for each in given:
        state = step(state, each).state


async def _rings(given: "Sequence[inputs.Input]") -> None:
    """Callers in a whole reactor, whose adapters do nothing."""
    import asyncio  # noqa: PLC0415

    from appliance.core import orders  # noqa: PLC0415
    from appliance.core.inputs import CallArrived  # noqa: PLC0415
    from appliance.runtime.reactor import Reactor  # noqa: PLC0415
    from benchmarks.visits import SETTINGS  # noqa: PLC0415

    performed: list[str] = []
    reactor = Reactor(SETTINGS, _Memory())
    kinds = (*orders.SipOrder.__args__, orders.PrepareRecording, orders.FinishRecording, orders.LogCall)
    reactor.perform |= dict.fromkeys(kinds, lambda order: performed.append(type(order).__name__))
    reactor.start("0", None)
    for each in given:
        reactor.post(each)
        await asyncio.sleep(0)
    callers = sum(isinstance(each, CallArrived) for each in given)
    assert performed.count("Ring") == callers, performed  # otherwise an INVITE was refused
    reactor.stop()


def _main() -> None:
    """Fork for each workload, and print its process."""
    _child("bare", lambda: None)
    import asyncio  # noqa: PLC0415
    import logging  # noqa: PLC0415

    gc.disable()  # as the daemon does while it imports
    import appliance.app.daemon  # noqa: F401, PLC0415

    gc.freeze()  # as the daemon does afterwards: otherwise garbage is searched for among all that was imported
    gc.enable()
    _child("imported", lambda: None)
    from benchmarks.visits import rings, visits  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, filename=os.devnull)
    seen, called = visits(STEPS), rings(RINGS)
    _child("no_steps", lambda: _steps(()))
    _child("steps", lambda: _steps(seen))
    _child("no_rings", lambda: asyncio.run(_rings(called[:1])))
    _child("rings", lambda: asyncio.run(_rings(called)))


def _child(workload: str, run: Callable[[], None]) -> None:
    pid = os.fork()
    if not pid:
        run()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit(f"{workload} failed")
    print(workload, pid, flush=True)  # noqa: T201 - its output protocol


if __name__ == "__main__":
    _main()
