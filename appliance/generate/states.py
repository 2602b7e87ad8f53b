"""The diagram of a call's states, from the transition table."""

from appliance.core.call_states import LEGACY, TABLE, longest
from appliance.core.model import CallState, Deadlines

_HEAD = """<!-- Made by python -m appliance.generate from appliance/core/call_states.py. Change that, not this. -->
# States of a call

What is not drawn changes nothing: retransmissions, and responses that crossed on the way. A call that stays in a state
for longer than its deadline is ended; the deadlines are settings, see [\\[deadlines\\]](configuration.md).
"""


def reference() -> str:
    """docs/reference/call-states.md."""
    lines = [
        _HEAD,
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> dialing: we send INVITE",
        "    [*] --> incoming: INVITE comes",
    ]
    lines += [f"    {before} --> {after}: {signal}" for (before, signal), after in TABLE.items()]
    lines += [f"    {CallState.ENDED} --> [*]", "```", "", "| state | legacy_state | deadline |", "| --- | --- | --- |"]
    for state in CallState:
        limit = longest(state, Deadlines())
        lines.append(f"| `{state}` | {LEGACY[state]} | {'none' if limit is None else f'{limit:g} s'} |")
    return "\n".join(lines) + "\n"
