"""Counts the modules that a reader of three walks meets: those on the call stack at each hop, in every process.

Two stations run; a visitor presses the button, and a client opens the door.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import kept
from tests.support import pairs
from tests.support.daemon import Daemon
from tests.support.times import REAL

ROOT = Path(__file__).resolve().parents[1]
HOOK = Path(__file__).resolve().with_name("walk_hook")
NOT_COUNTED = {"__main__.py", "sip/stack/__main__.py", "simulator/panel.py"}  # entry points; the stand-in for a wire
AIM = 14


@dataclass(frozen=True, slots=True)
class Hop:
    """A function that a walk enters. given: the class of an argument, if the function is called for others too."""

    station: str
    at: str  # module:function
    given: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through the code. phase: what is done meanwhile. beside: modules without Python's site module, unseen."""

    phase: str
    hops: tuple[Hop, ...]
    beside: tuple[str, ...] = ()


WALKS = {
    "a press to INVITE": Walk(
        "ring",
        (
            Hop("front", "runtime/inbox.py:put", "ButtonEdge"),
            Hop("front", "core/calls/outgoing.py:place"),
            Hop("front", "sip/link.py:send", "Place"),
            Hop("front", "pjsua2.py:makeCall"),
        ),
    ),
    "INVITE to lamp": Walk(
        "ring",
        (
            Hop("kitchen", "sip/stack/channel.py:post", "CallArrived"),
            Hop("kitchen", "runtime/inbox.py:put", "CallArrived"),
            Hop("kitchen", "core/calls/incoming.py:arrived"),
            Hop("kitchen", "core/panel/indications.py:lamps"),
            Hop("kitchen", "panel/lamps/gpio_lamp.py:show"),
        ),
    ),
    "an HTTP order to relay": Walk(
        "open",
        (
            Hop("front", "runtime/inbox.py:put", "Requested"),
            Hop("front", "core/doors/pulses.py:energise"),
            Hop("front", "core/desired_state.py:desired"),
            Hop("front", "panel/relay.py:_send"),
        ),
        beside=("panel/guard.py",),
    ),
}


def main() -> int:
    """Print each walk's modules, in the order of a reader."""
    with tempfile.TemporaryDirectory(prefix="walks-") as directory:
        records = _recorded(Path(directory))
    for name, walk in WALKS.items():
        modules = _modules(records, walk)
        lines = f"{name}: {len(modules)} modules (the aim is {AIM})", *(f"    {module}" for module in modules)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _recorded(directory: Path) -> list[dict[str, object]]:
    phase, records = directory / "phase", directory / "records"
    phase.write_text("")
    front, kitchen = (
        Daemon(
            directory / config["station"]["user"],
            _hooked(directory, config["station"]["user"]),
            config=config,
            times=REAL,
        )
        for config in pairs.pair()
    )
    with pairs.together(front, kitchen):
        phase.write_text("ring")
        pairs.ring(front, kitchen)
        phase.write_text("open")
        front.ask("POST", "/v1/doors/front/open", {})
        front.wait("door.unlocked")
        phase.write_text("")
    return [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]


def _hooked(directory: Path, station: str) -> list[str]:
    """What begins the command of a station, so that its processes write their hops."""
    hops = " ".join({hop.at for walk in WALKS.values() for hop in walk.hops})
    return [
        "env",
        f"PYTHONPATH={os.pathsep.join([str(HOOK), str(ROOT)])}",
        f"WALK_HOPS={hops}",
        f"WALK_PHASE={directory / 'phase'}",
        f"WALK_RECORDS={directory / 'records'}",
        f"WALK_STATION={station}",
    ]


def _modules(records: list[dict[str, object]], walk: Walk) -> list[str]:
    met = dict.fromkeys(module for hop in walk.hops for module in _stack(records, walk.phase, hop))
    return [module for module in met if module not in NOT_COUNTED] + list(walk.beside)


def _stack(records: list[dict[str, object]], phase: str, hop: Hop) -> Iterator[str]:
    wanted = {"phase": phase, "station": hop.station, "hop": hop.at}
    for record in records:
        given, modules = record["given"], record["modules"]
        assert isinstance(given, list)
        assert isinstance(modules, list)
        if wanted.items() <= record.items() and (not hop.given or hop.given in given):
            yield from modules
            return
    message = f"No call of {hop.at} was seen at {hop.station}: name the function that took its place."
    raise SystemExit(message)


if __name__ == "__main__":
    kept(main)
