"""Worn buttons on simulated lines, all pressed at once; runs in the guest: bounces.py CHIP SEED ROUNDS LAST FILE.

Each line of the chip is a button to ground, LAST a button that does not bounce. In a round every other line plays one
trace: contacts that bounce, one press, and contacts that bounce again; or, in one of three traces, pulses that are too
short. Then LAST is pressed; once its click is reported, all earlier events are, too: FILE gets a line of JSON for each
round, {"traces": {line: [[begun, over, down], …]}, "events": […]}, times in CLOCK_MONOTONIC seconds.
"""

import heapq
import json
import random
import sys
import time
from pathlib import Path

from http_client import ask
from pacing import pause, pause_until
from simulated_lines import Lines

BOUNCE_S = 0.004  # one of its pulses, at most
SHORT_S = 0.012  # the longest of those that are no press
PULSES = range(9)
DOWN_S, REST_S = (0.08, 0.3), 0.2


def trace(dice: random.Random) -> list[tuple[bool, float]]:
    """Whether the contact closes, and for how long it stays so."""

    def bouncing(first: bool) -> list[tuple[bool, float]]:
        pulses = range(dice.choice(PULSES))
        return [(way, dice.uniform(0.0, BOUNCE_S)) for _ in pulses for way in (first, not first)]

    if dice.random() < 1 / 3:
        return [*bouncing(True), (True, dice.uniform(0.0, SHORT_S)), (False, REST_S)]
    return [*bouncing(True), (True, dice.uniform(*DOWN_S)), *bouncing(False), (False, REST_S)]


def played(lines: Lines, traces: dict[int, list[tuple[bool, float]]], dice: random.Random) -> dict[int, list]:
    """All of them at once, each step as late as it has to be after the one before; what was done when."""
    done: dict[int, list] = {line: [] for line in traces}
    began = time.monotonic()
    due = [(began + dice.uniform(0.0, 0.5), line, 0) for line in traces]
    heapq.heapify(due)
    while due:
        at, line, number = heapq.heappop(due)
        pause_until(at)
        down, seconds = traces[line][number]
        begun = time.monotonic()
        lines.pull(line, down=down)
        done[line].append((begun, time.monotonic(), down))
        if number + 1 < len(traces[line]):
            heapq.heappush(due, (time.monotonic() + seconds, line, number + 1))
    pause(REST_S)
    return done


def heard(since: int, last: str) -> tuple[int, list]:
    """The events after `since` up to the click of the button `last`."""
    events: list = []
    while not any(event["type"] == "button.clicked" and event["data"]["button"] == last for event in events):
        _, answer = ask(f"/v1/events?since={since}&wait=5&types=button.*")
        since = answer["since"]
        events += answer["events"]
    return since, events


def main(chip: str, seed: str, rounds: str, last: str, file: str) -> None:
    lines, dice = Lines(chip), random.Random(int(seed))
    since = ask("/v1/state")[1]["last_event"]
    with Path(file).open("w") as told:
        for _ in range(int(rounds)):
            traces = {line: trace(dice) for line in range(lines.count) if line != int(last)}
            done = played(lines, traces, dice)
            lines.pull(int(last), down=True)
            pause(REST_S)
            lines.pull(int(last), down=False)
            since, events = heard(since, f"b{last}")
            print(json.dumps({"traces": done, "events": events}), file=told, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
