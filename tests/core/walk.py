"""Walks through all states that can be reached, breadth-first over `step`, and holds the rules against each."""

import gc
import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from appliance.base.record import Record
from appliance.core import desired_state, inputs
from appliance.core.model import Call, State
from tests.core.rules import may_be, stepped

TIMES = {
    "deadline",
    "at",
    "settles",
    "long_at",
    "stuck_at",
    "chord_until",
    "click_until",
    "release_at",
    "until",
    "error_until",
    "ours_until",
    "answers_at",
    "announcing_until",
    "tone_at",
    "clears_at",
    "busy_until",
}
PAST = {"ringing_since", "connected_since", "rtp_lost_since"}
# inputs that are only reported; and parts that change only their own field
TOLD = {
    "settings",
    "now",
    "created",
    "began",
    "by",
    "number",
    "codec",
    "quality",
    "watch",
    "received_at",
    "sent",
    "clock",
    "last",
    "sip_address",
    "local_uri",
    "storage",
    "failed",
    "denied",
    "dropped",
    "discarded",
    "edge_at",
    "pressed_at",
    "clicked_at",
    "glitches",
    "strokes",
    "changes",
    "custom_data",
    "custom_from",
    "since",
    "change",
    "kept_change",
    "answer",
    "attempts",
    "rejected",
    "needs_restart",
    "network",
    "last_addresses",
    "lamp_kinds",
    "started",
    "cards",
    "openings",
    "orders",
    "offered_version",
    "soundless",
}


TIME, ID = "a time", "an id"  # stand among the values of a part for what the key has beside them
MOST_KNOWN = 100_000  # parts, so that a long walk does not fill the memory


@cache
def names_of(kind: type) -> tuple[str, ...] | None:
    """The fields of a record but for the settings, None for what is none."""
    if not issubclass(kind, Record):
        return None
    return tuple(name for name in kind.__struct_fields__ if name != "settings")


class Part:
    """A tuple or record in a state: its values, and beside them the times and ids in it in their order.

    waits: all times in it, those too that decide nothing. mark: the same object for the same values.
    """

    __slots__ = ("ids", "mark", "times", "value", "values", "waits")

    def __init__(self, value) -> None:
        self.value = value  # kept, so that nothing else gets its id()
        self.values, self.times, self.ids, self.waits = [], [], [], []


class Keys:
    """Makes the keys of states. A state shares most of its parts with the one before it, so each part is read once."""

    def __init__(self) -> None:
        self._known: dict[int, Part] = {}
        self._marks: dict[tuple, object] = {}

    def of(self, state: State) -> tuple:
        """The state with ids numbered and times ranked: two states that can only do the same are one."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        whole = self._read(state)
        ahead = sorted({at for at in whole.waits if at > state.now})
        rank = {at: n for n, at in enumerate(ahead)}
        number = {name: n for n, name in enumerate(dict.fromkeys(whole.ids))}
        return (
            tuple(whole.values),
            tuple([rank.get(at, -1) for at in whole.times]),
            tuple([number[name] for name in whole.ids]),
        )

    def _part(self, value) -> Part:
        """A part as it was read before, or is read now."""
        part = self._known.get(id(value))
        if part is None:
            part = self._known[id(value)] = self._read(value)
            part.mark = self._marks.setdefault(tuple(part.values), object())
        return part

    def _read(self, value) -> Part:
        part = Part(value)
        if (names := names_of(type(value))) is None:
            for item in value:
                self._add(part, "", item)
            return part
        for name in names:
            inner = getattr(value, name)
            if inner is None or inner is False or inner == ():  # most are
                part.values.append(False if name in PAST else None if name in TOLD else inner)
            else:
                self._add(part, name, inner)
        if isinstance(value, Call) and not value.alive:
            part.values, part.times, part.ids = ["ending"], [value.deadline], [value.id]
        return part

    def _add(self, part: Part, name: str, value) -> None:
        """Add what stands in a field of that name, "" in a tuple."""
        if name in TIMES and isinstance(value, float):
            part.values.append(TIME)
            part.times.append(value)
            part.waits.append(value)
            return
        inner = self._part(value) if value and (isinstance(value, tuple) or names_of(type(value))) else None
        if inner is not None:
            part.waits += inner.waits
        if name in PAST:
            part.values.append(value is not None)
        elif name in TOLD or (name == "id" and isinstance(value, int)):  # a pulse's id is the time of its decision
            part.values.append(None)
        elif inner is not None:
            part.values.append(inner.mark)
            part.times += inner.times
            part.ids += inner.ids
        elif isinstance(value, str) and value[:2] in {"c-", "r-", "k-", "v-"}:
            part.values.append(ID)
            part.ids.append(value)
        else:
            part.values.append(value)


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Let reference counts alone free what is dropped: a walk makes millions of records, and none leads to itself."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


@no_search_for_cycles()
def walk(
    first: State, every_input, within_bounds, look=lambda given, taken: None, most: float = math.inf
) -> tuple[list[State], int]:
    """The states that were reached, each once, and how many steps were taken.

    every_input(state, serial): what can come in a state, with fresh ids by number. within_bounds(state): whether to go
    on from there. look(given, taken): sees each step. most: how many states to go on from, the nearest first.
    """
    keys = Keys()
    seen, states, steps = {keys.of(first)}, [first], 0
    queue = deque(states)
    while queue and most > 0:
        state = queue.popleft()
        most -= 1
        choices = list(every_input(state, steps))
        if (wake := desired_state.wake_at(state)) is not None:
            choices.append(inputs.Tick(at=max(wake, state.now), fresh=f"{steps:026}"))
        for given in choices:
            taken = stepped(state, given)
            steps += 1
            look(given, taken)
            if taken.state == state or (key := keys.of(taken.state)) in seen:
                continue
            seen.add(key)
            may_be(taken.state)
            if within_bounds(taken.state):
                states.append(taken.state)
                queue.append(taken.state)
    return states, steps
