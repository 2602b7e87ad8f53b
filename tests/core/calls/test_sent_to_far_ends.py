"""Digits to far ends without telephone-event, calls without an account, and what the SIP process refuses by itself."""

import pytest
from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.model import (
    DIRECT,
    AccountId,
    AccountSettings,
    CallState,
    Candidate,
    Content,
    DigitsBy,
    LockoutScope,
    MessageId,
    MessageMethod,
    Target,
)
from appliance.core.orders import Place, SendDigit, SendMessage
from tests.core.sent import call_view
from tests.core.station import FRONT, KITCHEN, PCMA, ready


def of_type(station, kind):
    return [event for event in station.told if kind == event.TYPE]


def talking(way):
    """The kitchen's phone takes no telephone-event."""
    station = ready(digits_otherwise=way)
    call = station.talking()
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False, events=False)
    return station


def test_digits_that_the_far_end_does_not_take_are_refused():
    station = talking(DigitsBy.NONE)
    reply = station.ask(inputs.SendDigits(station.call.id, "5"))
    assert reply.error.code == "digits-unsupported"
    assert not station.orders(SendDigit)


def test_digits_go_in_the_sound_where_that_is_configured():
    station = talking(DigitsBy.INBAND)
    assert station.ask(inputs.SendDigits(station.call.id, "5")).error is None
    assert station.orders(SendDigit) == [SendDigit(station.call.id, "5", inband=True)]


def test_digits_go_by_info_and_their_answers_are_the_outcome():
    station = talking(DigitsBy.INFO)
    assert station.ask(inputs.SendDigits(station.call.id, "57")).error is None
    one, other = station.orders(SendMessage)
    assert one.method is MessageMethod.INFO
    assert "Signal=5" in one.content.body
    station.give(inputs.MessageAnswered, message=one.message, code=200, reason="OK")
    assert [event.digit for event in of_type(station, "dtmf.sent")] == [None]  # a code is known: masked
    station.give(inputs.MessageAnswered, message=other.message, code=415, reason="Unsupported Media Type")
    (error,) = of_type(station, "error")
    assert (error.code, error.sip_code) == ("digits-unsupported", 415)


def test_the_answer_to_a_digit_of_a_call_that_is_over_comes_late():
    station = talking(DigitsBy.INFO)
    call = station.call
    station.ask(inputs.SendDigits(call.id, "5"))
    (sent,) = station.orders(SendMessage)
    station.give(inputs.CallEnded, call=call.id, code=200, reason="", remote=True)
    station.give(inputs.MessageAnswered, message=sent.message, code=200, reason="OK")
    station.give(inputs.MessageAnswered, message=MessageId("m-never"), code=200, reason="OK")
    assert not of_type(station, "dtmf.sent")


def test_digits_that_are_given_up_are_an_error():
    station = talking(DigitsBy.INBAND)
    station.give(inputs.DigitsNotSent, call=station.call.id, why="The far end has no sound.")
    (error,) = of_type(station, "error")
    assert (error.code, error.cause) == ("digits-unsupported", "The far end has no sound.")


@pytest.mark.parametrize(("to", "uri"), [("kitchen", KITCHEN), ("sip:bob@example.org", "sip:bob@example.org")])
def test_a_call_with_the_account_direct_goes_from_address_to_address(to, uri):
    station = ready()
    station.ask(inputs.Dial(to, account=DIRECT))
    (placed,) = station.orders(Place)
    assert (placed.uri, placed.account) == (uri, AccountId(""))


ACCOUNTS = tuple(AccountSettings(AccountId(name), "201", f"{name}.example", name) for name in ("office", "home"))
DESK = Target("desk", "sip:301:secret@office.example", (FRONT,), AccountId("office"))


@pytest.mark.parametrize("order", [inputs.Dial, inputs.InviteInto])
@pytest.mark.parametrize(
    ("through", "target", "uri"),
    [
        ("", "desk", DESK.uri),
        ("office", "desk", DESK.uri),
        ("home", "", "sip:301@office.example"),
        (DIRECT, "", "sip:301@office.example"),
    ],
)
def test_a_target_that_is_called_past_its_own_account_is_none_and_its_password_is_not_sent(order, through, target, uri):
    station = ready(accounts=ACCOUNTS, targets=(DESK,), max_calls=4)
    dial = inputs.Dial("desk", account=AccountId(through))
    if order is inputs.InviteInto:
        station.ask(inputs.Confer((), (inputs.Dial("sip:bob@example.org", account=DIRECT),)))
        station.ask(inputs.InviteInto(station.state.conference.id, dial))
    else:
        station.ask(dial)
    placed = station.orders(Place)[-1]
    call = station.state.calls.get(placed.call)
    assert (call.remote.target, call.remote.uri, placed.uri) == (target, "sip:301@office.example", uri)


