"""The room of rules: requests of clients about them, and the next time at which one acts."""

from appliance.base.errors import IntercomError
from appliance.core import inputs
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.rules import acts, made, triggers
from appliance.core.transition import Turn


def failed(turn: Turn, given: inputs.RuleActFailed) -> None:
    """Report an order of a rule that was refused."""
    error = IntercomError(given.code, given.message, given.cause, given.resolution)
    acts.failed(turn, given.rule, given.order, error)


take = takes(on(inputs.RuleActFailed, failed))

perform = performs(asks(inputs.AddRule, made.add), asks(inputs.RemoveRule, made.remove))


def due(turn: Turn) -> None:
    """Have the rules act whose time has come."""
    if turn.settings.rules or turn.rules.made or turn.rules.looked is not None:
        triggers.due(turn)


def wake(state: State) -> list[float | None]:
    """The next time at which a rule acts."""
    return [state.rules.planned]
