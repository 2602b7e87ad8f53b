"""The lines of a recording: JSON, a header first, then one for each input with its results, then how it ended."""

from appliance.base.record import Record
from appliance.base.records import plain, reader
from appliance.base.types import Json
from appliance.core.desired import Desired
from appliance.core.inputs import AnyInput
from appliance.core.model import Settings, State
from appliance.core.step import Step

FORMAT = 1
RENAMED = {"ClockTold": "ClockReported"}  # inputs by their names in recordings of earlier versions


class Taken(Record):
    """One input and the core's results; `step` and `desired` are None if the core failed."""

    given: AnyInput
    step: Step | None
    desired: Desired | None


def header(version: str, recorded: str, state: State) -> Json:
    """The first line. `recorded`: when, ISO 8601; `now`: CLOCK_MONOTONIC seconds before the first input."""
    return {
        "intercomd_inputs": FORMAT,
        "version": version,
        "recorded": recorded,
        "now": state.now,
        "settings": plain(state.settings),
    }


def start(line: Json) -> State:
    """The state that a header describes. Raises ValueError, KeyError or TypeError."""
    settings: Settings = reader(Settings)(line["settings"])
    return State(settings, now=reader(float)(line["now"]))


def of(taken: Taken) -> Json:
    """The line of an input: input and events complete, orders by name, and the desired state after it."""
    return {"input": [type(taken.given).__name__, plain(taken.given)], **brought(taken)}


def brought(taken: Taken) -> Json:
    """The results of an input: the part of its line that a replay must reproduce."""
    if taken.step is None:
        return {"failed": True}
    return {
        "calls": {call.id: call.state.value for call in taken.step.state.calls.living},
        "orders": [type(order).__name__ for order in taken.step.orders],
        "events": [[event.TYPE, plain(event)] for event in taken.step.events],
        "desired": plain(taken.desired),
    }


def given(line: Json) -> AnyInput:
    """The input of a line. Raises ValueError, KeyError or TypeError."""
    name, values = line["input"]
    found: AnyInput = reader(AnyInput)([RENAMED.get(name, name), values])
    return found


def ended(why: str) -> Json:
    """The last line; without one the recording was cut off."""
    return {"ended": why}
