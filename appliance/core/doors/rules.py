"""Rules: a door opens automatically when an event occurs, if configured only at certain times.

Rules see the events of one step. The events of a rule trigger no rules, and relays trigger none, so rules cannot form a
circle. A level that is seen for the first time, after a start or when a line returns, triggers nothing either: it is
unknown whether it has just changed.
"""

from contextlib import suppress
from enum import Enum

from appliance.base.errors import IntercomError
from appliance.core import events, wall_clock
from appliance.core.doors import pulses, sensors
from appliance.core.model import Denial, OpenedBy, Rule, State, author
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
    """Run the rules that this step's events trigger; `before`: the state at the step's beginning."""
    if not turn.settings.rules:
        return
    opening = [rule for rule in turn.settings.rules if rule.door is not None]
    for event in tuple(turn.events) if opening else ():
        for rule in opening:
            if fits(rule, event) and happens(event, before):
                apply(turn, rule)


def happens(event: events.Event, before: State) -> bool:
    """Whether the event is a change, as far as sensors are concerned: their level was known before."""
    match event:
        case events.SensorChanged(sensor=sensor):
            return sensors.sensing_of(before, sensor).active is not None
        case events.DoorOpened(door=door):
            return all(
                sensors.sensing_of(before, each.id).active is not None
                for each in before.settings.sensors
                if each.door == door
            )
        case _:
            return True


def fits(rule: Rule, event: events.Event) -> bool:
    """Whether the rule waits for this event."""
    return rule.on == event.TYPE and all(as_text(field(event, name)) == wanted for name, wanted in rule.where)


def field(event: events.Event, name: str) -> object:
    """A field of an event by its name in the event's data; None: it has none of this name."""
    return getattr(event, name, getattr(event, f"{name}_", None))


def as_text(value: object) -> str | None:
    """A value as a rule names it; None for a value that no text stands for."""
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case str() | int() | float():
            return str(value)
        case _:
            return None


def apply(turn: Turn, rule: Rule) -> None:
    """Open the rule's door, if one of its times is active."""
    by, door = author(rule.name), turn.settings.door(rule.door or "")
    why = wall_clock.why_not(rule.times, turn.appliance.clock, turn.now)
    why = why or wall_clock.profile_why_not(turn.state, rule.profile)
    if door is None or why is Denial.NOT_NOW:
        return  # a reload removed the door, or none of the rule's times is active
    if why is not None:
        turn.emit(events.DoorDenied(door.id, by=by, means=OpenedBy.RULE, why=why))
        return
    turn.emit(events.RuleTriggered(rule.name, rule.on, door.id))
    with suppress(IntercomError):  # reported as door.denied; nobody waits for a reply
        pulses.open_door(turn, door, None, by, OpenedBy.RULE)
