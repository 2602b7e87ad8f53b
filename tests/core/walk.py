"""Walks through all states that can be reached, breadth-first over `step`, and holds the rules against each."""

import dataclasses
from collections import deque
from functools import cache

from appliance.core import desired_state, inputs
from appliance.core.model import Call, State
from tests.core.rules import checked

TIMES = {
    "deadline",
    "update_until",
    "forward_at",
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
}
PAST = {"ringing_since", "connected_since", "rtp_lost_since"}
# what is only told, and decides nothing; and parts that touch nothing but their own field
TOLD = {
    "settings",
    "now",
    "created",
    "began",
    "by",
    "number",
    "codec",
    "quality",
    "digit_at",
    "sent",
    "clock",
    "last",
    "sip_address",
    "failed",
    "denied",
    "dropped",
    "discarded",
    "edge_at",
    "pressed_at",
    "clicked_at",
    "glitches",
    "custom_data",
    "since",
    "change",
    "kept_change",
    "answer_headers",
    "attempts",
    "rejected",
    "needs_restart",
    "network",
    "last_addresses",
    "lamp_kinds",
}


@cache
def names_of(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass, None for what is none."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def normal(state: State):
    """The state with ids numbered and times ranked: two states that can only do the same are one."""
    future: set[float] = set()
    names: dict[str, int] = {}

    def collect(value, name=""):
        if isinstance(value, float):
            if name in TIMES and value > state.now:
                future.add(value)
        elif isinstance(value, tuple):
            for item in value:
                collect(item)
        elif fields := names_of(type(value)):
            for field in fields:
                if field != "settings":
                    collect(getattr(value, field), field)

    collect(state)
    rank = {at: n for n, at in enumerate(sorted(future))}

    def plain(value, name=""):
        if name in TIMES and isinstance(value, float):
            return rank.get(value, -1)
        if name in PAST:
            return value is not None
        if name in TOLD or (name == "id" and isinstance(value, int)):  # a pulse's id is the time of its decision
            return None
        if isinstance(value, tuple):
            return tuple([plain(item) for item in value])
        if isinstance(value, Call) and not value.alive:
            return "ending", rank.get(value.deadline, -1), names.setdefault(value.id, len(names))
        if fields := names_of(type(value)):
            return tuple([plain(getattr(value, field), field) for field in fields])
        if isinstance(value, str) and value[:2] in {"c-", "r-", "k-", "v-"}:
            return names.setdefault(value, len(names))
        return value

    return plain(state)


def walk(first: State, every_input, within_bounds, look=lambda given, taken: None) -> tuple[list[State], int]:
    """The states that were reached, each once, and how many steps were taken.

    every_input(state, serial): what can come in a state, with fresh ids by number. within_bounds(state): whether to go
    on from there. look(given, taken): sees each step.
    """
    seen, states, steps = {normal(first)}, [first], 0
    queue = deque(states)
    while queue:
        state = queue.popleft()
        choices = list(every_input(state, steps))
        if (wake := desired_state.desired(state).wake_at) is not None:
            choices.append(inputs.Tick(at=max(wake, state.now), fresh=f"{steps:026}"))
        for given in choices:
            taken = checked(state, given)
            steps += 1
            look(given, taken)
            if taken.state == state or not within_bounds(taken.state):
                continue
            key = normal(taken.state)
            if key not in seen:
                seen.add(key)
                states.append(taken.state)
                queue.append(taken.state)
    return states, steps
