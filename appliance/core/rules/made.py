"""Rules that clients make while the station runs: kept over restarts, and bound to the token of their client."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.lookup import check_profile
from appliance.core.model import Rule, State
from appliance.core.rules import conditions
from appliance.core.tables import Table
from appliance.core.transition import Turn

MOST = 100
MADE = Table("rules.made", Rule, lambda row: row.name, newest_last=True)


def add(turn: Turn, wanted: inputs.AddRule, asked: inputs.Requested) -> None:
    """Add a rule, in place of one of this name by the same client. Raises IntercomError; the reply waits for the disc.

    What its orders need of a token was checked before; that the rule can ever act is checked here.
    """
    rule, part = wanted.rule, turn.rules
    if any(rule.name == each.name for each in turn.settings.rules):
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"There is a rule {rule.name} already.",
            "The configuration has it.",
            "Give another name, or change the configuration.",
        )
    old = MADE.get(turn.state, rule.name)
    if old is not None and not may_change(old, wanted.maker, admin=wanted.admin):
        raise _of_another(rule.name)
    if old is None and len(part.made) >= MOST:
        raise IntercomError(
            ErrorCode.CONFLICT, "There are too many rules.", f"There are {MOST} of clients.", "Remove some."
        )
    check(turn.state, rule)
    MADE.put(turn, rule)
    turn.emit(events.RuleAdded(rule.name, asked.who))
    turn.reply_once_saved(asked.request, "")


def remove(turn: Turn, wanted: inputs.RemoveRule, asked: inputs.Requested) -> None:
    """Remove a client's rule. Raises IntercomError; the reply waits for the disc."""
    old = MADE.get(turn.state, wanted.rule)
    if old is None:
        configured = any(each.name == wanted.rule for each in turn.settings.rules)
        raise IntercomError(
            ErrorCode.RULE_NOT_FOUND,
            f"There is no rule {wanted.rule} of a client.",
            "The configuration has it." if configured else "It was removed or never existed.",
            "Remove it from the configuration." if configured else "GET /v1/rules lists them.",
        )
    if not may_change(old, wanted.maker, admin=wanted.admin):
        raise _of_another(wanted.rule)
    MADE.drop(turn, wanted.rule)
    turn.emit(events.RuleRemoved(wanted.rule, asked.who))
    turn.reply_once_saved(asked.request, "")


def may_change(rule: Rule, token: str, *, admin: bool) -> bool:
    """Whether a client with this token may replace or remove the rule."""
    return admin or (token != "" and token == rule.maker)


def _of_another(name: str) -> IntercomError:
    return IntercomError(
        ErrorCode.FORBIDDEN,
        f"The rule {name} belongs to another client.",
        "A client changes its own rules; one with a token for admin, all.",
        "Give another name, or use a token for admin.",
    )


def check(state: State, rule: Rule) -> None:
    """Raise IntercomError for a time profile or a place of the state that does not exist, or a field of no event."""
    if rule.profile:
        check_profile(state.settings, rule.profile)
    if rule.on:
        fields = {*events.fields(events.EVENTS[rule.on])}
        for name, _ in rule.where:
            if name not in fields:
                raise IntercomError(
                    ErrorCode.PARAMETER_INVALID,
                    f"{rule.on} does not report {name}.",
                    f"It reports {', '.join(sorted(fields)) or 'nothing'}.",
                    "docs/reference/events.md has the fields of each event.",
                )
    conditions.check_places(state, [path for path, _ in rule.state])
