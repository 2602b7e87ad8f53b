"""The self-test of a lamp: whether it shines. It works before any call is possible.

Buttons and relays need no self-test: an event reports every press, whatever its action, and a door's pulse is bounded
anyway. Speaker and microphone have theirs in `core.audio`.
"""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import LampTrial, State
from appliance.core.orders import Reply
from appliance.core.panel import colors
from appliance.core.tables import Table
from appliance.core.transition import Turn

LONGEST_LAMP_S = 60.0
LAMP_TRIALS = Table("panel.lamp_trials", LampTrial, lambda row: row.lamp)


def lamp(turn: Turn, wanted: inputs.TestLamp, asked: inputs.Requested) -> Reply:
    """Test a lamp; another test of the same lamp replaces the earlier one."""
    names = [each.id for each in turn.settings.lamps]
    if wanted.lamp not in names:
        raise IntercomError(
            ErrorCode.LAMP_NOT_FOUND,
            f"There is no lamp {wanted.lamp}.",
            f"The panel has: {', '.join(names) or 'none'}.",
        )
    if not 0 < wanted.seconds <= LONGEST_LAMP_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A lamp cannot be tested for {wanted.seconds} s.", "A test lasts up to 60 s."
        )
    try:
        color = None if wanted.color is None else colors.parse(wanted.color)
    except ValueError as error:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{wanted.color} is not a colour of a lamp.",
            f"Use {', '.join(colors.NAMES)}, or #rrggbb other than black.",
        ) from error
    trial = LampTrial(wanted.lamp, wanted.pattern, turn.now + wanted.seconds, color)
    LAMP_TRIALS.put(turn, trial)
    return Reply(asked.request)


def due(turn: Turn) -> None:
    """End tests whose time has passed."""
    for trial in turn.panel.lamp_trials:
        if turn.now >= trial.until:
            LAMP_TRIALS.drop(turn, trial.lamp)


def wake(state: State) -> tuple[float, ...]:
    """The times at which `due` must act."""
    return tuple(trial.until for trial in state.panel.lamp_trials)
