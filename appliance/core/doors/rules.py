"""Rules: a door that opens by itself when something happens, be it at certain times only.

They see what a turn tells. What a rule itself brings sets off none, and no rule is set off by a relay, so that none can
go round in a circle. Nor does what is seen for the first time only, after a start or when a line is back: nobody can
say whether it happens just now.
"""

from contextlib import suppress

from appliance.base.errors import IntercomError
from appliance.core import events, wall_clock
from appliance.core.doors import pulses, sensors
from appliance.core.model import Denial, Means, Rule, State
from appliance.core.transition import Turn

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


def settle(turn: Turn, before: State) -> None:
    """Do what the events of this turn set off; `before`: the state at its beginning."""
    for event in tuple(turn.events):
        for rule in turn.settings.rules:
            if fits(rule, event) and happens(event, before):
                run(turn, rule)


def happens(event: events.Event, before: State) -> bool:
    """Whether it was otherwise before, as far as sensors tell it."""
    match event:
        case events.SensorChanged(sensor=sensor):
            return sensors.of(before, sensor).active is not None
        case events.DoorOpened(door=door):
            return all(
                sensors.of(before, each.id).active is not None for each in before.settings.sensors if each.door == door
            )
        case _:
            return True


def fits(rule: Rule, event: events.Event) -> bool:
    """Whether the rule is about it."""
    return rule.on == event.TYPE and all(said(getattr(event, name, None)) == wanted for name, wanted in rule.where)


def said(value: object) -> object:
    """A field as a rule names it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def run(turn: Turn, rule: Rule) -> None:
    """Open the rule's door, if it is the time for that."""
    by, door = f"rule {rule.name}", turn.settings.door(rule.door)
    why = wall_clock.why_not(rule.times, turn.state.clock, turn.now)
    if door is None or why is Denial.NOT_NOW:
        return  # a reload took the door away, or nothing is to happen now
    if why is not None:
        turn.emit(events.DoorDenied(door.id, by=by, means=Means.RULE, why=why))
        return
    turn.emit(events.RuleTriggered(rule.name, on=rule.on, door=door.id))
    with suppress(IntercomError):  # told as door.denied; nobody waits for a reply
        pulses.open_door(turn, door, None, by, Means.RULE)
