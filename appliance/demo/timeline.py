"""Prints the call as it runs: each step with its times, and missing sights."""

import sys

from appliance.demo.expectations import Scene
from appliance.demo.player import NotSeenError, SeenStep
from appliance.demo.scenario import ScenarioStep


class Timeline:
    """Times are milliseconds from the act (a press's edge): exact to 1 ms for SIP messages, upper limits with "<"."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._begun: list[float] = []  # of each step

    def stations(self) -> None:
        """Print the stations and their addresses."""
        for side in self._scene.values():
            address = side.station.config["sip"]["address"], side.station.config["sip"]["port"]
            print(f"{side.station.name}: SIP on {address[0]}:{address[1]}, page {side.station.page}")
        print()

    def ask(self, step: ScenarioStep) -> None:
        """Print that Enter starts the next step."""
        print(f"Enter: {step.text}", flush=True)

    def step(self, seen: SeenStep) -> None:
        """Print a step and everything that was seen of it."""
        self._begun.append(seen.began)
        since_first, since_last = seen.began - self._begun[0], seen.began - self._begun[-2:][0]
        print(f"{since_first:7.3f} s  {seen.step.name}: {seen.step.text} (+{since_last:.3f} s)")
        for sight, at in zip(seen.step.sights, seen.times, strict=True):
            after_ms = max(0.0, at - seen.began) * 1000  # a trace's times are truncated to milliseconds
            bound = " " if sight.exact else "<"
            print(f"{'':4}{bound}{after_ms:8.1f} ms  {self._scene[sight.side].station.name:12}{sight.text}")
        sys.stdout.flush()

    def failed(self, error: NotSeenError) -> None:
        """Print a step that failed."""
        sys.stdout.flush()
        print(
            f"\nStep {error.step.name} failed.\n"
            f"  expected: {error.expected}\n  seen:     {error.seen}\n  look in:  {error.where}",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        """Print where the call can be listened to."""
        recordings = [str(side.recording) for side in self._scene.values() if side.recording]
        print(f"\nEvery step succeeded. The recording: {', '.join(recordings)}", flush=True)
