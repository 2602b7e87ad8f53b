"""Replays a recording through the core, prints it as a timeline, and names the first difference."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import MsgspecError, to_builtins

from appliance.base.errors import ErrorCode, IntercomError, survive
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.core import desired_state
from appliance.core.inputs import Input
from appliance.core.model import State
from appliance.core.step import step
from appliance.replay import record_format
from appliance.replay.record_format import Taken

QUIET = {"type", "at", "taken", "fresh"}  # the timeline has its own column; and values that nobody can read


class Difference(Record):
    """A difference between the present core's decision and the recorded one."""

    line: int
    what: str
    recorded: Any
    replayed: Any

    def __str__(self) -> str:
        """The difference in a line."""
        return f"line {self.line}: {self.what} was {json.dumps(self.recorded)}, is {json.dumps(self.replayed)}"


class Report(Record):
    """The result of a replay. ended: why the recording ended, "" if it was cut off."""

    version: str
    recorded: str
    state: State
    timeline: tuple[str, ...]
    inputs: int
    ended: str
    difference: Difference | None


def replay(path: Path) -> Report:
    """Pass all inputs of a recording through `step`. Raises IntercomError if it is not a readable recording."""
    found = _lines(path)
    head = next(found, (1, None))[1]
    if not isinstance(head, dict) or "intercomd_inputs" not in head:
        raise _unreadable(path, "It does not begin with the header of a recording")
    if head["intercomd_inputs"] not in record_format.READABLE:
        raise _unreadable(path, f"Its format is {head['intercomd_inputs']}, not 1 to {record_format.FORMAT}")
    number, ended, difference = 1, "", None
    timeline: list[str] = []
    try:
        state = record_format.start(head)
        begun, count = state.now, 0
        calls: dict[str, str] = {}
        for number, line in found:
            if "ended" in line:
                ended = str(line["ended"])
                break
            count += 1
            taken = _take(state, line)
            state = taken.step.state if taken.step is not None else state
            again = record_format.brought(taken)
            timeline += _timeline_lines(taken, again, begun, calls)
            calls = again.get("calls", calls)
            difference = difference or _difference(number, line, again)
    except (MsgspecError, ValueError, KeyError, TypeError) as err:
        raise _unreadable(path, f"Line {number} is not known to this version: {err!r}") from err
    return Report(
        version=str(head.get("version")),
        recorded=str(head.get("recorded")),
        state=state,
        timeline=tuple(timeline),
        inputs=count,
        ended=ended,
        difference=difference,
    )


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """The lines with their numbers. A line that was cut off, as by a power cut, is omitted: it is always the last."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if not text.endswith("\n"):
                    return
                yield number, json.loads(text)
    except OSError as err:
        raise _unreadable(path, str(err.strerror)) from err
    except ValueError as err:
        raise _unreadable(path, f"It is not JSON: {err}") from err


def _take(state: State, line: Json) -> Taken:
    given = record_format.given(line)
    failed = Taken(given, None, None)  # as in the reactor: what failed there should fail here, and be reported
    return survive(lambda: _decide(state, given), lambda _: None) or failed


def _decide(state: State, given: Input) -> Taken:
    taken = step(state, given)
    return Taken(given, taken, desired_state.desired(taken.state))


def _difference(number: int, line: Json, again: Json) -> Difference | None:
    """The recorded results must be reproduced; results that only this version has are ignored."""
    wanted = {name: recorded for name, recorded in line.items() if name != "input"}
    return next((Difference(number, *found) for found in _unequal("", wanted, again)), None)


def _unequal(where: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            yield from _unequal(f"{where}.{key}".lstrip("."), old[key], new.get(key))
        if where == "calls" and new.keys() - old.keys():
            yield where, old, new
    elif isinstance(old, list) and isinstance(new, list | tuple) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _unequal(f"{where}.{number}", one, other)
    elif old != new:
        yield where, old, new


def _timeline_lines(taken: Taken, again: Json, begun: float, before: dict[str, str]) -> Iterator[str]:
    """The timeline's lines of one input: seconds since the recording began, the input, its results."""
    yield f"{taken.given.at - begun:+10.3f}  {type(taken.given).__name__}{_fields(to_builtins(taken.given))}"
    if "failed" in again:
        yield f"{'':12}  the core FAILED on this input"
        return
    for kind, values in again["events"]:
        yield f"{'':12}  {kind}{_fields(values)}"
    for order in again["orders"]:
        yield f"{'':12}  order {order}"
    for call, state in again["calls"].items():
        if before.get(call) != state:
            yield f"{'':12}  {call} is {state}"


def _fields(values: Json) -> str:
    shown = {name: value for name, value in values.items() if name not in QUIET and value not in ("", None)}
    return "".join(f" {name}={json.dumps(value, ensure_ascii=False)}" for name, value in shown.items())


def _unreadable(path: Path, why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.PARAMETER_INVALID,
        f"{path} cannot be replayed.",
        f"{why}.",
        "Use a file that intercomd --record-inputs wrote, with the version that its first line names.",
    )
