"""Opens the door front, and watches two simulated lines meanwhile; runs in the guest: CHIP LINE LINE COUNT.

Prints [[when it was ordered, when the event door.unlocked was, when the first line rose, the second one], …], in
CLOCK_MONOTONIC seconds; null for a line that was not seen to rise. A process of its own looks at the lines, some
thousand times a second.
"""

import json
import math
import os
import signal
import sys
import time

from http_client import ask
from pacing import paced
from simulated_lines import Lines

OPEN_S = 0.3
TOO_MANY = 429


def watch(chip: str, lines: list[int], to: int) -> None:
    """Write a line's number and the time for each rise, until nobody reads."""
    seen = Lines(chip)
    low = {line: seen.low(line) for line in lines}
    os.write(to, b"watching\n")
    for now in paced(0.0002):
        for line in lines:
            if seen.low(line) != low[line]:
                low[line] = not low[line]
                if not low[line]:
                    os.write(to, f"{line} {now}\n".encode())


def main(chip: str, *words: str) -> None:
    """Open, and print."""
    *lines, count = map(int, words)
    reader, writer = os.pipe()
    watcher = os.fork()
    if not watcher:
        watch(chip, lines, writer)
    os.close(writer)
    with os.fdopen(reader) as rises:
        try:
            assert rises.readline() == "watching\n"
            here = Lines(chip)
            opened = [order(here, lines) for _ in range(count)]
        finally:
            os.kill(watcher, signal.SIGTERM)
            os.waitpid(watcher, 0)
        rose = [(int(line), float(at)) for line, at in map(str.split, rises)]
    ends = [*(at for at, _ in opened[1:]), math.inf]
    moves = [
        [at, event, *(first(rose, line, at, end) for line in lines)]
        for (at, event), end in zip(opened, ends, strict=True)
    ]
    print(json.dumps(moves))


def order(here: Lines, lines: list[int]) -> tuple[float, float]:
    """Open the door once both lines are low, and wait until it is locked again: when the order and the event were."""
    for _ in paced(0.002):
        if all(here.low(line) for line in lines):
            break
    since = ask("/v1/state")[1]["last_event"]
    for _ in paced(1.0):
        at = time.monotonic()
        status, answer = ask("/v1/doors/front/open", "POST", json.dumps({"seconds": OPEN_S}))
        if status != TOO_MANY:  # a client has 60 orders in a minute
            break
    assert status == 200, answer
    seen: dict[str, float] = {}
    while "door.locked" not in seen:
        polled = ask(f"/v1/events?since={since}&wait=5")[1]
        since = polled["since"]
        seen |= {event["type"]: event["uptime"] for event in polled["events"]}
    return at, seen["door.unlocked"]


def first(rose: list[tuple[int, float]], line: int, since: float, until: float) -> float | None:
    """When a line rose first in that time; None if it did not, or nobody looked while it was high."""
    return next((at for each, at in rose if each == line and since < at < until), None)


if __name__ == "__main__":
    main(*sys.argv[1:])
