"""The room of rules: requests of clients about them, and the next time at which one acts."""

from appliance.base.errors import IntercomError
from appliance.core import inputs
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.rules import triggers
from appliance.core.transition import Turn


def failed(turn: Turn, given: inputs.RuleActFailed) -> None:
    """Report an order of a rule that was refused."""
    from appliance.core.rules import acts  # noqa: PLC0415  late: few stations have such rules

    error = IntercomError(given.code, given.message, given.cause, given.resolution)
    acts.failed(turn, given.rule, given.order, error)


def add(turn: Turn, wanted: inputs.AddRule, asked: inputs.Requested) -> None:
    """Add a client's rule. Raises IntercomError."""
    from appliance.core.rules import made  # noqa: PLC0415  late: as above

    made.add(turn, wanted, asked)


def remove(turn: Turn, wanted: inputs.RemoveRule, asked: inputs.Requested) -> None:
    """Remove a client's rule. Raises IntercomError."""
    from appliance.core.rules import made  # noqa: PLC0415  late: as above

    made.remove(turn, wanted, asked)


take = takes(on(inputs.RuleActFailed, failed))

perform = performs(asks(inputs.AddRule, add), asks(inputs.RemoveRule, remove))


def due(turn: Turn) -> None:
    """Have the rules act whose time has come."""
    state = turn.state
    if state.settings.rules or state.rules.made or state.rules.looked is not None:
        triggers.due(turn)


def wake(state: State) -> list[float | None]:
    """The next time at which a rule acts."""
    return [state.rules.planned]
