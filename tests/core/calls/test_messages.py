"""Messages: which senders are accepted, and that each sent message has one outcome, however it ends."""

import pytest

from appliance.base.times import Times
from appliance.core import events, inputs
from appliance.core.messages.texts import LONGEST_BYTES, MOST
from appliance.core.model import CallId, Content, MessageMethod
from appliance.core.orders import SendMessage
from tests.core.station import KITCHEN, Station, ready

TEXT = Content("text/plain", "There is a parcel", (("X-Floor", "2"),))


def arrives(station: Station, uri: str = KITCHEN, source: str = "127.0.0.2:5060", **fields) -> Station:
    return station.give(inputs.MessageReceived, uri=uri, display_name="", source=source, content=TEXT, **fields)


def answered(station: Station, message: str, code: int = 200, reason: str = "OK") -> None:
    station.give(inputs.MessageAnswered, message=message, code=code, reason=reason)


def test_a_message_of_a_known_sender_is_reported():
    told = arrives(ready()).last(events.MessageReceived)
    assert (told.call, told.by, told.target, told.account) == (None, KITCHEN, "kitchen", "")
    assert (told.content_type, told.body, told.headers) == ("text/plain", TEXT.body, {"X-Floor": "2"})


def test_a_stranger_is_not_heard_and_is_reported_once_a_minute():
    station = ready()
    for port in (5060, 5061):
        arrives(station, "sip:who@example.org", f"192.0.2.9:{port}")
    (told,) = (event for event in station.told if isinstance(event, events.AccessDenied))
    assert (told.who, told.from_, told.scope) == ("sip:who@example.org", "192.0.2.9", "message")
    assert "message.received" not in station.types()


def test_where_anyone_may_call_anyone_may_write():
    told = arrives(ready(callers="anyone"), "sip:who@example.org", "192.0.2.9:5060").last(events.MessageReceived)
    assert (told.by, told.target) == ("sip:who@example.org", "")


def test_a_message_in_a_call_is_the_far_ends_whatever_it_says_of_itself():
    station = ready()
    call = station.talking()
    told = arrives(station, "sip:x@y", "192.0.2.9:5060", call=call.id).last(events.MessageReceived)
    assert (told.call, told.target) == (call.id, "kitchen")


def test_a_message_in_a_call_that_is_over_is_held_to_the_rules_outside_of_calls():
    station = arrives(ready(), "sip:x@y", "192.0.2.9:5060", call=CallId("c-over"))
    assert "message.received" not in station.types()


def test_info_is_reported_as_it_came():
    station = ready()
    call = station.talking()
    station.give(inputs.InfoReceived, call=call.id, content=TEXT)
    told = station.last(events.InfoReceived)
    assert (told.call, told.content_type, told.body, told.headers) == (
        call.id,
        "text/plain",
        TEXT.body,
        {"X-Floor": "2"},
    )


KINDS = {
    MessageMethod.MESSAGE: (inputs.SendCallText, events.MessageSent, events.MessageFailed),
    MessageMethod.INFO: (inputs.SendInfo, events.InfoSent, events.InfoFailed),
}


@pytest.mark.parametrize("method", KINDS)
@pytest.mark.parametrize("code", [200, 202, 415, 0])
def test_what_is_sent_in_a_call_is_reported_once_it_is_answered(method, code):
    asked, sent, failed = KINDS[method]
    station = ready()
    call = station.talking()
    reply = station.ask(asked(call.id, TEXT))
    assert station.orders(SendMessage) == [SendMessage(reply.message, method, KITCHEN, "", call.id, TEXT)]
    for _ in range(2):
        answered(station, reply.message, code, "Why")
    (told,) = (event for event in station.told if isinstance(event, sent | failed))
    assert (told.call, told.message, told.to) == (call.id, reply.message, KITCHEN)
    assert isinstance(told, sent if code in {200, 202} else failed)
    assert isinstance(told, sent) or (told.code, told.reason) == (code, "Why")


def test_a_message_goes_to_a_target_by_its_name_and_to_an_address():
    station = ready()
    for to in ("kitchen", "sip:other@example.org"):
        station.ask(inputs.SendText(to, TEXT))
    assert [order.to for order in station.orders(SendMessage)] == [KITCHEN, "sip:other@example.org"]


def test_a_message_that_no_one_answers_fails_by_itself():
    station = ready()
    message = station.ask(inputs.SendText("kitchen", TEXT)).message
    station.wait(Times().sip_answers_s)
    told = station.last(events.MessageFailed)
    assert (told.message, told.code) == (message, 408)
    assert station.state.messages == ()


def test_a_message_in_a_call_that_ends_fails_with_it():
    station = ready()
    call = station.talking()
    message = station.ask(inputs.SendCallText(call.id, TEXT)).message
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    assert station.last(events.MessageFailed).message == message


def test_messages_are_lost_with_the_sip_process():
    station = ready()
    message = station.ask(inputs.SendText("kitchen", TEXT)).message
    station.give(inputs.SipLost, why="killed")
    assert station.last(events.MessageFailed).message == message
    reply = station.ask(inputs.SendText("kitchen", TEXT))
    assert reply.error.code == "unavailable"


def test_no_more_than_some_wait_for_their_answers():
    station = ready()
    replies = [station.ask(inputs.SendText("kitchen", TEXT)) for _ in range(MOST + 1)]
    assert [reply.error for reply in replies[:-1]] == [None] * MOST
    assert replies[-1].error.code == "rate-limited"
    answered(station, replies[0].message)
    assert station.ask(inputs.SendText("kitchen", TEXT)).error is None


BAD = {
    "text-too-long": Content("text/plain", "ö" * (LONGEST_BYTES // 2 + 1)),
    "parameter-invalid": Content("text", "short"),
}


@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_sent_is_refused(code):
    station = ready()
    assert station.ask(inputs.SendText("kitchen", BAD[code])).error.code == code
    assert station.orders(SendMessage) == []


@pytest.mark.parametrize("headers", [(("Via", "x"),), (("X-Floor", "2\r\nVia: x"),)])
def test_headers_are_x_ones_in_one_line(headers):
    station = ready()
    error = station.ask(inputs.SendText("kitchen", Content("text/plain", "short", headers))).error
    assert error.code == "parameter-invalid"


def test_only_a_connected_call_takes_messages():
    station = ready()
    call = station.dialled()
    assert station.ask(inputs.SendCallText(call.id, TEXT)).error.code == "call-wrong-state"
    assert station.ask(inputs.SendInfo(CallId("c-none"), TEXT)).error.code == "call-not-found"
