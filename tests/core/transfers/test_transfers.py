"""Transfers: each that is begun comes to one end, whatever the far ends do."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import (
    AccountId,
    AccountSettings,
    By,
    CallId,
    CallState,
    Cause,
    Direction,
    RecordedCalls,
    Target,
    TransferPolicy,
    TransferRole,
    TransferState,
)
from appliance.core.orders import Answer, HangUp, NotifyTransfer, Place, Refer, Refuse, Ring
from appliance.core.wall_clock import iso
from tests.core import sent
from tests.core.station import FRONT, KITCHEN, LONGEST, PCMA, Station, ready

OFFICE = "sip:office.example"


def begun() -> tuple[Station, CallId]:
    """The kitchen, with whom we talk, is to call the office."""
    station = ready()
    call = station.talking().id
    assert station.ask(inputs.TransferCall(call, "office")).error is None
    return station, call


def two() -> tuple[Station, CallId, CallId]:
    """We talk with the office, and the kitchen is set aside."""
    station = ready()
    first = station.talking().id
    second = station.ask(inputs.Dial("office")).call
    station.give(inputs.CallConfirmed, call=second)
    station.give(inputs.MediaStarted, call=second, codec=PCMA, held=False)
    return station, first, second


def progress(station: Station, call: CallId, code: int, reason: str = "Why") -> None:
    station.give(inputs.TransferProgressed, call=call, code=code, reason=reason)


def ended(station: Station, call: CallId, *, remote: bool = True) -> None:
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=remote)


def outcomes(station: Station) -> list:
    return [e for e in station.told if isinstance(e, events.CallTransferred | events.CallTransferFailed)]


def referred(policy: TransferPolicy, to: str = OFFICE, **more) -> tuple[Station, CallId]:
    """The kitchen, with whom we talk, wants us to talk with somebody else."""
    station = ready(transfer_policy=policy)
    call = station.talking().id
    return refers(station, call, to, **more), call


def refers(station: Station, call: CallId, to: str = OFFICE, **more) -> Station:
    return station.give(inputs.TransferRequested, call=call, to=to, **more)


def notified(station: Station) -> list[int]:
    return [order.code for order in station.orders(NotifyTransfer)]


def placed(station: Station) -> CallId:
    """The new call."""
    return station.orders(Place)[-1].call


# -- we pass a far end on --------------------------------------------------------------------------------------------


def test_a_far_end_is_passed_on_and_our_call_with_it_ends():
    station, call = begun()
    assert station.orders(Refer) == [Refer(call, OFFICE)]
    told = station.last(events.CallTransferring)
    assert (told.call, told.to, told.kind) == (call, OFFICE, "blind")
    for code in (100, 180):
        progress(station, call, code)
    assert (station.call.state, outcomes(station)) == (CallState.CONNECTED, [])
    progress(station, call, 200)
    assert outcomes(station) == [events.CallTransferred(call, to=OFFICE, role=TransferRole.TRANSFEROR)]
    assert station.orders(HangUp) == [HangUp(call)]
    progress(station, call, 200)
    ended(station, call, remote=False)
    assert (station.last(events.CallEnded).cause, len(outcomes(station))) == (Cause.TRANSFERRED, 1)


@pytest.mark.parametrize("code", [0, 302, 404, 486, 603])
def test_where_it_comes_to_nothing_the_call_goes_on(code):
    station, call = begun()
    for late in (code, 200):
        progress(station, call, late)
    assert outcomes(station) == [events.CallTransferFailed(call, code=code, reason="Why", role=TransferRole.TRANSFEROR)]
    assert station.call.state is CallState.CONNECTED
    assert station.ask(inputs.TransferCall(call, "office")).error is None


def test_an_outcome_that_no_one_reports_is_not_waited_for():
    station, _ = begun()
    station.wait(station.state.settings.deadlines.transfer_s)
    assert [(e.code, e.role) for e in outcomes(station)] == [(408, TransferRole.TRANSFEROR)]
    assert station.call.state is CallState.CONNECTED


@pytest.mark.parametrize("remote", [True, False])
def test_a_call_that_ends_before_the_outcome_is_reported_was_not_transferred(remote):
    station, call = begun()
    ended(station, call, remote=remote)
    assert outcomes(station) == [events.CallTransferFailed(call, 0, "The call is over", TransferRole.TRANSFEROR)]
    assert station.last(events.CallEnded).cause is (Cause.HANGUP if remote else Cause.ERROR)


def test_a_call_is_transferred_once_at_a_time_and_only_while_people_talk():
    station, call = begun()
    assert station.ask(inputs.TransferCall(call, "office")).error.code == "conflict"
    assert len(station.orders(Refer)) == 1
    for wrong in ("nobody", ""):
        assert station.ask(inputs.TransferCall(call, wrong)).error.code == "number-invalid"
    assert station.ask(inputs.TransferCall(CallId("c-none"), "office")).error.code == "call-not-found"
    ringing = ready()
    assert ringing.ask(inputs.TransferCall(ringing.dialled().id, "office")).error.code == "call-wrong-state"


def test_two_far_ends_are_connected_and_both_of_our_calls_end():
    station, first, second = two()
    assert station.ask(inputs.ConnectCalls(first, second)).error is None
    assert station.orders(Refer) == [Refer(first, OFFICE, second)]
    assert station.last(events.CallTransferring).kind == "attended"
    progress(station, first, 200)
    assert station.orders(HangUp) == [HangUp(first), HangUp(second)]
    for call in (first, second):
        ended(station, call, remote=False)
        assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert station.state.calls.living == ()


def test_the_one_that_is_replaced_may_end_first():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    ended(station, second)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert station.call.id == first
    progress(station, first, 200)
    assert station.orders(HangUp) == [HangUp(first)]


def test_nothing_is_resumed_or_switched_while_two_far_ends_are_connected():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    before = len(station.told)
    ended(station, second)
    progress(station, first, 200)
    ended(station, first)
    told = {event.TYPE for event in station.told[before:]}
    assert told.isdisjoint({"call.resumed", "call.held", "call.switched"}), told
    assert "call.transferred" in told
    assert station.last(events.CallTransferred).role == "transferor"


def test_a_far_end_that_has_taken_the_place_may_go_without_a_word():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    for call in (second, first):
        ended(station, call)
        assert (station.last(events.CallEnded).call, station.last(events.CallEnded).cause) == (call, Cause.TRANSFERRED)
    assert outcomes(station) == [events.CallTransferred(first, to=OFFICE, role=TransferRole.TRANSFEROR)]
    assert station.state.transfers == ()


def test_a_far_end_may_go_just_before_the_one_whose_place_it_has_taken():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    ended(station, first)
    assert outcomes(station) == []
    ended(station, second)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert outcomes(station) == [events.CallTransferred(first, to=OFFICE, role=TransferRole.TRANSFEROR)]


def test_a_far_end_that_goes_and_takes_no_place_was_not_transferred():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    ended(station, first)
    station.wait(station.state.settings.deadlines.disconnecting_s)
    assert [(e.call, e.code) for e in outcomes(station)] == [(first, 408)]
    assert (station.call.id, station.call.media.held_local) == (second, False)


def test_a_far_end_that_has_taken_the_place_and_stays_is_left():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    ended(station, second)
    station.wait(station.state.settings.deadlines.transfer_s)
    assert outcomes(station) == [events.CallTransferred(first, to=OFFICE, role=TransferRole.TRANSFEROR)]
    assert station.orders(HangUp) == [HangUp(first)]


def test_where_they_are_not_connected_both_calls_are_as_they_were():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    progress(station, first, 603)
    assert [(call.id, call.media.held_local) for call in station.state.calls.living] == [(first, True), (second, False)]
    ended(station, second)
    assert station.last(events.CallEnded).cause is Cause.HANGUP


def test_a_call_beside_it_goes_on():
    station, call = begun()
    station.arrive("c-other")
    progress(station, call, 200)
    assert station.orders(HangUp) == [HangUp(call)]
    assert station.state.calls.get(CallId("c-other")).alive


def test_a_place_is_taken_by_one():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    for action in (inputs.ConnectCalls(second, first), inputs.TransferCall(second, "kitchen")):
        assert station.ask(action).error.code == "conflict"
    assert len(station.orders(Refer)) == 1


def test_two_calls_are_needed_to_connect_them():
    station, first, _ = two()
    assert station.ask(inputs.ConnectCalls(first, first)).error.code == "parameter-invalid"
    station.arrive("c-third", KITCHEN)
    for other, code in (("c-none", "call-not-found"), ("c-third", "call-wrong-state")):
        assert station.ask(inputs.ConnectCalls(first, CallId(other))).error.code == code
    assert station.orders(Refer) == []


def test_when_the_sip_process_is_lost_so_is_the_transfer():
    station, call = begun()
    station.give(inputs.SipLost, why="killed")
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 0)]
    assert station.state.transfers == ()


# -- a far end passes us on ------------------------------------------------------------------------------------------

FOLLOW, ASK, REFUSE = TransferPolicy.FOLLOW, TransferPolicy.ASK, TransferPolicy.REFUSE


def test_no_one_transfers_us_unless_it_was_allowed():
    station = ready()
    call = station.talking().id
    assert not station.desired.sound.calls[0].transferable
    refers(station, call, refused=603)
    assert [(e.code, e.role) for e in outcomes(station)] == [(603, TransferRole.TRANSFEREE)]
    refers(station, call)  # it was accepted before the policy was changed
    assert notified(station) == [603]
    assert (len(outcomes(station)), len(station.orders(Place)), station.call.id) == (2, 1, call)


def test_we_follow_and_leave_when_we_are_answered():
    station, call = referred(FOLLOW, replaces="x@y;to-tag=1;from-tag=2", referred_by="<sip:kitchen@x>")
    new = placed(station)
    headers = (("Replaces", "x@y;to-tag=1;from-tag=2"), ("Require", "replaces"), ("Referred-By", "<sip:kitchen@x>"))
    assert station.orders(Place)[-1] == Place(new, OFFICE, headers, expires_s=LONGEST)
    assert (station.last(events.CallTransferring).to, station.last(events.CallTransferring).kind) == (
        OFFICE,
        "attended",
    )
    assert station.state.calls.get(new).remote.target == "office"
    assert station.state.calls.get(new).headers.invite == ()
    assert station.state.calls.get(call).media.held_local
    assert notified(station) == [100]
    for _ in range(2):
        station.give(inputs.CallProgressed, call=new, code=180, early_media=False)
    station.give(inputs.CallConfirmed, call=new)
    assert notified(station) == [100, 180, 200]
    assert outcomes(station) == [events.CallTransferred(call, to=OFFICE, role=TransferRole.TRANSFEREE)]
    ended(station, call)
    assert (station.last(events.CallEnded).cause, station.last(events.CallEnded).by) == (Cause.TRANSFERRED, By.REMOTE)
    assert (station.call.id, station.state.transfers) == (new, ())


@pytest.mark.parametrize("pressed", [True, False])
@pytest.mark.parametrize("way", ["refer", "refer twice", "replaces"])
def test_what_a_press_began_is_recorded_on_after_a_transfer_where_only_that_is(pressed, way):
    station = ready(transfer_policy=FOLLOW, recorded_calls=RecordedCalls.DOORBELL)
    if pressed:
        call = station.talking().id
    else:
        call = station.arrive().id
        station.ask(inputs.AnswerCall(call))
        station.give(inputs.CallAnswered, call=call)
        station.give(inputs.CallConfirmed, call=call)
    assert (station.call.recording is not None) == pressed
    if way == "replaces":
        new = station.arrive(call=CallId("c-new"), replaces=call).id
        station.ask(inputs.AnswerCall(new)) if station.state.calls.get(new).state == "incoming" else None
        station.give(inputs.CallAnswered, call=new)
        station.give(inputs.CallConfirmed, call=new)
        ended(station, call, remote=False)
    else:
        for _ in way.split():
            refers(station, call)
            new = placed(station)
            station.give(inputs.CallConfirmed, call=new)
            ended(station, call)
            call = new
    assert station.call.id == new
    assert (station.call.recording is not None) == pressed


def test_the_far_end_of_one_account_cannot_have_us_take_its_choice_for_a_target_of_another():
    accounts = tuple(AccountSettings(AccountId(name), "201", f"{name}.example", name) for name in ("office", "home"))
    desk = Target("desk", "sip:301@office.example", (FRONT,), AccountId("office"))
    for through, target in (("home", ""), ("office", "desk")):
        station = ready(transfer_policy=FOLLOW, accounts=accounts, targets=(desk,))
        call = station.ask(inputs.Dial("999", account=AccountId(through))).call
        station.give(inputs.CallConfirmed, call=call)
        station.ask(inputs.SetTransferPolicy(call, FOLLOW))
        refers(station, call, "sip:301@office.example")
        assert station.state.calls.get(placed(station)).remote.target == target


def test_a_new_call_that_is_sent_on_is_to_take_the_same_place():
    station, _ = referred(FOLLOW, "sip:dear@example.org", replaces="x@y;to-tag=1;from-tag=2")
    new = placed(station)
    station.give(inputs.CallEnded, call=new, code=302, reason="Moved", remote=True, contacts=(OFFICE,))
    headers = (("Replaces", "x@y;to-tag=1;from-tag=2"), ("Require", "replaces"))
    assert station.orders(Place)[-1] == Place(new, OFFICE, headers, expires_s=LONGEST)


def test_a_far_end_that_stays_after_it_has_passed_us_on_is_left():
    station, call = referred(FOLLOW, "sip:dear@example.org")
    assert station.orders(Place)[-1].headers == ()
    assert station.last(events.CallTransferring).kind == "blind"
    station.give(inputs.CallConfirmed, call=placed(station))
    station.wait(station.state.settings.deadlines.disconnecting_s)
    assert station.orders(HangUp) == [HangUp(call)]
    ended(station, call, remote=False)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED


@pytest.mark.parametrize(("code", "told"), [(486, 486), (404, 404), (0, 480)])
def test_where_the_new_call_comes_to_nothing_the_old_one_goes_on(code, told):
    station, call = referred(FOLLOW)
    station.give(inputs.CallEnded, call=placed(station), code=code, reason="Why", remote=bool(code))
    assert notified(station) == [100, told]
    assert outcomes(station) == [events.CallTransferFailed(call, told, "Why", TransferRole.TRANSFEREE)]
    assert (station.call.id, station.call.media.held_local) == (call, False)


def test_a_new_call_that_no_one_answers_is_given_up():
    deadlines = ready().state.settings.deadlines
    station = ready(transfer_policy=FOLLOW, deadlines=type(deadlines)(transfer_s=20.0))
    call = station.talking().id
    refers(station, call)
    station.wait(20.0)
    assert notified(station) == [100, 408]
    assert station.orders(HangUp) == [HangUp(placed(station))]
    assert [(e.code, e.role) for e in outcomes(station)] == [(408, TransferRole.TRANSFEREE)]


def test_a_far_end_that_goes_at_once_is_not_reported_and_we_go_on():
    station, call = referred(FOLLOW)
    ended(station, call)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    new = placed(station)
    station.give(inputs.CallProgressed, call=new, code=180, early_media=False)
    station.give(inputs.CallConfirmed, call=new)
    assert notified(station) == [100]
    assert outcomes(station) == [events.CallTransferred(call, to=OFFICE, role=TransferRole.TRANSFEREE)]
    assert (station.call.id, station.state.transfers) == (new, ())


@pytest.mark.parametrize("to", ["", "tel:110", "sip:", "mailto:a@b"])
def test_what_is_no_sip_address_is_not_called(to):
    station, call = referred(FOLLOW, to)
    assert (notified(station), len(station.orders(Place))) == ([416], 1)
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 416)]


def test_at_the_limit_of_calls_we_do_not_follow():
    station = ready(transfer_policy=FOLLOW, max_calls=1)
    refers(station, station.talking().id)
    assert notified(station) == [486]
    asks = ready(transfer_policy=ASK, max_calls=1)
    call = refers(asks, asks.talking().id).call.id
    assert asks.ask(inputs.AcceptTransfer(call)).error.code == "too-many-calls"
    assert asks.state.transfer(call).state is TransferState.ASKED


def test_one_transfer_at_a_time():
    station, call = referred(ASK)
    refers(station, call)
    assert notified(station) == [100, 491]
    assert station.ask(inputs.TransferCall(call, "office")).error.code == "conflict"
    progress(station, call, 200)  # of one that is over long since
    assert station.state.transfer(call).state is TransferState.ASKED
    early = ready(transfer_policy=ASK)
    refers(early, early.dialled().id)
    assert notified(early) == [491]


def test_a_client_accepts():
    station, call = referred(ASK)
    (shown,) = sent.snapshot(station.state, 0.0)["calls"]
    until = iso(station.state.now + station.state.settings.deadlines.transfer_request_s, 0.0)
    assert shown["transfer"] == {"role": "transferee", "state": "asked", "to": OFFICE, "until": until}
    assert station.last(events.CallTransferRequested) == events.CallTransferRequested(call, to=OFFICE)
    assert notified(station) == [100]
    assert station.ask(inputs.AcceptTransfer(call)).error is None
    assert station.orders(Place)[-1].uri == OFFICE
    for late in (inputs.AcceptTransfer(call), inputs.EndTransfer(call, 200, "OK")):
        assert station.ask(late).error.code == "transfer-not-requested"
    station.give(inputs.CallConfirmed, call=placed(station))
    assert notified(station) == [100, 200]


@pytest.mark.parametrize("code", [503, 603])
def test_a_client_refuses_or_has_failed_by_itself(code):
    station, call = referred(ASK)
    assert station.ask(inputs.EndTransfer(call, code, "Why")).error is None
    assert station.orders(NotifyTransfer)[-1] == NotifyTransfer(call, code, "Why")
    assert outcomes(station) == [events.CallTransferFailed(call, code, "Why", TransferRole.TRANSFEREE)]
    assert (station.call.id, len(station.orders(Place))) == (call, 1)
    assert station.ask(inputs.EndTransfer(call, code, "Why")).error.code == "transfer-not-requested"


def test_a_client_has_done_it_by_itself():
    station, call = referred(ASK)
    assert station.ask(inputs.EndTransfer(call, 200, "OK")).error is None
    assert notified(station) == [100, 200]
    assert outcomes(station) == [events.CallTransferred(call, to=OFFICE, role=TransferRole.TRANSFEREE)]
    ended(station, call)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED


def test_what_no_one_has_asked_for_cannot_be_answered():
    station = ready(transfer_policy=ASK)
    call = station.talking().id
    for action in (inputs.AcceptTransfer(call), inputs.EndTransfer(call, 603, "Decline")):
        assert station.ask(action).error.code == "transfer-not-requested"
    refers(station, call)
    assert station.ask(inputs.EndTransfer(call, 180, "Ringing")).error.code == "parameter-invalid"
    assert station.ask(inputs.AcceptTransfer(CallId("c-none"))).error.code == "call-not-found"


def test_what_no_one_decides_on_is_refused():
    station, call = referred(ASK)
    station.wait(station.state.settings.deadlines.transfer_request_s)
    assert notified(station) == [100, 603]
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 603)]
    assert station.call.state is CallState.CONNECTED


def test_a_call_that_ends_before_anybody_has_decided_was_not_transferred():
    station, call = referred(ASK)
    ended(station, call)
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 0)]
    assert (station.last(events.CallEnded).cause, station.state.transfers) == (Cause.HANGUP, ())


def test_a_call_that_is_being_ended_is_not_transferred_any_more():
    station, call = referred(ASK)
    station.ask(inputs.HangUpCall(call))
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 0)]
    assert station.ask(inputs.AcceptTransfer(call)).error.code == "transfer-not-requested"


def test_when_the_sip_process_is_lost_no_one_is_followed():
    station, call = referred(FOLLOW)
    station.give(inputs.SipLost, why="killed")
    assert outcomes(station) == [events.CallTransferFailed(call, 480, "killed", TransferRole.TRANSFEREE)]
    assert (notified(station), station.state.calls.living, station.state.transfers) == ([100], (), ())


def test_the_policy_is_the_accounts_and_can_be_changed_for_a_call():
    account = AccountSettings(AccountId("office"), "401", "example.org", "example.org", transfer_policy=ASK)
    station = ready(accounts=(account,), transfer_policy=FOLLOW)
    through = station.ask(inputs.Dial("402", account=AccountId("office"))).call
    straight = station.ask(inputs.Dial("sip:x@127.0.0.9")).call
    assert [station.state.calls.get(call).transfer_policy for call in (through, straight)] == [ASK, FOLLOW]
    assert station.arrive().transfer_policy is FOLLOW
    station.ask(inputs.SetTransferPolicy(through, REFUSE))
    shown = {call["id"]: call["transfer_policy"] for call in sent.snapshot(station.state, 0.0)["calls"]}
    assert (shown[through], shown[straight]) == ("refuse", "follow")


# -- somebody takes a far end's place --------------------------------------------------------------------------------

STRANGER = {"uri": "sip:who@example.org", "source": "192.0.2.9:5060"}


def takes(station: Station, old: CallId, uri: str = KITCHEN, source: str = "127.0.0.2:5060") -> CallId:
    """An INVITE with Replaces."""
    new = CallId("c-new")
    about = {"uri": uri, "source": source, "display_name": "", "local_uri": "sip:front@x"}
    station.give(inputs.CallArrived, call=new, replaces=old, **about)
    return new


def test_a_stranger_takes_no_place_though_it_knows_the_identifiers_of_the_call():
    station = ready(transfer_policy=FOLLOW)
    old = station.talking().id
    new = takes(station, old, **STRANGER)
    assert station.orders(Answer) == []
    assert station.orders(Refuse)[-1] == Refuse(new, 403)
    assert station.state.calls.get(old).talks


def test_another_takes_the_place_of_whom_we_talk_with():
    station = ready(transfer_policy=FOLLOW, max_calls=1)
    old = station.talking().id
    new = takes(station, old)
    assert (station.orders(Answer), station.orders(Ring), station.orders(HangUp)) == ([Answer(new)], [], [HangUp(old)])
    assert station.last(events.CallReplaced) == events.CallReplaced(old, to=new)
    station.give(inputs.CallConfirmed, call=new)
    ended(station, old, remote=False)
    assert (station.last(events.CallEnded).cause, station.call.id) == (Cause.REPLACED, new)


def test_another_takes_a_ringing_call_that_a_visitor_has_placed():
    station = ready(transfer_policy=FOLLOW)
    old = station.dialled().id
    takes(station, old)
    station.give(inputs.CallEnded, call=old, code=487, reason="Request Terminated", remote=False)
    told = station.last(events.CallCanceled)
    assert (told.cause, told.direction, told.explanation) == (Cause.REPLACED, Direction.OUTGOING, "")


def test_a_call_that_is_held_here_is_not_taken_without_a_word():
    station = ready(transfer_policy=FOLLOW)
    old = station.talking().id
    station.ask(inputs.HoldCall(old, held=True))
    new = takes(station, old)
    assert (station.orders(Answer), station.orders(Ring)) == ([], [Ring(new)])
    assert "call.replaced" not in station.types()
    station.ask(inputs.AnswerCall(new))
    assert station.last(events.CallReplaced).call == old


def test_a_participant_of_a_conference_is_not_taken_without_a_word():
    station = ready(transfer_policy=FOLLOW)
    old = station.talking().id
    assert station.ask(inputs.Confer((old,), (inputs.Dial("office"),))).error is None
    new = takes(station, old)
    assert (station.orders(Answer), station.orders(Ring)) == ([], [Ring(new)])
    station.ask(inputs.AnswerCall(new))
    assert station.last(events.CallReplaced).call == old


def test_where_people_are_to_decide_who_takes_a_place_rings():
    station = ready(transfer_policy=ASK)
    old = station.talking().id
    new = takes(station, old)
    assert (station.orders(Ring), station.orders(HangUp)) == ([Ring(new)], [])
    station.ask(inputs.AnswerCall(new))
    assert station.orders(HangUp) == [HangUp(old)]


def test_where_transfers_are_refused_a_known_caller_takes_no_place_either():
    station = ready(transfer_policy=REFUSE)
    old = station.talking().id
    new = takes(station, old)
    assert (station.orders(Refuse), station.orders(Answer), station.orders(Ring)) == ([Refuse(new, 603)], [], [])
    assert station.state.calls.get(old).talks


def test_where_people_are_to_decide_a_stranger_does_not_ring():
    station = ready(transfer_policy=ASK)
    new = takes(station, station.talking().id, **STRANGER)
    assert station.orders(Refuse) == [Refuse(new, 403)]


def test_who_takes_the_place_of_a_call_that_is_over_comes_too_late():
    station = ready(transfer_policy=FOLLOW)
    old = station.talking().id
    station.ask(inputs.HangUpCall(old))
    new = takes(station, old)
    assert station.orders(Refuse) == [Refuse(new, 481)]
    ended(station, new, remote=False)
    ended(station, old, remote=False)
    takes(station, old)
    assert station.orders(Refuse) == [Refuse(new, 481)] * 2


def test_what_took_a_place_that_is_empty_by_then_is_a_call_like_any_other():
    station = ready(transfer_policy=ASK)
    old = station.talking().id
    new = takes(station, old)
    ended(station, old)
    station.ask(inputs.AnswerCall(new))
    assert station.orders(Answer) == [Answer(new)]
    assert "call.replaced" not in station.types()