@pytest.mark.parametrize("account", ["", DIRECT])
@pytest.mark.parametrize(
    "order",
    [
        lambda dial: dial,
        lambda dial: inputs.Confer((), (dial,)),
        lambda dial: inputs.SendText(dial.to, Content("text/plain", "x", ()), dial.account),
    ],
)
def test_an_address_brings_no_headers_beside_those_that_may_be_sent(order, account):
    """pjsip puts what stands behind the ? of an address into the request, whatever header it is."""
    station = ready()
    dial = inputs.Dial("sip:bob@example.org?P-Asserted-Identity=%3Csip:boss%40example.org%3E", account=account)
    error = station.ask(order(dial)).error
    assert (error.code, error.cause) == ("number-invalid", "The address has headers, behind its question mark.")
    assert not station.orders(Place) + station.orders(SendMessage)


def test_a_number_with_the_account_direct_is_no_address():
    station = ready()
    assert station.ask(inputs.Dial("205", account=DIRECT)).error.code == "number-invalid"


@pytest.mark.parametrize("reason", ["x" * 200, "two\nlines"])
def test_a_reason_that_cannot_be_sent_is_refused(reason):
    station = ready()
    call = station.arrive()
    assert station.ask(inputs.RejectCall(call.id, 486, reason)).error.code == "parameter-invalid"


def test_a_call_whose_answer_cannot_be_used_ends_as_media_failed():
    station = ready()
    call = station.talking()
    station.give(inputs.CallEnded, call=call.id, code=488, reason="Not Acceptable Here", remote=False)
    (ended,) = of_type(station, "call.ended")
    assert (ended.cause, ended.by) == ("media_failed", "local")


def test_a_call_that_is_over_says_so():
    station = ready()
    call = replace(station.talking(), state=CallState.ENDED)
    assert call_view(station.state, call, 0.0, 0.0)["summary"] == "the call with kitchen is over"


def test_a_pair_of_ice_that_is_silent_for_the_deadline_ends_the_call():
    station = ready()
    call = station.talking()
    pair = Candidate("host", "192.0.2.7:4000")
    station.give(inputs.IceCompleted, call=call.id, local=pair, remote=pair)
    station.give(inputs.RtpStopped, call=call.id)
    station.wait(60)
    (ended,) = of_type(station, "call.ended")
    assert ended.cause == "ice_failed"


def test_what_the_sip_process_refuses_is_reported_once_a_minute():
    station = ready()
    refused = {"method": "INVITE", "source": "127.0.0.9", "code": 513, "reason": "Message Too Large"}
    station.give(inputs.RequestRefused, **refused).give(inputs.RequestRefused, 1.0, **refused)
    assert len(of_type(station, "request.refused")) == 1


def test_an_answer_that_is_not_believed_is_reported_once_a_minute_for_each_sender_and_reason():
    station = ready()
    came = {"method": "REGISTER", "code": 200, "source": "127.0.0.9:5060", "to": "127.0.0.2:5060"}
    for at, reason in enumerate(["Another Realm", "Another Realm", "Weaker Challenge"]):
        station.give(inputs.AnswerDoubted, float(at), **came, reason=reason)
    assert [each.reason for each in of_type(station, "answer.doubted")] == ["Another Realm", "Weaker Challenge"]


def test_an_answer_that_did_not_count_explains_the_end_of_its_call_alone():
    station = ready()
    calls = [station.ask(inputs.Dial("kitchen")).call for _ in range(2)]
    came = {"method": "INVITE", "code": 200, "source": "127.0.0.2:5060", "to": "127.0.0.2:5060"}
    station.give(inputs.AnswerDoubted, **came, reason="Unreadable To", calls=calls[:1])
    for call in calls:
        station.give(inputs.CallEnded, call=call, code=0, reason="", remote=False)
    first, second = (each.explanation for each in of_type(station, "call.failed"))
    assert "what it says in To cannot be read" in first
    assert "Nobody answers" in second


def test_a_lockout_of_guesses_is_reported():
    station = ready()
    station.give(inputs.AccessLockedOut, who="far", source="127.0.0.9", scope=LockoutScope.TARGET, seconds=30.0)
    (told,) = of_type(station, "access.locked_out")
    assert (told.who, told.scope, told.seconds) == ("far", LockoutScope.TARGET, 30.0)
