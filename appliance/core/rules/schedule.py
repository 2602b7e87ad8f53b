"""Rules at times: each acts once at each of its moments, whatever happens to the clock.

The wall clock is right only while it is trusted; rules at times wait for it, and what they missed is not made up for.
The station remembers up to which local time it has looked. If the clock is set forward, by an hour at most as in March,
the moments between act at once; if it is set back, they do not act again. A step of the clock of more than two hours is
taken for a new time, from which the moments count.
"""

from msgspec.structs import replace

from appliance.core.model import Moment, Rule, RulesPart
from appliance.core.transition import Turn
from appliance.core.wall_clock import DAY_S, DAYS, local_s

JUMP_S = 7200.0
WEEK = 7
THURSDAY = 3  # 1 January 1970


def due(turn: Turn, rules: tuple[Rule, ...]) -> list[Rule]:
    """The rules whose moment has come since the last look; plans the next look."""
    part, clock = turn.rules, turn.appliance.clock
    if clock is None or not clock.trusted:
        if part.looked is not None:
            turn.rules = replace(part, looked=None, planned=None, clock=None)
        return []
    if clock is part.clock and part.at_times == rules and part.planned is not None and turn.now < part.planned:
        return []
    here, acting = local_s(clock, turn.now), list[Rule]()
    looked = here if part.looked is None or _set_anew(part, here, turn.now) else part.looked
    if here > looked:
        acting = [rule for rule in rules if any(_between(moment, looked, here) for moment in rule.at)]
    looked = max(looked, here)
    ahead = min((_next(moment, looked) for rule in rules for moment in rule.at), default=None)
    turn.rules = replace(
        part,
        looked=looked,
        showed=(here, turn.now),
        planned=None if ahead is None else round(turn.now + ahead - here, 3),
        clock=clock,
        at_times=rules,
    )
    return acting


def _set_anew(part: RulesPart, here: float, now: float) -> bool:
    """Whether the clock was set by so much that its time counts as a new one."""
    was, at = part.showed
    return abs(here - (was + now - at)) > JUMP_S or (part.looked or 0.0) - here > JUMP_S


def _between(moment: Moment, after: float, until: float) -> bool:
    return _next(moment, after) <= until


def _next(moment: Moment, after: float) -> float:
    """The first time after `after` at which the moment comes."""
    hours, minutes = map(int, moment.time.split(":"))
    today, since = int(after // DAY_S), (hours * 60 + minutes) * 60
    days = (today + ahead for ahead in range(WEEK + 1))
    return next(
        float(day * DAY_S + since)
        for day in days
        if DAYS[(day + THURSDAY) % WEEK] in moment.days and day * DAY_S + since > after
    )
