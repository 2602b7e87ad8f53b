"""How often rules act, and how deep one may follow from another: no rule can keep the station busy.

A rule whose own act causes the event that it waits for would act for ever, and so would two rules that cause each
other's events. What a rule orders has the rule's name as its author. An event with such an author, or of a call that a
rule has placed, is one step deeper than the act that caused it. Where no author shows the way, the rate ends the loop.
"""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.model import Acted, Rule, RuleLimit, author
from appliance.core.tables import Table
from appliance.core.transition import Turn

DEEPEST = 4
AT_ONCE = 10
EVERY_S = 6.0  # on average
FOLLOWS_S = 30.0  # for so long, an event by a rule counts as one that follows from its act
ACTED = Table("rules.acted", Acted, lambda row: row.rule)


def depth(turn: Turn, event: events.Event, who: str) -> int:
    """How many acts of rules led to the event; 0: none. who: the client whose request this step performs."""
    names = [who, *(str(getattr(event, name, "")) for name in ("by", "who"))]
    if isinstance(event, events.RuleTriggered | events.RuleFailed):
        names.append(author(event.rule))
    call = turn.calls.get(getattr(event, "call", None) or "")
    if call is not None:
        names.append(call.led_by)
    known = {author(acted.rule): acted for acted in turn.rules.acted if turn.now < acted.at + FOLLOWS_S}
    return max((known[name].depth for name in names if name in known), default=0)


def admit(turn: Turn, rule: Rule, above: int) -> bool:
    """Whether the rule may act, `above` acts of rules deep; reports the first act that it may not."""
    known = ACTED.get(turn.state, rule.name) or Acted(rule.name)
    begins = max(known.free_at, turn.now)
    why = (
        RuleLimit.DEPTH if above >= DEEPEST else RuleLimit.RATE if begins - turn.now > (AT_ONCE - 1) * EVERY_S else None
    )
    if why is not None:
        if known.stopped is not why:
            turn.emit(events.RuleStopped(rule.name, why))
            ACTED.put(turn, replace(known, stopped=why))
        return False
    recent = turn.now < known.at + FOLLOWS_S
    deeper = max(above + 1, known.depth) if recent else above + 1
    stopped = known.stopped if recent else None
    ACTED.put(turn, Acted(rule.name, begins + EVERY_S, turn.now, deeper, stopped))
    forget(turn)
    return True


def forget(turn: Turn) -> None:
    """Forget what rules did that are there no longer, once it limits nothing: clients make rules under any names."""
    there = {rule.name for rule in (*turn.settings.rules, *turn.rules.made)}
    for acted in turn.rules.acted:
        if acted.rule not in there and turn.now >= max(acted.at + FOLLOWS_S, acted.free_at):
            ACTED.drop(turn, acted.rule)
