"""Rules: a door that opens by itself when something happens, be it at certain times only.

They see what a turn tells. What a rule itself brings sets off none, and no rule is set off by a relay, so that none can
go round in a circle.
"""

from contextlib import suppress

from appliance.core import doors, events, periods
from appliance.core.denials import Denial
from appliance.core.model import Means, Rule
from appliance.core.turn import Turn
from appliance.errors import IntercomError

TRIGGERS: tuple[type[events.Event], ...] = (
    events.RingStarted,
    events.ButtonClicked,
    events.ButtonDoubleClicked,
    events.ButtonHeld,
    events.ButtonChord,
    events.SensorChanged,
    events.DoorOpened,
    events.DoorClosed,
)


def settle(turn: Turn) -> None:
    """Do what the events of this turn set off."""
    for event in tuple(turn.events):
        for rule in turn.settings.rules:
            if fits(rule, event):
                run(turn, rule)


def fits(rule: Rule, event: events.Event) -> bool:
    """Whether the rule is about it."""
    return rule.on == event.TYPE and all(said(getattr(event, name, None)) == wanted for name, wanted in rule.where)


def said(value: object) -> object:
    """A field as a rule names it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def run(turn: Turn, rule: Rule) -> None:
    """Open the rule's door, if it is the time for that."""
    by, clock, door = f"rule {rule.name}", turn.state.clock, turn.settings.door(rule.door)
    if door is None:
        return  # a reload took it away
    if rule.times and (clock is None or not clock.trusted):
        turn.tell(events.DoorDenied(door.id, by=by, means=Means.RULE, why=Denial.NO_CLOCK))
        return
    if rule.times and clock is not None and not periods.reached(rule.times, clock, turn.now):
        return
    turn.tell(events.RuleTriggered(rule.name, on=rule.on, door=door.id))
    with suppress(IntercomError):  # told as door.denied; nobody waits for a reply
        doors.open_door(turn, door, None, by, Means.RULE)
