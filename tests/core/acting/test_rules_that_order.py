"""Rules that give orders: on any event, within conditions, and within limits."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.model import AccessScope, Act, Period, Rule, RuleLimit, State
from appliance.core.orders import GiveOrders
from appliance.core.rules import acts, conditions, limits, made, view
from appliance.core.snapshot import snapshot
from tests.core.station import FRONT, Station, ready
from tests.core.test_profiles import NIGHT, shown

LOCK = Act("lock_door", '{"door": "front"}', (AccessScope.DOOR,))
EVENING = Rule("evening", "custom", where=(("name", "lift"),), then=(LOCK,), allow=(AccessScope.DOOR,))


def custom(station: Station, name: str = "lift", who: str = "test", **details: str) -> Station:
    station.ask(inputs.ReportCustom(name, tuple(details.items())), who)
    return station


def given_orders(station: Station) -> list[GiveOrders]:
    return station.orders(GiveOrders)


def test_an_event_has_a_rule_give_its_orders_and_the_rule_is_reported():
    station = custom(ready(rules=(EVENING,)))
    assert given_orders(station) == [GiveOrders("evening", (LOCK,), (AccessScope.DOOR,))]
    assert station.last(events.RuleTriggered) == events.RuleTriggered("evening", "custom", None, ("lock_door",))
    assert station.state.doors.locked_down == (), "the order comes back as a request of its own"


@pytest.mark.parametrize(
    ("change", "setting", "why"),
    [
        ({"where": (("name", "stairs"),)}, {}, None),
        ({"on": "notice"}, {}, None),
        ({"profile": "night"}, {"profiles": (NIGHT,)}, "the time profile night is not active"),
        ({"profile": "gone"}, {}, "its time profile is not configured"),
        ({"times": (Period(NIGHT.times[0].days, "22:00", "23:00"),)}, {}, "none of its times is active"),
        ({"holiday": True}, {"holidays": ("01-01",)}, "2026-11-23 is no holiday"),
        ({"holiday": False}, {"holidays": ("11-23",)}, "2026-11-23 is a holiday"),
        ({"holiday": False}, {"holidays_of": "DE"}, "the holidays are not known, and this depends on them"),
        ({"state": (("doors.front.state", "held"),)}, {}, "doors.front.state is locked, not held"),
        ({"state": (("runtime.do_not_disturb", "true"),)}, {}, "runtime.do_not_disturb is false, not true"),
        ({"state": (("doors.back.state", "locked"),)}, {}, "the state has no doors.back.state"),
    ],
)
def test_a_rule_whose_condition_does_not_hold_orders_nothing_and_a_trial_says_why(change, setting, why):
    rule = replace(EVENING, **change)
    station = custom(shown(ready(rules=(rule,), **setting), "2026-11-23T12:00"))
    assert given_orders(station) == []
    if why is not None:
        (verdict,) = view.tried(station.state, None)
        assert (verdict.acts, verdict.why) == (False, why)


@pytest.mark.parametrize(
    "change",
    [
        {"profile": "night"},
        {"state": (("doors.front.state", "locked"), ("runtime.do_not_disturb", "false"), ("panel.picture", "idle"))},
        {"holiday": True},
        {"holiday": None, "where": ()},
    ],
)
def test_a_rule_whose_conditions_hold_gives_its_orders(change):
    rule = replace(EVENING, **change)
    station = shown(ready(rules=(rule,), profiles=(NIGHT,), holidays=("11-23",)), "2026-11-23T23:00")
    assert len(given_orders(custom(station))) == 1


@pytest.mark.parametrize(
    ("values", "filled"),
    [
        ('{"text": "a"}', {"text": "a"}),
        ('{"text": "{name}"}', {"text": "lift"}),
        ('{"text": "From {by}: {name}."}', {"text": "From test: lift."}),
        (
            '{"list": ["{name}", 3, true], "inner": {"x": "{name}"}}',
            {"list": ["lift", 3, True], "inner": {"x": "lift"}},
        ),
        ('{"text": "{Name} {} { name }"}', {"text": "{Name} {} { name }"}),
    ],
)
def test_a_name_in_braces_stands_for_a_field_of_the_event(values, filled):
    event = events.CustomReported("lift", {}, "test", None)
    assert json.loads(acts.filled(Act("x", values), event).values) == filled


@pytest.mark.parametrize("name", ["nothing", "call", "details"])
def test_an_order_with_a_field_that_the_event_does_not_have_is_reported_and_the_others_are_given(name):
    rule = replace(EVENING, then=(Act("say_on_speaker", f'{{"text": "{{{name}}}"}}'), LOCK))
    station = custom(ready(rules=(rule,)))
    assert [order.acts for order in given_orders(station)] == [(LOCK,)]
    failed = station.last(events.RuleFailed)
    assert (failed.rule, failed.order, failed.cause) == ("evening", "say_on_speaker", f"custom has no {name} here.")
    assert failed.resolution


def test_a_rule_none_of_whose_orders_can_be_given_orders_nothing():
    rule = replace(EVENING, then=(Act("say_on_speaker", '{"text": "{nothing}"}'),))
    assert given_orders(custom(ready(rules=(rule,)))) == []


def test_an_order_that_was_refused_is_reported():
    station = ready(rules=(EVENING,))
    refused = {"code": ErrorCode.DOOR_NOT_FOUND, "message": "No.", "cause": "Gone.", "resolution": "Add it."}
    station.give(inputs.RuleActFailed, rule="evening", order="lock_door", **refused)
    assert station.last(events.RuleFailed) == events.RuleFailed("evening", "lock_door", **refused)


def test_a_rule_about_holidays_waits_for_a_clock_that_is_trusted():
    station = custom(shown(ready(rules=(replace(EVENING, holiday=True),)), "2026-11-23T12:00", trusted=False))
    assert given_orders(station) == []
    assert "not synchronised" in view.tried(station.state, None)[0].why


@given(st.text(max_size=600))
@settings(max_examples=50, deadline=None)
def test_no_text_of_an_event_leaves_its_place_in_an_order(text):
    """Somebody outside chooses some texts of events: they stay one text."""
    event = events.CustomReported(text, {}, "x", None)
    there = json.loads(acts.filled(Act("x", '{"door": "{name}", "seconds": 3}'), event).values)
    assert there == {"door": text[: acts.LONGEST], "seconds": 3}


# -- limits ----------------------------------------------------------------------------------------------------------


def answered(station: Station, most: int = 200) -> int:
    """Each order `report_event` of a rule becomes an event by that rule, as with the adapter: how many there were."""
    done = 0
    while done < len(given_orders(station)) < most:
        wanted = given_orders(station)[done]
        done += 1
        for act in wanted.acts:
            station.ask(inputs.ReportCustom(json.loads(act.values)["name"]), f"rule {wanted.rule}")
    return done


def reporting(name: str, on: str, reports: str) -> Rule:
    act = Act("report_event", json.dumps({"name": reports}), (AccessScope.CALL,))
    return Rule(name, "custom", where=(("name", on),), then=(act,), allow=(AccessScope.CALL,))


def test_a_rule_that_triggers_itself_ends_and_is_reported_once():
    station = custom(ready(rules=(reporting("echo", "lift", "lift"),)))
    assert answered(station) == limits.DEEPEST
    stopped = [event for event in station.told if isinstance(event, events.RuleStopped)]
    assert stopped == [events.RuleStopped("echo", RuleLimit.DEPTH)]


def test_two_rules_that_trigger_each_other_end():
    station = custom(ready(rules=(reporting("ping", "lift", "pong"), reporting("back", "pong", "lift"))))
    assert answered(station) == limits.DEEPEST
    assert [event.why for event in station.told if isinstance(event, events.RuleStopped)] == [RuleLimit.DEPTH]


def test_who_causes_the_event_of_a_loop_once_more_does_not_begin_it_again():
    station = custom(ready(rules=(reporting("ping", "lift", "pong"), reporting("back", "pong", "lift"))))
    custom(station, "pong", "rule ping")
    custom(station, "lift", "rule back")
    custom(station)  # while what follows from the third act is on its way
    custom(station, "pong", "rule ping")
    assert len(given_orders(station)) == limits.DEEPEST + 1
    custom(station, "lift", "rule back")
    assert len(given_orders(station)) == limits.DEEPEST + 1
    assert station.last(events.RuleStopped) == events.RuleStopped("ping", RuleLimit.DEPTH)


def test_a_rule_that_waits_for_rules_to_act_ends_within_one_step():
    rule = Rule("watch", "rule.triggered", then=(LOCK,), allow=(AccessScope.DOOR,))
    others = tuple(replace(rule, name=f"watch-{number}") for number in range(20))
    station = custom(ready(rules=(EVENING, rule, *others)))
    assert len(given_orders(station)) <= (len(others) + 2) * limits.AT_ONCE


def failing(station: Station, rule: str) -> None:
    """An order of that rule is refused, as with the adapter."""
    refused = {"code": ErrorCode.NO_ACCOUNT, "message": "No.", "cause": "None.", "resolution": "Add one."}
    station.give(inputs.RuleActFailed, rule=rule, order="place_call", **refused)


def test_a_rule_that_waits_for_failures_of_rules_ends_where_its_own_orders_fail():
    """Such as one that calls somebody about a failure, by an account that is not there."""
    station = ready(rules=(EVENING, Rule("watch", "rule.failed", then=(LOCK,), allow=(AccessScope.DOOR,))))
    failing(custom(station), "evening")
    for done in range(2 * limits.AT_ONCE):
        if len(given_orders(station)) > done + 1:
            failing(station, "watch")
            station.wait(limits.EVERY_S)
    assert len(given_orders(station)) == limits.DEEPEST
    assert station.last(events.RuleStopped) == events.RuleStopped("watch", RuleLimit.DEPTH)
    station.wait(limits.FOLLOWS_S)
    failing(station, "evening")
    assert len(given_orders(station)) == limits.DEEPEST + 1


def test_a_rule_acts_at_most_so_often_and_a_loop_without_authors_ends_by_that():
    station = ready(rules=(EVENING,))
    for _ in range(60):
        custom(station, who="an unknown way")
        station.wait(1.0)
    acted = len(given_orders(station))
    assert limits.AT_ONCE <= acted <= limits.AT_ONCE + 60 / limits.EVERY_S + 1
    assert [event.why for event in station.told if isinstance(event, events.RuleStopped)] == [RuleLimit.RATE]


def test_a_rule_that_was_stopped_acts_again_later():
    station = custom(ready(rules=(reporting("echo", "lift", "lift"),)))
    answered(station)
    station.wait(limits.FOLLOWS_S + 60)
    before = len(given_orders(station))
    custom(station)
    assert len(given_orders(station)) == before + 1


def test_events_of_a_call_that_a_rule_leads_follow_from_the_rule():
    hang = Act("hang_up_call", '{"call": "{call}"}', (AccessScope.CALL,))
    rule = Rule("end", "call.answering", then=(hang,), allow=(AccessScope.CALL,))
    station = ready(rules=(rule,))
    call = station.arrive()
    station.ask(inputs.AnswerCall(call.id), "rule end")
    (wanted,) = given_orders(station)
    assert json.loads(wanted.acts[0].values) == {"call": call.id}


def test_many_rules_cost_little():
    """The configuration may have 200 rules, and clients 100; an event looks at each."""
    rules = tuple(replace(EVENING, name=f"r{number}", where=(("name", "other"),)) for number in range(300))
    station = custom(ready(rules=rules))
    assert given_orders(station) == []


# -- made by clients -------------------------------------------------------------------------------------------------

MINE = replace(EVENING, name="mine", maker="t-1", by="http:tablet")


def kept(station: Station) -> Station:
    """What should be on disc is there."""
    return station.give(inputs.KeptWritten, kept=station.desired.kept)


def ask(station: Station, action, who="http:tablet"):
    """A request whose reply waits for the disc."""
    before = len(station.ordered)
    station.give(inputs.Requested, request=f"q-{before}", who=who, action=action)
    kept(station)
    return next(order for order in reversed(station.ordered) if type(order).__name__ == "Reply")


def test_a_rule_of_a_client_is_kept_over_a_restart_and_acts():
    station = ready()
    assert ask(station, inputs.AddRule(MINE, "t-1")).error is None
    again = Station(State(station.state.settings, now=100.0))
    again.give(inputs.Started, version="1", kept=station.desired.kept)
    assert [order.maker for order in given_orders(custom(again))] == ["t-1"]
    assert station.last(events.RuleAdded) == events.RuleAdded("mine", "http:tablet")
    assert ask(station, inputs.RemoveRule("mine", "t-1")).error is None
    assert station.state.rules.made == ()
    assert station.last(events.RuleRemoved) == events.RuleRemoved("mine", "http:tablet")


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (inputs.AddRule(replace(MINE, maker="t-2"), "t-2"), "forbidden"),
        (inputs.AddRule(replace(MINE, maker=""), ""), "forbidden"),
        (inputs.AddRule(replace(MINE, name="evening"), "t-1"), "conflict"),
        (inputs.AddRule(replace(MINE, name="p", profile="gone"), "t-1"), "parameter-invalid"),
        (inputs.AddRule(replace(MINE, name="w", where=(("sensor", "x"),)), "t-1"), "parameter-invalid"),
        (inputs.AddRule(replace(MINE, name="s", state=(("doors.back.state", "x"),)), "t-1"), "parameter-invalid"),
        (inputs.AddRule(replace(MINE, name="s", state=(("doors", "x"),)), "t-1"), "parameter-invalid"),
        (inputs.RemoveRule("mine", "t-2"), "forbidden"),
        (inputs.RemoveRule("mine", ""), "forbidden"),
        (inputs.RemoveRule("evening", "t-1", admin=True), "rule-not-found"),
        (inputs.RemoveRule("gone", "t-1", admin=True), "rule-not-found"),
    ],
)
def test_a_client_changes_nothing_of_others_and_makes_no_rule_that_can_never_act(action, code):
    station = ready(rules=(EVENING,))
    ask(station, inputs.AddRule(MINE, "t-1"))
    before = station.state.rules.made
    error = ask(station, action).error
    assert (error.code, bool(error.cause), bool(error.resolution)) == (code, True, True)
    assert station.state.rules.made == before


def test_a_client_makes_a_rule_about_the_state():
    station = ready()
    rule = replace(MINE, state=(("doors.front.state", "locked"),))
    assert ask(station, inputs.AddRule(rule, "t-1")).error is None
    assert len(given_orders(custom(station))) == 1


def test_a_client_replaces_its_own_rule_and_one_that_may_do_everything_any():
    station = ready()
    ask(station, inputs.AddRule(MINE, "t-1"))
    assert ask(station, inputs.AddRule(replace(MINE, on="notice", where=()), "t-1")).error is None
    assert [rule.on for rule in station.state.rules.made] == ["notice"]
    assert ask(station, inputs.RemoveRule("mine", "", admin=True)).error is None


def test_of_rules_that_come_and_go_under_ever_new_names_nothing_is_left():
    station = ready()
    for number in range(50):
        name = f"once-{number}"
        ask(station, inputs.AddRule(replace(MINE, name=name), "t-1"))
        custom(station)
        ask(station, inputs.RemoveRule(name, "t-1"))
        station.wait(60.0)
    assert len(given_orders(station)) == 50
    assert len(station.state.rules.acted) == 1


def test_a_rule_that_is_replaced_acts_after_the_others():
    station = ready()
    for name in ("mine", "other", "mine"):
        ask(station, inputs.AddRule(replace(MINE, name=name), "t-1"))
    assert [rule.name for rule in station.state.rules.made] == ["other", "mine"]


def test_clients_make_so_many_rules_and_no_more():
    station = ready()
    for number in range(made.MOST):
        assert ask(station, inputs.AddRule(replace(MINE, name=f"r{number}"), "t-1")).error is None
    assert ask(station, inputs.AddRule(MINE, "t-1")).error.code == "conflict"
    assert len(station.state.rules.made) == made.MOST


def test_a_rule_of_the_configuration_counts_before_one_of_a_client_with_its_name():
    station = ready()
    ask(station, inputs.AddRule(replace(MINE, name="evening"), "t-1"))
    settings_ = replace(station.state.settings, rules=(EVENING,))
    station.give(inputs.ConfigChanged, settings=settings_, applied="rule.evening", needs_restart="")
    assert [order.maker for order in given_orders(custom(station))] == [""]
    assert [each.effective for each in view.rules_view(station.state)] == [True, False]


def test_the_state_is_read_by_paths():
    shown_ = snapshot(ready().state, 0.0)
    assert conditions.value_at(shown_, "doors.front.state") == "locked"
    for path in ("doors", "doors.front", "doors.front.state.more", "nothing", "", "doors..state", "__class__.__name__"):
        with pytest.raises(LookupError):
            conditions.value_at(shown_, path)


def test_a_trial_supposes_another_state_and_refuses_a_place_that_is_not_there():
    rule = replace(EVENING, state=(("runtime.do_not_disturb", "true"), ("doors.front.state", "locked")))
    station = shown(ready(rules=(rule,)), "2026-11-23T12:00")
    quiet, held = {"runtime.do_not_disturb": "true"}, {"doors.front.state": "held"}
    assert [each.acts for each in view.tried(station.state, None, quiet)] == [True]
    (verdict,) = view.tried(station.state, None, quiet | held)
    assert (verdict.acts, verdict.why) == (False, "doors.front.state is held, not locked")
    assert "runtime.do_not_disturb is false" in view.tried(station.state, None, held)[0].why
    with pytest.raises(IntercomError, match=r"The state has no doors\.back\.state\."):
        view.tried(station.state, None, {"doors.back.state": "held"})


def test_a_trial_at_another_time_changes_nothing():
    rule = replace(EVENING, profile="night")
    station = shown(ready(rules=(rule,), profiles=(NIGHT,)), "2026-11-23T12:00")
    before = station.state
    late = datetime.fromisoformat("2026-11-23T23:00")
    assert [each.acts for each in view.tried(station.state, late)] == [True]
    assert [each.acts for each in view.tried(station.state, None)] == [False]
    assert station.state is before
    assert [each.acts for each in view.tried(station.state, late, {"doors.front.state": "held"})] == [True]
    assert view.rules_view(station.state)[0].then[0].values == {"door": FRONT}


def test_clients_see_a_rule_that_opens_a_door_as_such_an_order():
    station = ready(rules=(Rule("practice", "ring.started", FRONT),))
    (shown_,) = view.rules_view(station.state)
    assert [(each.order, each.values) for each in shown_.then] == [("open_door", {"door": FRONT})]
    assert shown_.effective
