"""The rules as clients read them, and what they would do at another time."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from appliance.core.model import Clock, Rule, State
from appliance.core.rules import conditions
from appliance.core.rules.triggers import acting
from appliance.core.views.rules import GivenOrder, Verdict
from appliance.core.views.rules import Rule as RuleView
from appliance.core.wall_clock import DAYS, local_time


def rules_view(state: State) -> tuple[RuleView, ...]:
    """All rules: those of the configuration, then those of clients."""
    effective = acting(state)
    return tuple(
        [
            RuleView(
                name=rule.name,
                by=rule.by or None,
                on=rule.on or None,
                at=_moments(rule),
                where=dict(rule.where),
                times=tuple([f"{','.join(each.days)} {each.begin}-{each.end}" for each in rule.times]),
                profile=rule.profile or None,
                holiday=rule.holiday,
                state=dict(rule.state),
                then=_orders(rule),
                allow=rule.allow,
                effective=rule in effective or rule.door is not None,
            )
            for rule in (*state.settings.rules, *state.rules.made)
        ]
    )


def tried(state: State, at: datetime | None, supposed: Mapping[str, str] | None = None) -> tuple[Verdict, ...]:
    """What each rule would do at that time, else now, and why. at: local time of the station if it has no offset.

    The state is the present one, but for the clock, which counts as right, and the values that are supposed at their
    paths. Raises IntercomError for a path that the state does not have.
    """
    conditions.check_places(state, list(supposed or ()))
    shown, local = _at(state, at)
    return tuple([_verdict(shown, rule, local, supposed, asked=at is not None) for rule in acting(state)])


def _verdict(
    state: State, rule: Rule, local: datetime | None, supposed: Mapping[str, str] | None, *, asked: bool
) -> Verdict:
    why = conditions.why_not(state, rule, supposed)
    if rule.at:
        day, time = (DAYS[local.weekday()], f"{local:%H:%M}") if local is not None else ("", "")
        if local is None:
            why = why or "the clock is not synchronised, and rules at times wait for it"
        elif not any(time == moment.time and day in moment.days for moment in rule.at):
            why = f"its times are {', '.join(_moments(rule))}, and it is {day} {time}{' then' if asked else ''}"
    waits = f"when {rule.on} is reported" if rule.on else "at its time"
    if rule.where:
        waits += f" with {', '.join(f'{name} = {value}' for name, value in rule.where)}"
    return Verdict(rule=rule.name, acts=not why, why=why or f"all conditions hold: it acts {waits}", then=_orders(rule))


def _at(state: State, at: datetime | None) -> tuple[State, datetime | None]:
    clock = state.appliance.clock
    if at is None:
        if clock is None or not clock.trusted:
            return state, None
        return state, local_time(clock, state.now)
    offset = 0.0 if clock is None else clock.utc_offset_s
    local = at.timestamp() + offset if at.tzinfo is not None else at.replace(tzinfo=UTC).timestamp()
    known = Clock(0.0, offset, trusted=True) if clock is None else clock
    then = replace(known, epoch=local - offset - state.now, trusted=True)
    return replace(state, appliance=replace(state.appliance, clock=then)), datetime.fromtimestamp(local, UTC)


def _moments(rule: Rule) -> tuple[str, ...]:
    return tuple([f"{','.join(moment.days)} {moment.time}" for moment in rule.at])


def _orders(rule: Rule) -> tuple[GivenOrder, ...]:
    if rule.door is not None:
        return (GivenOrder(order="open_door", values={"door": rule.door}),)
    return tuple([GivenOrder(order=act.order, values=msgspec.json.decode(act.values)) for act in rule.then])
