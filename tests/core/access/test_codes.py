"""Codes and cards at a station: typed in calls and at keypads, counted, locked out, changed by clients, and kept."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.base.errors import IntercomError
from appliance.core import events, inputs
from appliance.core.access import credentials
from appliance.core.access.lockouts import FREE
from appliance.core.model import (
    LOCKOUT_LONGEST_S,
    AccountSettings,
    CallId,
    Clock,
    CredentialBook,
    CredentialId,
    CredentialKind,
    Day,
    DigitMethod,
    DigitsTo,
    DoorId,
    DoorSettings,
    Entry,
    KeypadId,
    KeypadSettings,
    LockoutScope,
    OpenedBy,
    Period,
    Plan,
    ReaderId,
    ReaderSettings,
    RingStep,
    Target,
)
from appliance.core.orders import DropCredential, KeepCredential, KeepLockouts, Place, Reply, SendDigit
from tests.core import sent
from tests.core.access.test_credentials import SECRET, code
from tests.core.doors.test_doors import guard
from tests.core.rules import checked
from tests.core.sent import codes_view
from tests.core.station import FRONT, GATE, KITCHEN, Station, ready

PAD, READER = KeypadId("street"), ReaderId("street")
CLEANER = code("1234")
OPEN = {
    "doors": (DoorSettings(FRONT), DoorSettings(GATE)),
    "keypads": (KeypadSettings(PAD, doors=(FRONT,)),),
    "readers": (ReaderSettings(READER, doors=(FRONT,)),),
    "directory": (Entry("12", "Miller", Plan("flat 12", (RingStep(("kitchen",)),))),),
}


def door(*codes, lockouts=(), **changes) -> Station:
    return ready(**OPEN | changes).give(inputs.BookRead, book=CredentialBook(SECRET, codes), lockouts=lockouts)


def press(station: Station, keys: str, keypad: KeypadId = PAD) -> Station:
    for key in keys:
        station.give(inputs.KeypadKey, 0.2, keypad=keypad, key=key)
    return station


def dial(station: Station, digits: str, call=None, method: str = "rfc4733") -> Station:
    for digit in digits:
        wanted = call or station.call.id
        station.give(inputs.DigitReceived, 0.2, call=wanted, digit=digit, method=method, duration_ms=100)
    return station


def kept(station: Station, wanted: CredentialId) -> Station:
    """The change of the credential that is awaited is on disc."""
    (awaited,) = [each for each in station.state.access.pending_writes if each.code.id == wanted]
    return station.give(inputs.CredentialKept, id=wanted, terms=awaited.terms)


def denied(station: Station) -> list[str]:
    return [event.why for event in station.told if isinstance(event, events.DoorDenied)]


def open_now(station: Station) -> list[str]:
    return [name for name, _ in station.state.doors.pulses]


# -- in a call -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["rfc4733", "info"])
@pytest.mark.parametrize("typed", ["1234", "1234#", "*1234", "#1234#", "99*1234"])
def test_a_code_typed_in_a_call_opens_the_door_that_it_names_and_its_target_may(typed, method):
    station = door(CLEANER)
    station.talking()
    dial(station, typed, method=method)
    assert open_now(station) == [FRONT]
    guard(station, energised=True)
    told = station.last(events.DoorUnlocked)
    assert (told.by, told.means) == ("code of Cleaner, digits of kitchen", OpenedBy.DTMF)
    assert station.call.digits.received in {"", "#"}


def test_a_shorter_code_waits_for_its_end_where_a_longer_one_may_come_of_it():
    station = door(CLEANER, code("123456"))
    station.talking()
    dial(station, "1234")
    assert open_now(station) == []
    station.wait(4.9)
    assert open_now(station) == []
    station.wait(0.2)
    assert open_now(station) == [FRONT]
    assert denied(station) == []


def test_a_longer_code_opens_at_its_last_digit():
    station = door(CLEANER, code("123456"))
    station.talking()
    assert open_now(dial(station, "12345")) == []
    assert open_now(dial(station, "6")) == [FRONT]


def test_a_doors_own_longer_digits_are_waited_for():
    station = door(CLEANER, doors=(DoorSettings(FRONT, digits="987654"), DoorSettings(GATE)))
    station.talking()
    assert open_now(dial(station, "1234")) == [FRONT]
    station = door(CLEANER, doors=(DoorSettings(FRONT, digits="987654"), DoorSettings(GATE)))
    station.talking()
    assert open_now(dial(station, "987654")) == [FRONT]


@pytest.mark.parametrize("how", ["closed", "pause", "as long as the longest", "the end of the call"])
def test_each_wrong_code_is_one_guess_however_it_ends(how):
    station = door(code("123456"))
    call = station.talking()
    match how:
        case "closed":
            dial(station, "9999#")
        case "pause":
            dial(station, "9999").wait(6.0)
        case "as long as the longest":
            dial(station, "999999")
        case _:
            dial(station, "9999")
            station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    assert denied(station) == ["a wrong code"]
    assert {(each.scope, each.who, each.wrong) for each in station.state.access.lockouts} == {
        (LockoutScope.CALLER, "kitchen", 1),
        (LockoutScope.DOOR, FRONT, 1),
    }


@pytest.mark.parametrize(("typed", "expected"), [("123", []), ("12345", ["a wrong code"]), ("1234", [])])
def test_nothing_opens_after_a_call_and_what_was_right_or_too_short_is_no_guess(typed, expected):
    station = door(CLEANER, code("123456"))
    call = station.talking()
    dial(station, typed)
    station.ask(inputs.HangUpCall(call.id))
    station.wait(10.0)
    assert (denied(station), open_now(station)) == (expected, [])


def from_stranger(station: Station) -> Station:
    """A talk with a caller that may open no door."""
    call = station.arrive(uri="sip:x@127.0.0.9", source="127.0.0.9:5060")
    station.ask(inputs.AnswerCall(call.id))
    return station.give(inputs.CallConfirmed, call=call.id)


@pytest.mark.parametrize("who", ["a stranger", "a target without a door"])
def test_digits_of_a_far_end_that_can_open_nothing_are_shown_and_never_count_as_codes(who):
    if who == "a stranger":
        station = from_stranger(door(CLEANER, callers="anyone", doors=(DoorSettings(FRONT, digits="77"),)))
    else:
        station = door(CLEANER, targets=(Target("kitchen", KITCHEN),))
        station.talking()
    for number in range(7):
        dial(station, f"999{number}#")
    dial(station, "77")
    dial(station, "1234#").wait(6.0)
    assert received(station) == [*"9990#9991#9992#9993#9994#9995#9996#771234#"]
    assert (denied(station), open_now(station), station.state.access.lockouts) == ([], [], ())
    assert not {"access.denied", "access.locked_out"} & set(station.types())


def calling(uri: str, source: str, **changes) -> Station:
    """Somebody calls, and is answered."""
    station = door(CLEANER, **changes)
    station.arrive("c-here", uri, source)
    station.ask(inputs.AnswerCall(CallId("c-here")))
    station.give(inputs.CallConfirmed, call=CallId("c-here"))
    return station


FAR_ENDS = {
    "one who may open a door": (KITCHEN, "127.0.0.2:5060", True),
    "a target that may open none": ("sip:lobby@127.0.0.4:5060", "127.0.0.4:5060", False),
    "a stranger": ("sip:somebody@192.0.2.7", "192.0.2.7:5060", False),
}
TARGETS = (Target("kitchen", KITCHEN, doors=(FRONT,)), Target("lobby", "sip:lobby@127.0.0.4:5060"))


@pytest.mark.parametrize("typed", ["1234#", "12#", "9876#"], ids=["a code", "a door's own digits", "a wrong code"])
@pytest.mark.parametrize("who", FAR_ENDS)
def test_digits_are_masked_just_where_their_far_end_may_open_a_door(who, typed):
    uri, source, may = FAR_ENDS[who]
    doors = (DoorSettings(FRONT, digits="12#"), DoorSettings(GATE))
    station = dial(calling(uri, source, targets=TARGETS, doors=doors), typed, CallId("c-here"))
    told = [(event.digit, event.masked) for event in station.told if isinstance(event, events.DtmfReceived)]
    assert told == [(None, True) if may else (digit, False) for digit in typed]
    assert open_now(station) == ([FRONT] if may and typed != "9876#" else [])
    assert bool(denied(station)) is (may and typed == "9876#")


def test_the_digits_of_one_who_may_open_a_door_are_shown_where_they_go_to_a_program():
    station = calling(KITCHEN, "127.0.0.2:5060", targets=TARGETS)
    assert station.ask(inputs.SendDigitsTo(CallId("c-here"), DigitsTo.PROGRAM)).error is None
    dial(station, "1234#", CallId("c-here"))
    assert [event.digit for event in station.told if isinstance(event, events.DtmfReceived)] == [*"1234#"]
    assert open_now(station) == []


@pytest.mark.parametrize("uri", ["sip:kitchen@192.0.2.7", "sip:kitchen@127.0.0.2:5060"])
def test_the_digits_of_one_who_only_says_that_he_is_a_resident_are_masked_and_open_nothing(uri):
    station = dial(calling(uri, "192.0.2.7:5060", targets=TARGETS), "1234#", CallId("c-here"))
    assert station.state.calls.get(CallId("c-here")).remote.target == ""
    told = {(event.digit, event.masked) for event in station.told if isinstance(event, events.DtmfReceived)}
    assert told == {(None, True)}
    assert (open_now(station), denied(station)) == ([], [])


def test_the_digits_of_a_target_that_the_configuration_names_no_longer_are_masked_and_open_nothing():
    station = calling(KITCHEN, "127.0.0.2:5060", targets=TARGETS)
    without = replace(station.state.settings, targets=())
    station.give(inputs.ConfigChanged, settings=without, applied="x", needs_restart="")
    dial(station, "1234#", CallId("c-here"))
    told = {(event.digit, event.masked) for event in station.told if isinstance(event, events.DtmfReceived)}
    assert told == {(None, True)}
    assert open_now(station) == []


def test_digits_are_masked_as_soon_as_there_is_a_code():
    station = door()
    station.talking()
    dial(station, "4")
    assert station.last(events.DtmfReceived).digit == "4"
    station = door(CLEANER)
    station.talking()
    dial(station, "4")
    assert (station.last(events.DtmfReceived).digit, station.last(events.DtmfReceived).masked) == (None, True)


def test_digits_before_the_book_is_read_open_only_by_a_doors_own():
    station = ready(**OPEN | {"doors": (DoorSettings(FRONT, digits="77"),)})
    station.talking()
    assert open_now(dial(station, "1234#")) == []
    assert open_now(dial(station, "77")) == [FRONT]


# -- digits in the sound itself --------------------------------------------------------------------------------------

OFFICE = AccountSettings("office", "201", "pbx.example", "pbx.example")


def inband(switched_on: bool) -> Station:
    account = replace(OFFICE, inband_digits=switched_on)
    target = Target("kitchen", "sip:10@pbx.example", doors=(FRONT,), account="office")
    station = door(CLEANER, accounts=(account,), targets=(target,))
    station.talking()
    return station


@pytest.mark.parametrize(("switched_on", "opened"), [(False, []), (True, [FRONT])])
def test_digits_in_the_sound_open_only_where_the_account_switches_that_on(switched_on, opened):
    station = dial(inband(switched_on), "1234", method="inband")
    assert open_now(station) == opened
    assert station.types().count("dtmf.received") == 4
    assert station.state.access.lockouts == ()


def test_digits_in_the_sound_of_a_call_without_an_account_open_nothing():
    station = door(CLEANER)
    station.talking()
    assert open_now(dial(station, "1234", method="inband")) == []


@pytest.mark.parametrize("told", [True, False])
def test_an_echo_of_our_own_digits_opens_nothing(told):
    station = inband(switched_on=True)
    call = station.call.id
    station.ask(inputs.SendDigits(call, "1234"))
    for digit in "1234":
        if told:
            station.give(inputs.DigitSent, 0.3, call=call, digit=digit)
        station.give(inputs.DigitReceived, 0.1, call=call, digit=digit, method="inband", duration_ms=100)
    assert (open_now(station), station.call.digits.received) == ([], "")
    station.wait(5.0)
    assert open_now(dial(station, "1234", method="inband")) == [FRONT], "a while later it is the far end's"


@pytest.mark.parametrize(("method", "opened"), [("rfc4733", []), ("inband", []), ("info", [FRONT])])
def test_digits_of_a_source_that_took_over_in_a_silence_open_nothing(method, opened):
    station = inband(switched_on=True)
    moved = {"call": station.call.id, "source": "192.0.2.66:4000", "previous": "192.0.2.8:4000", "previous_ssrc": 1}
    station.give(inputs.SourceChanged, **moved, taken_over=True)
    station.give(inputs.SourceChanged, **moved | {"previous": moved["source"]})  # another stream from there
    assert open_now(dial(station, "1234", method=method)) == opened
    station.give(inputs.SourceChanged, **moved | {"source": moved["previous"], "previous": moved["source"]})
    assert open_now(dial(station.wait(9.0), "1234", method=method)) == [FRONT]


def test_a_digit_in_a_form_that_is_not_read_is_a_warning_that_names_the_form():
    station = inband(switched_on=True)
    station.give(inputs.DigitUnreadable, call=station.call.id, content_type="audio/telephone-event")
    warning = station.last(events.WarningReported)
    assert (warning.code, warning.call) == ("digit-unreadable", station.call.id)
    assert "INFO as audio/telephone-event" in warning.message
    assert "to INFO with application/dtmf-relay" in warning.message


# -- by the methods that a client wants ------------------------------------------------------------------------------


def methods(station: Station, *wanted: str) -> str:
    """Take digits in the only call by these methods; the warning."""
    reply = station.ask(inputs.SetDigitMethods(station.call.id, tuple(map(DigitMethod, wanted))))
    assert reply.error is None
    return reply.warning


def searched(station: Station) -> bool:
    """Whether the sound of the only call is searched for digits."""
    (media,) = station.desired.sound.calls
    return media.inband


def test_digits_by_a_method_that_a_client_does_not_want_are_ignored():
    station = door(CLEANER)
    station.talking()
    assert methods(station, "info") == ""
    assert open_now(dial(station, "1234", method="rfc4733")) == []
    assert "dtmf.received" not in station.types()
    assert open_now(dial(station, "1234", method="info")) == [FRONT]
    assert station.types().count("dtmf.received") == 4


def test_a_client_that_wants_no_digits_gets_none_and_may_want_them_again():
    station = door(CLEANER)
    station.talking()
    methods(station)
    assert open_now(dial(station, "1234")) == []
    assert "dtmf.received" not in station.types()
    methods(station, "rfc4733", "info")
    assert open_now(dial(station, "1234")) == [FRONT]


def test_the_methods_of_a_call_are_shown_in_order_and_a_repeated_request_changes_nothing():
    station = door(CLEANER)
    station.talking()

    def shown() -> list[str]:
        (call,) = sent.snapshot(station.state, 0.0)["calls"]
        return list(call["dtmf"])

    assert shown() == ["rfc4733", "info"]
    assert "already" in methods(station, "rfc4733", "info")
    assert methods(station, "inband", "rfc4733", "inband") == ""
    assert shown() == ["rfc4733", "inband"]
    assert "already" in methods(station, "inband", "rfc4733")


def test_a_call_is_searched_for_digits_while_a_client_wants_them_but_they_open_nothing():
    station = inband(switched_on=False)
    assert not searched(station)
    methods(station, "inband")
    assert searched(station)
    assert open_now(dial(station, "1234", method="inband")) == []
    assert station.types().count("dtmf.received") == 4
    assert station.state.access.lockouts == ()
    methods(station, "rfc4733")
    assert not searched(station)


def test_a_client_ends_the_search_that_the_account_begins():
    station = inband(switched_on=True)
    assert searched(station)
    methods(station, "rfc4733", "info")
    assert not searched(station)
    assert open_now(dial(station, "1234", method="inband")) == []


# -- for a program ---------------------------------------------------------------------------------------------------


def menu(*codes) -> Station:
    """A talk with a target that may open the front door, which a program has called."""
    station = door(*codes or (CLEANER,))
    reply = station.ask(inputs.Dial("kitchen"))
    assert reply.call is not None
    station.give(inputs.CallAnswered, call=reply.call)
    station.give(inputs.CallConfirmed, call=reply.call)
    return station


def redirect(station: Station, to: str, **by: str) -> Reply:
    return station.ask(inputs.SendDigitsTo(station.call.id, DigitsTo(to)), **by)


def received(station: Station) -> list[str | None]:
    return [event.digit for event in station.told if isinstance(event, events.DtmfReceived)]


def test_digits_go_to_the_program_that_leads_the_call_and_are_no_code():
    station = menu()
    assert redirect(station, "program").error is None
    told = station.last(events.DtmfRedirected)
    assert (told.call, told.to, told.why) == (station.call.id, "program", "order")
    (shown,) = sent.snapshot(station.state, 0.0)["calls"]
    assert (shown["digits_to"], shown["led_by"]) == ("program", told.by)
    for _ in range(6):
        dial(station, "9999#")
    dial(station, "1234#").wait(6.0)
    assert received(station) == [*"9999#"] * 6 + [*"1234#"]
    assert (denied(station), open_now(station), station.state.access.lockouts) == ([], [], ())


@pytest.mark.parametrize("why", ["order", "stream_ended"])
def test_digits_go_to_the_codes_again_by_order_and_with_the_stream(why):
    station = menu()
    redirect(station, "program")
    if why == "order":
        redirect(station, "codes")
    else:
        station.give(inputs.DigitsUnread, call=station.call.id)
    assert (station.last(events.DtmfRedirected).to, station.last(events.DtmfRedirected).why) == ("codes", why)
    assert open_now(dial(station, "1234")) == [FRONT]
    assert received(station) == [None] * 4
    count = station.types().count("dtmf.redirected")
    station.give(inputs.DigitsUnread, call=station.call.id)
    assert station.types().count("dtmf.redirected") == count


def test_only_who_leads_a_call_gets_its_digits():
    station = menu()
    refused = redirect(station, "program", who="another")
    assert refused.error is not None
    assert refused.error.code == "forbidden"
    assert refused.error.cause.endswith("leads it, and not another.")
    station = door(CLEANER)
    station.talking()  # a button placed it
    assert "No client leads it" in redirect(station, "program").error.cause


def test_a_program_leads_a_call_that_it_answers():
    station = door(CLEANER)
    call = station.arrive()
    assert redirect(station, "program").error.code == "call-wrong-state"
    station.ask(inputs.AnswerCall(call.id))
    station.give(inputs.CallConfirmed, call=call.id)
    assert redirect(station, "program").error is None
    assert "already" in redirect(station, "program").warning


def test_an_entry_that_has_begun_is_judged_before_the_digits_go_to_the_program():
    station = menu(code("123456"))
    dial(station, "9999")
    assert denied(station) == []
    redirect(station, "program")
    assert denied(station) == ["a wrong code"]
    station.wait(6.0)
    assert denied(station) == ["a wrong code"]


def test_what_the_leading_client_sends_is_shown_and_what_another_or_a_button_sends_is_hidden():
    station = menu()
    station.ask(inputs.SendDigits(station.call.id, "1"))
    station.ask(inputs.SendDigits(station.call.id, "1"), who="another")
    for each in [order.hidden for order in station.orders(SendDigit)]:
        station.give(inputs.DigitSent, call=station.call.id, digit="1", hidden=each)
    assert [(e.digit, e.masked) for e in station.told if isinstance(e, events.DtmfSent)] == [("1", False), (None, True)]


# -- at a keypad and a reader ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["1234", "1234#", "99*1234#"])
def test_a_code_typed_at_a_keypad_opens_its_door(typed):
    station = press(door(CLEANER), typed)
    assert open_now(station) == [FRONT]
    assert "keypad.accepted" not in station.types(), "the guard has not answered yet"
    guard(station, energised=True)
    accepted = station.last(events.KeypadAccepted)
    assert (accepted.keypad, accepted.code, accepted.owner) == (PAD, CLEANER.id, "Cleaner")
    told = station.last(events.DoorUnlocked)
    assert (told.by, told.means) == ("code of Cleaner, keypad street", OpenedBy.KEYPAD)
    digits = [event for event in station.told if isinstance(event, events.KeypadDigit)]
    assert {(event.digit, event.masked) for event in digits} == {(None, True)}


def test_a_doors_own_digits_are_for_calls_alone():
    station = press(door(doors=(DoorSettings(FRONT, digits="12345"),)), "12345#")
    assert open_now(station) == []
    assert station.last(events.KeypadRefused).why == "a wrong code"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("9999#", "a wrong code"),
        ("99999999999999", "a wrong code"),
        ("99#", "there is no such flat"),
        ("9999*", "a wrong code"),
    ],
)
def test_what_is_wrong_at_a_keypad_is_refused_and_reported(typed, why):
    station = press(door(CLEANER), typed)
    assert station.last(events.KeypadRefused).why == why
    assert open_now(station) == []


@pytest.mark.parametrize("typed", ["#", "*", "**##", "99*", "12*"])
def test_nothing_comes_of_nothing(typed):
    station = press(door(CLEANER), typed).wait(10.0)
    assert not {"keypad.refused", "keypad.accepted", "ring.started"} & set(station.types())


def test_a_pause_ends_what_is_typed_at_a_keypad():
    station = press(door(CLEANER, code("123456")), "1234").wait(5.1)
    assert open_now(station) == [FRONT]
    station = press(door(CLEANER), "12").wait(6.0)
    assert station.state.access.entries == ()
    assert "keypad.refused" not in station.types()


def test_keypads_that_the_configuration_does_not_have_are_not_heard():
    station = press(door(CLEANER), "1234#", KeypadId("other"))
    assert "keypad.digit" not in station.types()
    station = press(door(CLEANER, code("123456")), "1234")
    station.give(
        inputs.ConfigChanged, settings=replace(station.state.settings, keypads=()), applied="x", needs_restart=""
    )
    station.wait(10.0)
    assert (station.state.access.entries, open_now(station)) == ((), [])


def test_a_flats_number_rings_there():
    station = press(door(CLEANER), "12#")
    started = station.last(events.RingStarted)
    assert (started.button, started.to) == ("keypad street", "flat 12")
    assert station.call.remote.target == "kitchen"
    assert station.orders(Place)
    assert "keypad.refused" not in station.types()


def test_a_flat_that_cannot_be_rung_now_is_reported():
    station = door(CLEANER, max_calls=1)
    station.talking()
    station.ask(inputs.HoldCall(station.call.id, held=True))
    press(station, "12#")
    assert station.last(events.ErrorReported).code == "too-many-calls"
    assert station.last(events.ErrorReported).operation == "keypad street: ring 12"


def test_a_code_goes_before_a_flat_of_the_same_number():
    flat = Entry("1234", "Smith", Plan("flat 1234", (RingStep(("kitchen",)),)))
    station = press(door(CLEANER, directory=(flat,)), "1234#")
    assert (open_now(station), "ring.started" in station.types()) == ([FRONT], False)


def test_a_card_opens_the_readers_door_and_another_does_not():
    station = door(code("4711", CredentialKind.CARD), CLEANER)
    station.give(inputs.CardRead, reader=READER, number="1234", bits=26)
    assert (open_now(station), denied(station)) == ([], ["a wrong code"])
    station.give(inputs.CardRead, reader=READER, number="4711", bits=26)
    assert open_now(station) == [FRONT]
    guard(station, energised=True)
    told = station.last(events.DoorUnlocked)
    assert (told.by, told.means) == ("card of Cleaner, reader street", OpenedBy.CARD)


WRONG = (str(number) for number in itertools.count(90_000))  # each is another one


# -- lockouts --------------------------------------------------------------------------------------------------------


def guess(station: Station, times: int) -> Station:
    for _ in range(times):
        press(station, f"{next(WRONG)}#")
    return station


def test_the_fifth_wrong_code_locks_the_keypad_out_and_a_right_one_is_refused_until_that_is_over():
    station = guess(door(CLEANER), FREE[LockoutScope.KEYPAD])
    out, keypad = station.last(events.AccessLockedOut), station.last(events.KeypadLockedOut)
    assert (out.who, out.scope, out.seconds) == (PAD, LockoutScope.KEYPAD, 30.0)
    assert (keypad.keypad, keypad.seconds) == (PAD, 30.0)
    press(station, "1234")
    assert open_now(station) == []
    assert station.last(events.KeypadRefused).why == "no code is accepted for a while after too many wrong ones"
    station.wait(30.0)
    assert open_now(press(station, "1234")) == [FRONT]


def test_each_further_wrong_code_doubles_the_time_up_to_an_hour_and_guesses_meanwhile_prolong_nothing():
    station, seconds = door(CLEANER), []
    for _ in range(FREE[LockoutScope.KEYPAD] + 10):
        guess(station, 1)
        told = [event for event in station.told if isinstance(event, events.AccessLockedOut)]
        keypads = [event.seconds for event in told if event.scope is LockoutScope.KEYPAD]
        if keypads:
            guess(station, 2)
            seconds = keypads
            station.wait(keypads[-1])
    assert seconds[:8] == [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, LOCKOUT_LONGEST_S]
    assert set(seconds[7:]) == {LOCKOUT_LONGEST_S}


def test_a_right_code_ends_the_count_of_the_keypad_and_halves_that_of_the_door():
    station = guess(door(CLEANER), 4)
    press(station, "1234")
    known = {each.scope: each.wrong for each in station.state.access.lockouts if each.wrong}
    assert known == {LockoutScope.DOOR: 2}
    guess(station, 4)
    assert "keypad.locked_out" not in station.types()


def test_guesses_from_many_places_lock_the_door_out_for_all():
    pads = tuple(KeypadSettings(KeypadId(f"pad{n}"), doors=(FRONT,)) for n in range(4))
    station = door(CLEANER, keypads=pads, targets=(Target("kitchen", KITCHEN, doors=(FRONT, GATE)),))
    for pad in pads:
        for _ in range(4):
            press(station, f"{next(WRONG)}#", pad.id)
    out = station.last(events.AccessLockedOut)
    assert (out.who, out.scope) == (FRONT, LockoutScope.DOOR)
    assert open_now(press(station, "1234", pads[0].id)) == []
    both = replace(CLEANER, doors=(FRONT, GATE))
    station.give(inputs.BookRead, book=CredentialBook(SECRET, (both,)))
    station.talking()
    dial(station, "1234")
    assert open_now(station) == [GATE], "the other door knows nothing of it"


def test_a_call_that_ends_in_the_middle_of_a_guess_within_a_lockout_prolongs_nothing():
    station = door(code("123456"))
    call = station.talking()
    for _ in range(5):
        dial(station, f"{next(WRONG)}#")
    dial(station, "9999")
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    assert denied(station)[-1] == "no code is accepted for a while after too many wrong ones"
    assert {each.wrong for each in station.state.access.lockouts} == {5}


def test_a_doors_own_digits_are_refused_in_a_lockout_as_well():
    station = door(doors=(DoorSettings(FRONT, digits="7531"),))
    station.talking()
    for number in range(5):
        dial(station, f"999{number}")
    dial(station, "7531")
    assert open_now(station) == []
    station.wait(30.0)
    assert open_now(dial(station, "7531")) == [FRONT]


def test_wrong_codes_are_forgotten_after_a_day():
    station = guess(door(CLEANER), 4)
    station.wait(86_400.0)
    guess(station, 1)
    assert "keypad.locked_out" not in station.types()


def test_a_lockout_outlasts_a_restart_for_the_whole_of_its_time():
    before = guess(door(CLEANER), 5)
    kept = before.orders(KeepLockouts)[-1].lockouts
    assert kept == ((LockoutScope.DOOR, FRONT, "", 5, 0.0), (LockoutScope.KEYPAD, PAD, FRONT, 5, 30.0))
    station = door(CLEANER, lockouts=kept)
    assert open_now(press(station, "1234")) == []
    station.wait(30.0)
    assert open_now(press(station, "1234")) == [FRONT]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["9999#", "1234#", "12#", "wait"]), max_size=30))
def test_no_more_wrong_codes_are_looked_at_than_a_lockout_lets_through(acts):
    station, looked_at = door(CLEANER), 0
    for act in acts:
        if act == "wait":
            station.wait(31.0)
            continue
        count = len(denied(station))
        before = {each.scope: each for each in station.state.access.lockouts}.get(LockoutScope.KEYPAD)
        free = before is None or before.until is None or before.until <= station.state.now + 1.0
        press(station, f"{next(WRONG)}#" if act == "9999#" else act)
        new = denied(station)[count:]
        looked_at = looked_at + 1 if new == ["a wrong code"] else 0 if act == "1234#" and not new else looked_at
        assert free or "a wrong code" not in new
    assert looked_at <= FREE[LockoutScope.KEYPAD] + sum(act == "wait" for act in acts)


# -- uses ------------------------------------------------------------------------------------------------------------


def test_a_use_that_counts_is_on_disc_before_the_door_opens():
    station = press(door(replace(CLEANER, uses=1)), "1234")
    (order,) = station.orders(KeepCredential)
    assert (order.code.uses, open_now(station)) == (0, [])
    assert station.state.access.book.codes[0].uses == 1
    press(station, "1234")
    assert denied(station) == ["it is being saved"]
    kept(station, CLEANER.id)
    assert (open_now(station), station.state.access.book.codes[0].uses) == ([FRONT], 0)
    guard(station, energised=True)
    guard(station, energised=False)
    press(station, "1234")
    assert (denied(station)[1:], open_now(station)) == (["the code is used up"], [])


def test_where_the_use_cannot_be_written_nothing_opens_and_the_use_is_not_lost():
    station = press(door(replace(CLEANER, uses=1)), "1234")
    station.give(inputs.CredentialNotKept, id=CLEANER.id, why="No space is left.")
    assert denied(station) == ["its use could not be recorded: No space is left."]
    press(station, "1234")
    station.wait(10.0)
    assert denied(station)[1:] == ["its use could not be recorded: The disc takes too long."]
    assert (open_now(station), station.state.access.book.codes[0].uses, station.state.access.pending_writes) == (
        [],
        1,
        (),
    )
    station.give(inputs.CredentialKept, id=CLEANER.id, terms=replace(CLEANER, uses=0).terms)
    assert open_now(station) == [], "too late"


@pytest.mark.parametrize(
    ("hinder", "ends", "why"),
    [
        (lambda station: asked(station, inputs.LockDoor(FRONT)), inputs.UnlockDoor(FRONT), "the door is locked down"),
        (lambda station: station.give(inputs.GuardLost, why="killed"), None, "the relay guard is not running"),
    ],
    ids=["lockdown", "guard"],
)
def test_while_no_door_of_the_code_can_open_no_use_is_counted(hinder, ends, why):
    station = door(replace(CLEANER, uses=1))
    hinder(station)
    press(station, "1234")
    assert (denied(station), station.orders(KeepCredential)) == ([why], [])
    if ends is None:
        station.give(inputs.GuardReady)
    else:
        asked(station, ends)
    kept(press(station, "1234"), CLEANER.id)
    assert (open_now(station), station.state.access.book.codes[0].uses) == ([FRONT], 0)


def test_a_use_is_counted_where_one_of_the_doors_can_open():
    keypads = (KeypadSettings(PAD, doors=(FRONT, GATE)),)
    station = door(replace(CLEANER, uses=1, doors=(FRONT, GATE)), keypads=keypads)
    asked(station, inputs.LockDoor(FRONT))
    kept(press(station, "1234"), CLEANER.id)
    assert (open_now(station), denied(station)) == ([GATE], ["the door is locked down"])


def test_a_door_that_cannot_be_opened_is_denied():
    station = press(door(replace(CLEANER, uses=3)), "1234")
    station.give(inputs.GuardLost, why="killed")
    kept(station, CLEANER.id)
    assert denied(station) == ["the relay guard is not running"]


# -- changed by clients ----------------------------------------------------------------------------------------------

NEW = inputs.AddCredential(kind=CredentialKind.CODE, digits="5678", owner="Postman", doors=(FRONT,))


def asked(station: Station, action) -> None:
    station.give(inputs.Requested, request="q-book", who="http:unix", action=action)


def reply(station: Station) -> Reply:
    return [order for order in station.orders(Reply) if order.request == "q-book"][-1]


def test_a_code_is_added_changed_and_removed_each_once_it_is_on_disc():
    station = door()
    asked(station, NEW)
    (order,) = station.orders(KeepCredential)
    added = order.code
    assert (added.digest, added.length) == (credentials.digest(SECRET, CredentialKind.CODE, "5678"), 4)
    assert (station.state.access.book.codes, station.orders(Reply)) == ((), [])
    assert "5678" not in repr((order, NEW, station.state.access.pending_writes)).replace(added.id, "")
    kept(station, added.id)
    assert (reply(station).code, reply(station).error, station.state.access.book.codes) == (added.id, None, (added,))
    told = station.last(events.CodeAdded)
    assert (told.code, told.kind, told.owner, told.doors, told.by) == (
        *(added.id, CredentialKind.CODE, "Postman", (FRONT,)),
        "http:unix",
    )
    asked(
        station, inputs.ChangeCredential(id=added.id, owner="Parcels", doors=(GATE,), schedule=(), uses=2, expires=None)
    )
    kept(station, added.id)
    (changed,) = station.state.access.book.codes
    assert (changed.owner, changed.doors, changed.uses, changed.digest) == ("Parcels", (GATE,), 2, added.digest)
    assert station.last(events.CodeChanged).owner == "Parcels"
    asked(station, inputs.RemoveCredential(added.id))
    assert station.orders(DropCredential)[-1].code == added.id
    kept(station, added.id)
    assert (station.state.access.book.codes, station.last(events.CodeRemoved).owner) == ((), "Parcels")


def test_a_door_that_is_named_twice_is_one_door():
    station = door(CLEANER)
    twice = (GATE, FRONT, GATE)
    asked(station, replace(NEW, doors=twice))
    assert station.orders(KeepCredential)[-1].code.doors == (GATE, FRONT)
    asked(station, inputs.ChangeCredential(id=CLEANER.id, doors=twice))
    assert station.orders(KeepCredential)[-1].code.doors == (GATE, FRONT)


@pytest.mark.parametrize(
    "given",
    [
        {"owner": "Parcels"},
        {"doors": (GATE,)},
        {"schedule": (Period((Day.MONDAY,), "08:00", "09:00"),)},
        {"schedule": ()},
        {"expires": 2e9},
        {"expires": None},
        {},
    ],
    ids=repr,
)
def test_a_change_gives_back_no_use_that_was_counted_before_it(given):
    known = replace(CLEANER, uses=2, expires=3e9, schedule=(Period((Day.SUNDAY,), "08:00", "09:00"),))
    station = door(replace(known, uses=1))
    asked(station, inputs.ChangeCredential(id=CLEANER.id, **given))
    kept(station, CLEANER.id)
    assert station.state.access.book.codes == (replace(known, uses=1, **given),)


def test_a_card_has_no_length_and_may_have_the_number_of_a_code():
    station = door(CLEANER)
    asked(station, inputs.AddCredential(kind=CredentialKind.CARD, digits="1234", owner="Tenant", doors=(FRONT,)))
    assert station.orders(KeepCredential)[-1].code.length == 0


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (replace(NEW, digits="1234"), "conflict"),
        (replace(NEW, digits="4444"), "conflict"),
        (replace(NEW, digits="7712"), "conflict"),
        (replace(NEW, doors=(FRONT, DoorId("none"))), "door-not-found"),
        (
            replace(
                NEW,
                schedule=(Period((Day.MONDAY,), "08:00", "09:00"), Period((Day.MONDAY,), "08:00", "08:00")),
            ),
            "parameter-invalid",
        ),
        (
            inputs.ChangeCredential(
                id=CLEANER.id, owner="x", doors=(DoorId("none"),), schedule=(), uses=None, expires=None
            ),
            "door-not-found",
        ),
        (
            inputs.ChangeCredential(
                id=CredentialId("a-none"), owner="x", doors=(FRONT,), schedule=(), uses=None, expires=None
            ),
            "code-not-found",
        ),
        (inputs.RemoveCredential(CredentialId("a-none")), "code-not-found"),
    ],
)
def test_what_cannot_be_is_refused_with_its_cause(action, error):
    station = door(CLEANER, doors=(DoorSettings(FRONT, digits="77"), DoorSettings(GATE)))
    asked(station, replace(NEW, digits="4444"))
    asked(station, action)
    assert reply(station).error.code == error
    assert station.last(events.ErrorReported).code == error
    assert len(station.orders(KeepCredential)) == 1
    assert not any(digits in str(station.last(events.ErrorReported)) for digits in ("1234", "4444", "7712"))


def test_one_change_of_a_code_is_written_after_another():
    station = door(CLEANER)
    asked(station, inputs.RemoveCredential(CLEANER.id))
    asked(station, inputs.RemoveCredential(CLEANER.id))
    assert reply(station).error.code == "conflict"


def test_there_is_an_end_to_codes(monkeypatch):
    monkeypatch.setattr("appliance.core.access.codes.MOST", 1)
    station = door(CLEANER)
    asked(station, NEW)
    assert reply(station).error.message == "There are too many codes."


def test_without_a_doors_table_none_is_named():
    station = door(doors=())
    asked(station, NEW)
    assert reply(station).error.cause == "The station has: none."


def test_before_the_book_is_read_nothing_can_be_changed():
    station = ready(**OPEN)
    asked(station, NEW)
    assert reply(station).error.code == "unavailable"
    station.give(inputs.CredentialKept, id=CLEANER.id, terms=None)
    station.give(inputs.CredentialNotKept, id=CLEANER.id, why="x")
    assert station.state.access.book is None


LATE_USE = replace(CLEANER, uses=1)


@pytest.mark.parametrize(
    ("known", "act", "undone"),
    [
        ((), lambda station: asked(station, NEW), lambda wanted: DropCredential(wanted, again=True)),
        (
            (CLEANER,),
            lambda station: asked(station, inputs.ChangeCredential(id=CLEANER.id, owner="Parcels")),
            lambda _: KeepCredential(CLEANER, again=True),
        ),
        (
            (CLEANER,),
            lambda station: asked(station, inputs.RemoveCredential(CLEANER.id)),
            lambda _: KeepCredential(CLEANER, again=True),
        ),
        ((LATE_USE,), lambda station: press(station, "1234"), lambda _: KeepCredential(LATE_USE, again=True)),
    ],
    ids=["added", "changed", "removed", "used"],
)
def test_what_comes_to_the_disc_after_it_has_failed_is_taken_back(known, act, undone):
    """Else it would count from the next start on: also a code that the station said it could not save."""
    station = door(*known)
    act(station)
    (awaited,) = station.state.access.pending_writes
    station.wait(10.0)
    ordered = len(station.ordered)
    station.give(inputs.CredentialKept, id=awaited.code.id, terms=awaited.terms)
    assert station.ordered[ordered:] == [undone(awaited.code.id)]
    assert station.state.access.book.codes == known
    station.give(inputs.CredentialKept, id=awaited.code.id, terms=known[0].terms if known else None)
    assert len(station.ordered) == ordered + 1


def test_a_late_change_is_not_taken_for_the_next_one_which_decides():
    station = door(CLEANER)
    asked(station, inputs.ChangeCredential(id=CLEANER.id, owner="Parcels"))
    station.wait(10.0)
    asked(station, inputs.ChangeCredential(id=CLEANER.id, owner="Postman"))
    ordered = len(station.ordered)
    station.give(inputs.CredentialKept, id=CLEANER.id, terms=replace(CLEANER, owner="Parcels").terms)
    assert (station.ordered[ordered:], station.state.access.book.codes) == ([], (CLEANER,))
    kept(station, CLEANER.id)
    assert station.state.access.book.codes == (replace(CLEANER, owner="Postman"),)


def test_a_change_that_cannot_be_written_is_an_error_for_its_client():
    station = door(CLEANER)
    asked(station, inputs.RemoveCredential(CLEANER.id))
    station.give(inputs.CredentialNotKept, id=CLEANER.id, why="No space is left.")
    assert (reply(station).error.code, reply(station).error.cause) == ("unavailable", "No space is left.")
    assert station.state.access.book.codes == (CLEANER,)


def test_times_follow_the_clock_that_was_reported():
    station = door(replace(CLEANER, expires=1000.0))
    press(station, "1234")
    assert "the clock is not synchronised" in denied(station)[-1]
    station.give(inputs.ClockReported, clock=Clock(0.0, 0.0, trusted=True))
    assert open_now(press(station, "1234")) == [FRONT]


def test_every_step_of_codes_gives_the_same_again():
    station = door(replace(CLEANER, uses=1))
    given = inputs.KeypadKey(at=station.state.now, fresh="x", keypad=PAD, key="1")
    assert checked(station.state, given) == checked(station.state, given)


# -- the directory, from the list ------------------------------------------------------------------------------------


def test_a_flat_is_rung_from_the_list_as_by_a_visitor():
    station = door()
    assert station.ask(inputs.RingFlat("12")).warning == ""
    assert station.last(events.RingStarted).to == "flat 12"
    assert station.ask(inputs.RingFlat("12")).warning == "The station is in use already."
    assert station.ask(inputs.RingFlat("99")).error.code == "flat-not-found"


def test_codes_that_have_not_been_read_are_not_shown_as_none():
    with pytest.raises(IntercomError, match="cannot be shown now") as refused:
        codes_view(ready().state)
    assert refused.value.code == "unavailable"


def test_clients_see_codes_without_anything_that_their_digits_could_be_found_by():
    station = door(replace(CLEANER, uses=2, expires=0.0, schedule=(Period((Day.MONDAY,), "08:00", "24:00"),)))
    assert codes_view(station.state) == [
        {
            "id": CLEANER.id,
            "kind": "code",
            "owner": "Cleaner",
            "doors": [FRONT],
            "schedule": [{"days": ["mon"], "begin": "08:00", "end": "24:00"}],
            "uses": 2,
            "expires": "1970-01-01T00:00:00.000000Z",
            "profile": None,
        }
    ]
    assert not {SECRET, CLEANER.digest} & set(str(sent.snapshot(station.state, 0.0)).split("'"))
