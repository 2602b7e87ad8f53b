"""What a rule does: its orders, with the fields of the event in place of the names in braces."""

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError, explained
from appliance.core import events
from appliance.core.doors.rules import as_text, field
from appliance.core.model import Act, Rule
from appliance.core.orders import GiveOrders
from appliance.core.rules import limits
from appliance.core.transition import Turn

PLACE = re.compile(r"\{([a-z_]{1,32})\}")
LONGEST = 512  # characters of a field that a rule puts into an order
AT_A_TIME = "time"  # in place of the type of an event


def begin(turn: Turn, rule: Rule, event: events.Event | None, above: int) -> None:
    """Have the rule act, unless a limit forbids it. event: None at a time; above: see `limits.depth`."""
    if not limits.admit(turn, rule, above):
        return
    on = AT_A_TIME if event is None else event.TYPE
    turn.emit(events.RuleTriggered(rule.name, on, None, tuple([act.order for act in rule.then])))
    acts = list[Act]()
    for act in rule.then:
        try:
            acts.append(filled(act, event))
        except LookupError as missing:
            error = IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"The rule {rule.name} cannot give the order {act.order}.",
                f"{on} has no {missing.args[0]} here.",
                "docs/reference/events.md has the fields of each event.",
            )
            failed(turn, rule.name, act.order, error)
    if acts:
        turn.order(GiveOrders(rule.name, tuple(acts), rule.allow, rule.maker))


def filled(act: Act, event: events.Event | None) -> Act:
    """The order with the event's fields in its texts. Raises LookupError for a field that the event does not have."""
    if "{" not in act.values[1:]:
        return act
    return replace(act, values=msgspec.json.encode(_filled(msgspec.json.decode(act.values), event)).decode())


def _filled(value: Any, event: events.Event | None) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, event) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, event) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := PLACE.fullmatch(value):
        return _field(event, whole[1])
    return PLACE.sub(lambda found: str(as_text(_field(event, found[1]))), value)


def _field(event: events.Event | None, name: str) -> str | float | bool:
    value = None if event is None else field(event, name)
    text = as_text(value)
    if text is None:
        raise LookupError(name)
    return value if isinstance(value, bool | int | float) else text[:LONGEST]


def failed(turn: Turn, rule: str, order: str, error: IntercomError) -> None:
    """Report an order of a rule that was refused, or did not succeed."""
    cause, resolution = explained(error)
    turn.emit(events.RuleFailed(rule, order, error.code, error.message, cause, resolution))
