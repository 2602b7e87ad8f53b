"""A right code between guesses clears only guesses at what it opens, and seldom: it gives no free guesses."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.access import lockouts
from appliance.core.access.lockouts import FREE
from appliance.core.model import (
    LOCKOUT_CLEARS_AGAIN_S,
    LOCKOUT_FORGOTTEN_S,
    Attempt,
    Credential,
    CredentialBook,
    CredentialKind,
    DoorSettings,
    KeypadSettings,
    LockoutScope,
    OpenedBy,
    ReaderSettings,
    Target,
)
from appliance.core.transition import Turn
from tests.core.access.test_codes import PAD, READER, dial, door, open_now, press
from tests.core.access.test_credentials import SECRET
from tests.core.access.test_credentials import code as plain
from tests.core.station import FRONT, GATE, KITCHEN, Station

BOTH = (FRONT, GATE)


def code(digits: str, kind: CredentialKind = CredentialKind.CODE, **limits) -> Credential:
    return replace(plain(digits, kind), **limits)


OWN, OTHER = code("1234"), code("8642", doors=(GATE,))


def card(station: Station, number: str) -> None:
    station.give(inputs.CardRead, 5.0, reader=READER, number=number, bits=26)


def at_keypad() -> Station:
    return door(OWN, OTHER, keypads=(KeypadSettings(PAD, doors=BOTH),))


def at_reader() -> Station:
    cards = code("1234", CredentialKind.CARD), code("8642", CredentialKind.CARD, doors=(GATE,))
    return door(*cards, readers=(ReaderSettings(READER, doors=BOTH),))


def in_a_call(*doors: DoorSettings) -> Station:
    station = door(OWN, OTHER, targets=(Target("kitchen", KITCHEN, doors=BOTH),), **({"doors": doors} if doors else {}))
    station.talking()
    return station


def with_own_digits() -> Station:
    return in_a_call(DoorSettings(FRONT, digits="1234"), DoorSettings(GATE, digits="8642"))


WAYS = {
    "codes at a keypad": (at_keypad, lambda station, text: press(station, f"{text}#")),
    "cards at a reader": (at_reader, card),
    "codes in a call": (in_a_call, lambda station, text: dial(station, f"{text}#")),
    "digits of doors in a call": (with_own_digits, lambda station, text: dial(station, f"{text}#")),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_may_open_one_door_has_no_free_guesses_at_another(way):
    build, show = WAYS[way]
    station = build()
    for number in range(4):
        show(station, str(9000 + number))
        show(station, "1234")
    assert station.state.doors.pulses, "the right one opens all the while"
    show(station, "9999")
    out = [told for told in station.told if isinstance(told, events.AccessLockedOut)]
    assert [told.doors for told in out] == [(GATE,)]
    station.wait(10.0)
    show(station, "8642")
    assert open_now(station) == [], "nothing that is right now would open the other door"
    show(station, "1234")
    assert open_now(station) == [FRONT], "the own door has no lockout"


@pytest.mark.parametrize("way", WAYS)
def test_a_right_code_again_and_again_clears_guesses_at_its_own_door_once_in_some_minutes(way):
    build, show = WAYS[way]
    station = build()
    for number in range(2 * FREE[LockoutScope.KEYPAD]):
        show(station, str(9000 + number))
        show(station, "1234")
    out = [told for told in station.told if isinstance(told, events.AccessLockedOut)]
    assert any(FRONT in told.doors for told in out)
    assert station.state.now < LOCKOUT_CLEARS_AGAIN_S


def test_after_some_minutes_a_right_code_clears_the_count_again():
    station = door(OWN)
    for _ in range(4):
        press(station, "9998#9997#9996#9995#1234")
        station.wait(LOCKOUT_CLEARS_AGAIN_S)
    assert "access.locked_out" not in station.types()


def test_a_right_code_clears_nothing_of_a_door_that_is_locked_out_there():
    station = at_keypad()
    both = code("1357", doors=BOTH)
    station.give(inputs.BookRead, book=CredentialBook(SECRET, (OWN, both)))
    press(station, "9998#9997#1234")
    press(station, "9996#9995#9994#")
    assert station.last(events.AccessLockedOut).doors == (GATE,)
    press(station, "1357")
    assert open_now(station) == [FRONT]
    station.wait(40.0)
    press(station, "9993#")
    assert station.last(events.AccessLockedOut).seconds == 60.0, "the next wrong code doubles the time"


def test_guesses_of_one_who_knows_a_code_lock_the_other_door_out_for_all():
    pads = tuple(KeypadSettings(f"pad{n}", doors=BOTH) for n in range(4))
    station = door(OWN, OTHER, keypads=pads)
    for n, pad in enumerate(pads):
        for m in range(4):
            press(station, f"9{n}{m}0#1234", pad.id)
    outs = [told for told in station.told if isinstance(told, events.AccessLockedOut)]
    assert (LockoutScope.DOOR, GATE) in {(told.scope, told.who) for told in outs}


@pytest.mark.parametrize("limits", [{"uses": 0}, {"doors": (GATE,)}, {"expires": 5.0}])
def test_a_code_that_opens_nothing_clears_nothing(limits):
    station = door(OWN, code("1357", **limits))
    press(station, "9998#9997#9996#9995#1357#9994#")
    assert station.last(events.AccessLockedOut).scope is LockoutScope.KEYPAD


def test_far_ends_that_never_come_again_are_forgotten():
    """Each call of a made-up caller may end with a wrong code, for years."""
    station = in_a_call()
    for number in range(50):
        turn = Turn(station.state, 1e6 + number * LOCKOUT_FORGOTTEN_S / 10, "")
        who = f"sip:{number}@192.0.2.1"
        lockouts.count_wrong_code(turn, Attempt(who, OpenedBy.DTMF, (FRONT,), LockoutScope.CALLER, who), "")
        station.state = turn.state
    callers = [each for each in station.state.access.lockouts if each.scope is LockoutScope.CALLER]
    assert [each.who for each in callers] == [f"sip:{number}@192.0.2.1" for number in range(40, 50)]
    assert [each.wrong for each in station.state.access.lockouts if each.scope is LockoutScope.DOOR] == [50]
