"""Presses while many clients request by HTTP, and before that without them; what both sides take of the processor."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peer import Peer
from benchmarks.processes import Program, cpu_s, say
from benchmarks.subjects import NULL, Daemon, noise

QUIET_S = 0.2  # the debounce of the previous press
ROWS = {
    "quiet": "Press to INVITE without the flood, ms",
    "press": "Press to INVITE in the flood, ms",
    "press_p99": "&nbsp;&nbsp;99th percentile",
    "200": "Requests carried out, 1/s",
    "503": "Requests refused with Retry-After, 1/s",
    "waits": "Requests left out, since each client waited for an answer, 1/s",
    "daemon": "Processor time of the daemon, % of a core",
    "clients": "Processor time of the clients, % of a core",
}


def run(directory: Path, presses: int) -> dict[str, list[float]]:
    """Each row's samples."""
    samples: dict[str, list[float]] = defaultdict(list)
    peer = Peer()
    subject = Daemon(directory, noise(directory / "noise.wav"), NULL, peer.uri)
    subject.start()
    try:
        subject.settle()
        say("presses without a flood")
        _press(subject, peer)  # the first press opens connections
        samples["quiet"] += [_press(subject, peer) for _ in range(presses // 4 or 1)]
        say("presses in a flood")
        with _flooded(subject, samples):
            samples["press"] += [_press(subject, peer) for _ in range(presses)]
        samples["press_p99"].append(sorted(samples["press"])[presses * 99 // 100])
    finally:
        subject.stop()
        peer.close()
    return samples


def _press(subject: Daemon, peer: Peer) -> float:
    """Milliseconds until the INVITE; the time begins before the panel's line moves."""
    time.sleep(QUIET_S)
    subject.rest()
    pressed = time.time_ns()
    subject.press()
    took = (peer.refused_invite() - pressed) / 1e6
    subject.pressed()
    return took


@contextmanager
def _flooded(subject: Daemon, samples: dict[str, list[float]]) -> Iterator[None]:
    load = Program([sys.executable, "-m", "benchmarks.flood", *subject.tcp()], subject.directory)
    load.line("flooding")
    ends = _shares({"daemon": subject.processes()["daemon"], "clients": load.pid})
    begun = time.monotonic()
    yield
    seconds = time.monotonic() - begun
    for name, share in ends().items():
        samples[name].append(share)
    load.stop()
    answers = dict(word.split("=") for word in load.line("answers")[1].split()[1:])
    if int(answers.get("503_without_Retry-After", "0")):
        raise RuntimeError("a refusal without Retry-After")
    for name, status in (("200", "200"), ("503", "503"), ("waits", "every_client_waits")):
        samples[name].append(int(answers.get(status, "0")) / seconds)


def _shares(processes: dict[str, int]) -> Callable[[], dict[str, float]]:
    """Begin to measure; the function returns the processor time of each process since then, in percent of a core."""
    before, begun = {name: cpu_s(pid) for name, pid in processes.items()}, time.monotonic()

    def ends() -> dict[str, float]:
        seconds = time.monotonic() - begun
        return {name: (cpu_s(pid) - before[name]) / seconds * 100 for name, pid in processes.items()}

    return ends
