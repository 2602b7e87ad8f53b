"""The lines of a recording: JSON, a header first, then one for each input with its results, then how it ended.

Format 2. In format 1, an input and a request in it were written as [kind, fields]; `given` reads both.
"""

import operator
from functools import reduce
from typing import Any

from msgspec import convert, to_builtins

from appliance.base.record import Record
from appliance.base.types import Json
from appliance.core.desired import Desired
from appliance.core.inputs import ACTIONS, INPUTS, Input, Requested
from appliance.core.model import Settings, State
from appliance.core.step import Step

FORMAT = 2
READABLE = {1, FORMAT}
_ANY: Any = reduce(operator.or_, INPUTS)
Requested.__annotations__["action"] = reduce(operator.or_, ACTIONS)  # here, as it takes time at each start
RENAMED = {"ClockTold": "ClockReported"}  # inputs by their names in recordings of earlier versions


class Taken(Record):
    """One input and the core's results; `step` and `desired` are None if the core failed."""

    given: Input
    step: Step | None
    desired: Desired | None


def header(version: str, recorded: str, state: State) -> Json:
    """The first line. `recorded`: when, ISO 8601; `now`: CLOCK_MONOTONIC seconds before the first input."""
    return {
        "intercomd_inputs": FORMAT,
        "version": version,
        "recorded": recorded,
        "now": state.now,
        "settings": to_builtins(state.settings),
    }


def start(line: Json) -> State:
    """The state that a header describes. Raises MsgspecError, ValueError, KeyError or TypeError."""
    return State(convert(line["settings"], Settings), now=convert(line["now"], float))


def of(taken: Taken) -> Json:
    """The line of an input: input and events complete, orders by name, and the desired state after it."""
    return {"input": to_builtins(taken.given), **brought(taken)}


def brought(taken: Taken) -> Json:
    """The results of an input: the part of its line that a replay must reproduce."""
    if taken.step is None:
        return {"failed": True}
    return {
        "calls": {call.id: call.state.value for call in taken.step.state.calls.living},
        "orders": [type(order).__name__ for order in taken.step.orders],
        "events": [[event.TYPE, to_builtins(event)] for event in taken.step.events],
        "desired": to_builtins(taken.desired),
    }


def given(line: Json) -> Input:
    """The input of a line. Raises MsgspecError, ValueError, KeyError or TypeError."""
    value = line["input"]
    if isinstance(value, list):  # format 1
        value = _tagged(value)
        if "action" in value:
            value["action"] = _tagged(value["action"])
    found: Input = convert(value, _ANY)
    return found


def _tagged(value: Any) -> Json:
    kind, fields = value
    return {"type": RENAMED.get(kind, kind), **fields}


def ended(why: str) -> Json:
    """The last line; without one the recording was cut off."""
    return {"ended": why}
