"""Which rules act now: on the events of a step, and at times.

Rules that open a door act within the step (`doors/rules`). All others follow at its end, when every event of the step
is known; what they order comes back as requests of their own. What follows here is imported where there are rules.
"""

from appliance.core import inputs
from appliance.core.doors.rules import fits, happens
from appliance.core.model import Rule, State
from appliance.core.transition import Turn


def acting(state: State) -> tuple[Rule, ...]:
    """The rules that give orders. One of the configuration goes before one of the same name that a client has made."""
    configured = {rule.name for rule in state.settings.rules}
    made = [rule for rule in state.rules.made if rule.name not in configured]
    return tuple([rule for rule in (*state.settings.rules, *made) if rule.then])


def follow(turn: Turn, before: State, given: inputs.Input) -> None:
    """Have the rules act that wait for an event of this step; `before`: the state at its beginning."""
    state = turn.state
    if not turn.events or not (state.settings.rules or state.rules.made):
        return
    from appliance.core.rules import acts, conditions, limits  # noqa: PLC0415  late: see above

    rules = acting(turn.state)
    who = given.who if isinstance(given, inputs.Requested) else ""
    number = 0
    while number < len(turn.events):  # what a rule reports may trigger another one, within the limits
        event = turn.events[number]
        number += 1
        for rule in rules:
            if fits(rule, event) and happens(event, before) and not conditions.why_not(turn.state, rule):
                acts.begin(turn, rule, event, limits.depth(turn, event, who))


def due(turn: Turn) -> None:
    """Have the rules act whose time has come."""
    at_times = tuple([rule for rule in acting(turn.state) if rule.at])
    if not at_times and turn.rules.looked is None:
        return
    from appliance.core.rules import acts, conditions, schedule  # noqa: PLC0415  late: see above

    for rule in schedule.due(turn, at_times):
        if not conditions.why_not(turn.state, rule):
            acts.begin(turn, rule, None, 0)
