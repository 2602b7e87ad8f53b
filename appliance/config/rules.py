"""Checks of rules: that their events, orders, places and names are there, and that what they order is allowed."""

import re
from collections.abc import Iterator, Mapping

from appliance.config.checks import at, exists, is_given
from appliance.config.schema import Config
from appliance.config.schema.base import Table
from appliance.config.schema.doors import RuleTable
from appliance.core.doors.rules import TRIGGERS
from appliance.core.events import EVENTS, fields
from appliance.core.model import allows

MOST = 200
Found = Iterator[tuple[str, str]]  # dotted place, sentence
Named = Mapping[str, Table]  # tables by their names


def cross(config: Config) -> Found:
    """Every contradiction between rules and other settings; see `accepted` for what `config` holds."""
    for name, rule in config.rule.items():
        yield from _rule(at("rule", name), rule, config)
    if len(config.rule) > MOST:
        yield "rule", f"there are {len(config.rule)} rules, and may be {MOST}: each looks at every event"


def state_places(config: Config) -> Found:
    """Places of the state that rules name, and that are not there. Only for a whole configuration without faults."""
    from appliance.config.core_settings import core_settings  # noqa: PLC0415  late: few rules look at the state
    from appliance.core.model import State  # noqa: PLC0415
    from appliance.core.rules.conditions import value_at  # noqa: PLC0415
    from appliance.core.snapshot import snapshot  # noqa: PLC0415

    settings = core_settings(config)
    shown = snapshot(State(settings), 0.0)
    for rule in settings.rules:
        for path, _ in rule.state:
            try:
                value_at(shown, path)
            except LookupError:
                why = "the state has no such value: write it as doors.front.state, parts of lists by their id or name"
                yield at("rule", rule.name, "state"), f"{path}: {why}"


def _acts(place: str, rule: RuleTable, config: Config) -> Found:
    """The orders of a rule: that there are such orders, that they are allowed, and that what they name is there."""
    from appliance.orders import given  # noqa: PLC0415  late: few stations have rules that give orders

    there: dict[str, Named] = {
        "door": config.door,
        "account": config.account,
        "button": config.panel.button,
        "lamp": config.panel.lamp,
        "sensor": config.panel.sensor,
    }
    for each in rule.then or []:
        values = {key: value for key, value in each.items() if key != "order"}
        name = each.get("order")
        if not isinstance(name, str):
            yield f"{place}.then", "order is missing: the name of an order (docs/reference/contract.md)"
            continue
        if why := given.fault_of(name, values):
            yield f"{place}.then", why
            continue
        order = given.BY_NAME[name]
        lacking = [scope for scope in given.scopes(order) if not allows(rule.allow or (), scope)]
        if lacking:
            yield f"{place}.allow", f'lacks "{lacking[0]}", which {name} needs: add it, if the rule may do that'
        for key, value in values.items():
            if "{" in str(value):
                continue
            if key in there and isinstance(value, str):
                yield from exists(f"{place}.then", value, key, there[key])
            if key in {"target", "to"} and isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_-]*", value):
                yield from exists(f"{place}.then", value, "target", config.target)
            if key == "profile" and value:
                yield from exists(f"{place}.then", str(value), "profile", config.profile)


def _opening(place: str, rule: RuleTable, config: Config) -> Found:
    """A rule that opens a door by itself."""
    yield from exists(f"{place}.door", rule.door, "door", config.door)
    if rule.then:
        yield f"{place}.then", "either door or then, not both: open_door is an order, too"
    opening = [kind.TYPE for kind in TRIGGERS]
    if rule.on and rule.on not in opening:
        yield f"{place}.on", f"opens no door: use one of {', '.join(opening)}, or then with open_door"
    for name in ("at", "state", "allow", "holiday"):
        if getattr(rule, name) not in (None, [], {}):
            yield f"{place}.{name}", "has no effect with door: use then with open_door"


def _rule(place: str, rule: RuleTable, config: Config) -> Found:
    if rule.door:
        yield from _opening(place, rule, config)
    elif not is_given(rule, "door") and rule.then == []:
        yield f"{place}.then", "is missing: the orders that the rule gives, or door, for a rule that opens one"
    elif rule.holiday is not None and not config.holidays.country and not config.holidays.dates:
        yield f"{place}.holiday", "needs holidays.country or holidays.dates: no holidays are known"
    if rule.on == "" and rule.at == []:
        yield f"{place}.on", "is missing: the type of an event, or at, for a rule that acts at times"
    if rule.on and rule.at:
        yield f"{place}.at", "either on or at, not both: make two rules"
    yield from _acts(place, rule, config)
    event = EVENTS.get(rule.on)
    known = fields(event) if event is not None else ()
    for name in (rule.where or {}) if known else ():
        if name not in known:
            yield f"{place}.where", f"{rule.on} does not report {name} (it reports {', '.join(known)})"
