"""Plays a table of steps: acts at the panels, and waits for each step until all of it has been seen."""

import asyncio

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.demo.expectations import Scene, Side, Sight
from appliance.demo.scenario import ScenarioStep
from appliance.demo.stations import until

LOOK_S = 0.02
AFTER_END_S = 0.5  # the last output of a daemon that has ended may still be on its way


class SeenStep(Record):
    """A step that was seen. began: time of the act, CLOCK_MONOTONIC; times: of its sights, in their order."""

    step: ScenarioStep
    began: float
    times: tuple[float, ...]


class NotSeenError(Exception):
    """A failed step: the missing sight, the observation instead, and the file with details."""

    def __init__(self, step: ScenarioStep, expected: str, seen: str, where: str) -> None:
        super().__init__(f"{step.name}: {expected}")
        self.step, self.expected, self.seen, self.where = step, expected, seen, where


async def play(step: ScenarioStep, scene: Scene, patience_s: float) -> SeenStep:
    """Perform a step and wait for all its sights. Raises NotSeenError with the first missing sight in the table."""
    for side in scene.values():
        side.begin()
    try:
        began = await step.act(scene)
    except IntercomError as error:
        logs = " and ".join(str(side.station.log) for side in scene.values())
        raise NotSeenError(step, step.text, str(error), logs) from error
    watches = [asyncio.create_task(_watch(sight, scene)) for sight in step.sights]
    try:
        await until(lambda: all(watch.done() for watch in watches) or _over(scene), patience_s)
        if _over(scene):
            await asyncio.wait(watches, timeout=AFTER_END_S)
        times = [watch.result() if watch.done() else None for watch in watches]
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
    for sight, at in zip(step.sights, times, strict=True):
        if at is None:
            raise _not_seen(step, sight, scene)
    return SeenStep(step, began, tuple(at for at in times if at is not None))


async def _watch(sight: Sight, scene: Scene) -> float:
    """Wait for a sight; returns when it was seen."""
    side = scene[sight.side]
    while True:
        try:
            at = await sight.look(side)
        except IntercomError as error:  # not answering yet, or no longer
            side.answered, at = str(error), None
        if at is not None:
            return at
        await asyncio.sleep(LOOK_S)


def _over(scene: Scene) -> bool:
    return any(side.station.ended is not None for side in scene.values())


def _not_seen(step: ScenarioStep, sight: Sight, scene: Scene) -> NotSeenError:
    side = scene[sight.side]
    seen = sight.seen(side)
    for other in scene.values():
        if other.station.ended is not None:
            seen += (
                f"; the daemon of {other.station.name} ended with status {other.station.ended}: {_last_words(other)}"
            )
    return NotSeenError(step, f"{side.station.name}: {sight.text}", seen, str(sight.where(side)))


def _last_words(side: Side) -> str:
    try:
        lines = side.station.log.read_text(errors="replace").splitlines()
    except OSError as error:
        return str(error)
    return lines[-1] if lines else "it printed nothing"
