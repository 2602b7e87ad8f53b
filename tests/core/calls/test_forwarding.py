"""Forwarding: calls to us that are sent on, calls of ours that far ends send on; never in a circle, or to anybody."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs, status_line, wall_clock
from appliance.core.model import (
    AccountId,
    AccountSettings,
    By,
    CallId,
    CallState,
    Cause,
    Clock,
    Direction,
    Forwarding,
    QuietHours,
    Runtime,
    Target,
    TransferPolicy,
)
from appliance.core.orders import Answer, Place, Refuse
from tests.core import sent
from tests.core.calls.test_calls import end, outcome
from tests.core.station import KITCHEN, LONGEST, SETTINGS, Station, ready

CELLAR, GUARD = "sip:cellar@127.0.0.3:5070", "sip:guard@127.0.0.4"
TARGETS = (*SETTINGS.targets, Target("cellar", CELLAR), Target("guard", GUARD), Target("house", "sip:127.0.0.5"))
OFFICE = AccountSettings(AccountId("office"), "201", "pbx.example", "192.0.2.5:5080")


def station(**rules) -> Station:
    """One that forwards so; `max_calls` and accounts as given."""
    changes = {name: rules.pop(name) for name in ("max_calls", "accounts", "callers") if name in rules}
    return ready(**{"targets": TARGETS, **changes}, runtime=Runtime(Forwarding(**rules)))


def show_clock(made: Station, local: str, *, trusted: bool = True) -> None:
    """Have the clock show that local time now, an hour ahead of UTC."""
    epoch = datetime.fromisoformat(local).replace(tzinfo=UTC).timestamp() - 3600.0 - made.state.now
    made.give(inputs.ClockReported, clock=Clock(epoch, 3600.0, trusted))


def called(station: Station, call="c-in", diverted=(), uri=KITCHEN, source="127.0.0.2:5060") -> Station:
    about = {"uri": uri, "display_name": "", "source": source, "local_uri": "sip:front@x"}
    return station.give(inputs.CallArrived, call=CallId(call), diverted=diverted, **about)


def forwarded(station: Station) -> list[tuple[str, int]]:
    return [(event.to, event.code) for event in station.told if isinstance(event, events.CallForwarded)]


# -- calls to us -----------------------------------------------------------------------------------------------------


def test_all_calls_are_sent_on_and_the_caller_learns_where():
    door = called(station(always="cellar"))
    assert door.orders(Refuse) == [Refuse(CallId("c-in"), 302, CELLAR)]
    assert forwarded(door) == [(CELLAR, 302)]
    end(door, "c-in", 302, "Moved Temporarily", remote=False)
    assert outcome(door) == (events.CallRejected, Cause.REJECTED, 302, By.LOCAL, False)


def test_a_number_is_one_at_the_first_account():
    door = called(station(always="300", accounts=(OFFICE,)))
    assert forwarded(door) == [("sip:300@pbx.example", 302)]


def test_a_caller_beyond_the_limit_is_sent_on():
    door = station(busy="cellar", max_calls=1)
    door.dialled()
    called(door)
    assert forwarded(door) == [(CELLAR, 302)]
    end(door, "c-in", 302, remote=False)
    assert outcome(door) == (events.CallRejected, Cause.BUSY, 302, By.LOCAL, True)


def test_no_one_answers_and_the_call_goes_on():
    door = called(station(no_answer="cellar", no_answer_s=15.0))
    door.wait(14.9)
    assert door.call.state is CallState.INCOMING
    door.wait(0.2)
    assert forwarded(door) == [(CELLAR, 302)]
    end(door, "c-in", 302, remote=False)
    assert outcome(door) == (events.CallRejected, Cause.NO_ANSWER, 302, By.LOCAL, True)


def test_who_is_answered_in_time_is_not_sent_on():
    door = called(station(no_answer="cellar", no_answer_s=15.0))
    assert door.ask(inputs.AnswerCall(CallId("c-in"))).error is None
    door.wait(20.0)
    assert door.orders(Answer) == [Answer(CallId("c-in"))]
    assert not forwarded(door)


def test_a_call_that_answers_itself_later_rings_until_it_is_sent_on():
    targets = (structs.replace(TARGETS[0], auto_answer=True), *TARGETS[1:])
    door = ready(targets=targets, runtime=Runtime(Forwarding(no_answer="cellar", no_answer_s=5.0)))
    about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
    door.give(inputs.CallArrived, call=CallId("c-in"), answer_after_s=10.0, **about)
    door.wait(6.0)
    assert forwarded(door) == [(CELLAR, 302)]


@pytest.mark.parametrize("rules", [{}, {"quiet": "cellar"}])
def test_no_one_is_disturbed(rules):
    door = station(**rules, busy="guard")
    assert door.ask(inputs.ChangeRuntime(do_not_disturb=True)).error is None
    called(door)
    code = 302 if rules else 480
    assert door.orders(Refuse) == [Refuse(CallId("c-in"), code, CELLAR if rules else "")]
    end(door, "c-in", code, remote=False)
    assert outcome(door) == (events.CallRejected, Cause.UNAVAILABLE, code, By.LOCAL, True)
    assert door.dialled().direction is Direction.OUTGOING, "a visitor rings all the same"


def test_in_the_quiet_hours_calls_go_elsewhere():
    door = station(quiet="cellar")
    show_clock(door, "2026-11-21 21:59")
    assert door.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "06:30"))).error is None
    assert door.desired.wake_at == pytest.approx(door.state.now + 60.0, abs=0.01)
    door.wait(60.0)
    called(door)
    assert forwarded(door) == [(CELLAR, 302)]
    end(door, "c-in", 302, remote=False)
    door.wait(8.5 * 3600.0)
    assert called(door, "c-2").call.state is CallState.INCOMING
    assert [event.message for event in door.told if isinstance(event, events.NoticeReported)] == [
        "The quiet hours have begun.",
        "The quiet hours are over.",
    ]


@pytest.mark.parametrize(
    ("begin", "end", "now", "is_quiet", "minutes"),
    [
        ("22:00", "06:30", "2026-11-21 21:59", False, 1),
        ("22:00", "06:30", "2026-11-21 22:00", True, 510),
        ("22:00", "06:30", "2026-11-22 06:29", True, 1),
        ("22:00", "06:30", "2026-11-22 06:30", False, 930),
        ("12:00", "14:00", "2026-12-31 13:00", True, 60),
        ("12:00", "14:00", "2026-12-31 15:00", False, 21 * 60),
        ("", "", "2026-11-21 12:00", False, None),
    ],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_quiet_hours_begin_and_end_by_local_time_of_any_clock(begin, end, now, is_quiet, minutes, trusted):
    door = ready(runtime=Runtime(quiet_hours=QuietHours(begin, end)))
    show_clock(door, now, trusted=trusted)
    assert door.state.appliance.quiet is is_quiet
    expected = None if minutes is None else pytest.approx(door.state.now + 60.0 * minutes, abs=0.01)
    assert wall_clock.quiet_changes_at(door.state) == expected


def test_quiet_hours_end_when_they_are_no_longer_configured():
    door = ready(runtime=Runtime(quiet_hours=QuietHours("22:00", "06:30")))
    show_clock(door, "2026-11-21 23:00")
    assert door.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("", ""))).error is None
    assert not door.state.appliance.quiet
    assert [event.message for event in door.told if isinstance(event, events.NoticeReported)] == [
        "The quiet hours have begun.",
        "The quiet hours are over.",
    ]


@pytest.mark.parametrize(
    ("name", "diverted"),
    [
        pytest.param("kitchen", (), id="the caller himself"),
        pytest.param("gone", (), id="nobody known"),
        pytest.param("300", (), id="a number without an account"),
        pytest.param("cellar", ("sip:cellar@127.0.0.3;transport=udp",), id="it was there already"),
        pytest.param("cellar", ("sip:a@b",) * 5, id="it was sent on too often"),
    ],
)
def test_a_rule_that_leads_nowhere_or_round_in_a_circle_is_none(name, diverted):
    door = called(station(always=name, no_answer=name), diverted=diverted)
    assert door.call.state is CallState.INCOMING
    assert door.call.forward.at is None


def test_a_caller_at_an_address_of_his_own_is_not_sent_to_himself():
    door = station(always="house", callers="anyone")
    assert called(door, uri="sip:127.0.0.5", source="127.0.0.9:5060").call.state is CallState.INCOMING


def test_a_stranger_learns_of_no_other_address():
    door = called(station(always="cellar"), uri="sip:stranger@127.0.0.9", source="127.0.0.9:5060")
    assert door.orders(Refuse) == [Refuse(CallId("c-in"), 403)]
    assert not forwarded(door)


# -- our own calls ---------------------------------------------------------------------------------------------------


def moved(station: Station, *contacts: str, code: int = 302) -> Station:
    call = station.call
    fields = {"call": call.id, "code": code, "reason": "Moved", "remote": True, "contacts": contacts}
    return station.give(inputs.CallEnded, **fields)


def test_an_outgoing_call_goes_on_to_a_target_and_is_the_same_call():
    door = station()
    call = door.dialled()
    door.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)
    door.wait(20.0)
    moved(door, "sip:stranger@127.0.0.9", "sip:cellar@127.0.0.3;user=phone", code=301)
    assert door.orders(Place)[1:] == [Place(call.id, CELLAR, expires_s=LONGEST)]
    assert forwarded(door) == [(CELLAR, 301)]
    now = door.call
    assert (now.state, now.remote.target, now.number) == (CallState.RINGING, "cellar", "kitchen")
    assert now.deadline == door.state.now + SETTINGS.deadlines.ringing_s
    door.give(inputs.CallConfirmed, call=call.id)
    end(door, call.id)
    assert outcome(door)[:2] == (events.CallEnded, Cause.HANGUP)


def test_a_target_that_is_a_whole_host_is_called_as_it_is_configured():
    door = station()
    call = door.dialled()
    moved(door, "sip:expensive@127.0.0.5:9999")
    assert door.orders(Place)[1:] == [Place(call.id, "sip:127.0.0.5", expires_s=LONGEST)]


@pytest.mark.parametrize(
    "contacts",
    [
        pytest.param((), id="no address"),
        pytest.param(("sip:stranger@127.0.0.9",), id="a stranger"),
        pytest.param(("tel:110",), id="no SIP"),
        pytest.param((KITCHEN,), id="itself"),
        pytest.param(("sip:300@pbx.example",), id="a number at a registrar that the call does not go through"),
    ],
)
def test_an_outgoing_call_goes_nowhere_else(contacts):
    door = station(accounts=(OFFICE,))
    door.dialled()
    moved(door, *contacts)
    assert not forwarded(door)
    assert outcome(door) == (events.CallFailed, Cause.UNAVAILABLE, 302, By.REMOTE, False)


@pytest.mark.parametrize(
    ("contact", "goes_on"),
    [
        ("sip:300@PBX.example", True),
        ("sip:300@192.0.2.5:5080", True),
        ("sip:300@192.0.2.6", True),  # another of its servers
        ("sip:300@elsewhere.example", False),
        ("sip:pbx.example", False),
        ("sip:3%300@pbx.example", False),
    ],
)
def test_a_registrar_sends_us_on_to_its_own_numbers_alone(contact, goes_on):
    door = station(accounts=(OFFICE,))
    account = {"account": OFFICE.name, "expires_s": 300.0, "server": "192.0.2.5:5080"}
    door.give(inputs.Registered, **account, hosts=("192.0.2.5", "192.0.2.6"))
    call = door.ask(inputs.Dial("299")).call
    moved(door, contact)
    assert door.orders(Place)[1:] == (
        [Place(call, "sip:300@pbx.example", (), OFFICE.name, expires_s=LONGEST)] if goes_on else []
    )


@pytest.mark.parametrize("chosen", [None, TransferPolicy.ASK])
def test_a_call_that_goes_on_without_its_account_has_nothing_of_it(chosen):
    office = structs.replace(OFFICE, transfer_policy=TransferPolicy.FOLLOW, transport="tls")
    door = ready(targets=TARGETS, accounts=(office,), user="front")
    call = door.ask(inputs.Dial("299")).call
    assert door.call.local_uri == "sip:201@pbx.example"
    if chosen is not None:
        door.ask(inputs.SetTransferPolicy(call, chosen))
    moved(door, CELLAR)
    now = door.call
    assert (now.account, now.local_uri, now.transport) == ("", "sip:front@127.0.0.1:5060", "udp")
    assert now.transfer_policy is (chosen or TransferPolicy.REFUSE)


def test_a_circle_of_far_ends_comes_to_an_end():
    door = station()
    door.dialled()
    moved(door, CELLAR)
    moved(door, KITCHEN, GUARD)
    moved(door, KITCHEN, CELLAR)
    assert [to for to, _ in forwarded(door)] == [CELLAR, GUARD]
    assert outcome(door)[:3] == (events.CallFailed, Cause.UNAVAILABLE, 302)


def test_a_call_is_sent_on_as_often_as_the_settings_say():
    door = ready(targets=TARGETS, max_redirects=1)
    door.dialled()
    moved(door, CELLAR)
    moved(door, GUARD)
    assert [to for to, _ in forwarded(door)] == [CELLAR]
    assert not door.state.calls.living


def test_a_call_that_is_given_up_goes_nowhere():
    door = station()
    call = door.dialled()
    door.ask(inputs.HangUpCall(call.id))
    moved(door, CELLAR)
    assert not forwarded(door)
    assert outcome(door)[:2] == (events.CallCanceled, Cause.CANCELED)


# -- what clients change ---------------------------------------------------------------------------------------------


def test_a_client_changes_what_it_names_and_nothing_else():
    door = station(always="cellar", no_answer="guard")
    assert door.ask(inputs.ChangeRuntime(always="", no_answer_s=5.0)).warning == ""
    assert door.state.runtime.forwarding == Forwarding(no_answer="guard", no_answer_s=5.0)
    assert door.last(events.ConfigChanged).applied == "forwarding.always, forwarding.no_answer_s"
    assert door.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "06:00"))).error is None
    assert door.state.runtime.quiet_hours == QuietHours("22:00", "06:00")
    assert door.last(events.ConfigChanged).applied == "quiet_hours"
    assert (
        door.ask(inputs.ChangeRuntime(do_not_disturb=False, always="")).warning == "These settings are active already."
    )
    assert sent.snapshot(door.state, 0.0)["runtime"] == {
        "forwarding": {"always": "", "quiet": "", "busy": "", "no_answer": "guard", "no_answer_s": 5.0},
        "quiet_hours": {"begin": "22:00", "end": "06:00", "profile": ""},
        "do_not_disturb": False,
        "quiet": False,
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (inputs.ChangeRuntime(busy="nobody"), "number-invalid"),
        (inputs.ChangeRuntime(busy="sip:stranger@127.0.0.9"), "number-invalid"),
        (inputs.ChangeRuntime(no_answer_s=0.5), "parameter-invalid"),
        (inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "22:00")), "parameter-invalid"),
        (inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "")), "parameter-invalid"),
        (inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("24:00", "06:00")), "parameter-invalid"),
    ],
)
def test_what_cannot_be_is_refused(change, code):
    door = station()
    assert door.ask(change).error.code == code
    assert door.state.appliance.changed is None


def test_the_file_goes_before_what_clients_said_where_it_was_changed():
    door = station(always="cellar")
    door.ask(inputs.ChangeRuntime(always="guard", quiet_hours=inputs.QuietHoursChange("", "")))
    settings = structs.replace(door.state.settings, max_calls=2)
    door.give(inputs.ConfigChanged, settings=settings, applied="sip.max_calls", needs_restart="")
    assert door.state.runtime.forwarding.always == "guard"
    settings = structs.replace(settings, runtime=Runtime(Forwarding(busy="cellar")))
    door.give(inputs.ConfigChanged, settings=settings, applied="forwarding.always", needs_restart="")
    assert door.state.runtime == settings.runtime


def test_what_clients_said_holds_over_a_restart_unless_the_file_says_something_else_by_then():
    door = station(always="cellar")
    assert door.desired.kept.configured is None
    door.ask(inputs.ChangeRuntime(always="guard", do_not_disturb=True))
    kept = door.desired.kept
    again, changed = station(always="cellar"), station(always="office")
    for each in (again, changed):
        each.give(inputs.Started, version="1", kept=kept)
    assert again.state.runtime == door.state.runtime != changed.state.runtime == changed.state.settings.runtime
    assert again.desired.kept == kept
    assert (changed.desired.kept.changed, changed.desired.kept.configured) == (None, None)


def test_the_status_says_that_calls_do_not_ring_here():
    door = station(always="cellar")
    assert status_line.status(door.state) == "calls are forwarded to cellar"
    door.ask(inputs.ChangeRuntime(always="", do_not_disturb=True))
    assert status_line.status(door.state) == "do not disturb"
    door.ask(inputs.ChangeRuntime(do_not_disturb=False))
    door.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "06:30")))
    show_clock(door, "2026-11-21 23:00")
    assert status_line.status(door.state) == "quiet hours"


def test_only_the_settings_that_a_client_has_read_are_changed():
    station = ready()
    read = station.state.runtime
    assert station.ask(inputs.ChangeRuntime(do_not_disturb=True, read=read)).error is None
    assert station.ask(inputs.ChangeRuntime(no_answer_s=9.0, read=read)).error.code is ErrorCode.PRECONDITION_FAILED
    now = station.state.runtime
    assert (now.do_not_disturb, now.forwarding.no_answer_s) == (True, read.forwarding.no_answer_s)
    assert station.ask(inputs.ChangeRuntime(no_answer_s=9.0, read=now)).error is None
