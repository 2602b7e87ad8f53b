"""While the book of codes is not read: digits stay masked, nothing opens by a code, and nobody is locked out for it."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.access import credentials
from appliance.core.access.card_readers import AWAY_S
from appliance.core.model import (
    CallId,
    CredentialBook,
    CredentialKind,
    Denial,
    DoorSettings,
    KeypadId,
    KeypadSettings,
    LockoutScope,
    Picture,
)
from appliance.core.orders import KeepLockouts
from appliance.core.panel import indications
from tests.core.access.test_codes import CLEANER, OPEN, PAD, READER, denied, dial, open_now, press
from tests.core.access.test_credentials import SECRET
from tests.core.doors.test_doors import guard
from tests.core.station import FRONT, GATE, ready

BOOK = CredentialBook(SECRET, (CLEANER,))
OWN = (DoorSettings(FRONT, digits="7531"), DoorSettings(GATE))


def unread(**changes):
    return ready(**OPEN | changes)


def test_digits_are_masked_until_the_book_is_read():
    station = unread()
    station.talking()
    dial(station, "4")
    assert (station.last(events.DtmfReceived).digit, station.last(events.DtmfReceived).masked) == (None, True)
    station.give(inputs.BookRead, book=CredentialBook(SECRET))
    dial(station, "4")
    assert (station.last(events.DtmfReceived).digit, station.last(events.DtmfReceived).masked) == ("4", False)


@pytest.mark.parametrize("where", ["keypad", "reader", "call", "call that ends"])
def test_a_code_that_cannot_be_looked_up_is_unavailable_and_locks_no_one_out(where):
    station = unread()
    call = station.talking().id if "call" in where else CallId("")
    for _ in range(7):
        match where:
            case "keypad":
                press(station, "1234#")
            case "reader":
                station.give(inputs.CardRead, AWAY_S, reader=READER, number="1234", bits=26)
            case _:
                dial(station, "1234" if where == "call that ends" else "1234#")
                if where == "call that ends":
                    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=True)
                    call = station.talking().id
    assert set(denied(station)) == {Denial.UNAVAILABLE}
    assert len(denied(station)) == 7
    assert (station.state.access.lockouts, open_now(station)) == ((), [])
    assert not {"access.locked_out", "keypad.locked_out", "access.denied"} & set(station.types())
    station.give(inputs.BookRead, book=BOOK)
    press(station, "1234")
    assert open_now(station) == [FRONT]


def test_the_visitor_sees_and_clients_hear_that_codes_are_unavailable():
    station = press(unread(), "1234#")
    assert station.last(events.KeypadRefused).why == Denial.UNAVAILABLE
    assert station.state.panel.error_until is not None
    told = station.last(events.ApplianceDegraded)
    assert (told.part, "not been read" in told.why) == ("codes", True)
    assert "codes: " in station.desired.status
    station.wait(10.0)
    assert indications.picture(station.state) is Picture.ERROR
    station.give(inputs.BookRead, book=BOOK)
    assert station.last(events.ApplianceRecovered).part == "codes"
    assert indications.picture(station.state) is Picture.IDLE


def test_the_stores_own_reason_why_codes_cannot_be_read_stays():
    station = unread().give(inputs.PartFailed, part="codes", why="device.key is gone", resolution="Put it back.")
    press(station, "1234#")
    assert dict(station.state.appliance.failed)["codes"] == "device.key is gone"
    assert station.types().count("appliance.degraded") == 1


def test_a_longer_run_waits_as_any_code_may_come_of_it():
    station = unread()
    station.talking()
    dial(station, "12345678901")
    assert denied(station) == []
    dial(station, "2")
    assert denied(station) == [Denial.UNAVAILABLE]


def test_a_doors_own_digits_open_it_and_guesses_at_them_still_count():
    station = unread(doors=OWN)
    station.talking()
    assert open_now(dial(station, "7531")) == [FRONT]
    station = unread(doors=OWN)
    station.talking()
    for _ in range(5):
        dial(station, "9999#")
    assert set(denied(station)) == {Denial.UNAVAILABLE}
    assert station.last(events.AccessLockedOut).scope is LockoutScope.CALLER
    assert open_now(dial(station, "7531")) == []


def test_lockouts_on_disc_are_not_written_over_before_they_are_read():
    station = unread(doors=OWN)
    station.talking()
    dial(station, "9999#")
    assert station.orders(KeepLockouts) == []
    station.give(inputs.BookRead, book=BOOK)
    dial(station, "9999#")
    assert len(station.orders(KeepLockouts)) == 1


# -- one outcome -----------------------------------------------------------------------------------------------------


def test_codes_while_the_door_opens_or_is_open_have_their_outcome_with_the_guards_answer():
    pads = tuple(KeypadSettings(KeypadId(name), doors=(FRONT,)) for name in ("street", "yard"))
    once = (DoorSettings(FRONT, pulse_s=3.0, max_s=3.0), DoorSettings(GATE))  # a second code prolongs nothing
    station = unread(keypads=pads, doors=once).give(inputs.BookRead, book=BOOK)
    for pad in pads:
        press(station, "1234#", pad.id)
    assert outcome(station) == []
    guard(station, energised=True)
    assert outcome(station) == ["keypad.accepted", "keypad.accepted", "door.unlocked"]
    press(station, "1234#")
    assert outcome(station)[3:] == ["keypad.accepted"]


def lock(station) -> None:
    station.give(inputs.Requested, request="q-lock", who="test", action=inputs.LockDoor(FRONT))


def outcome(station) -> list[str]:
    of_interest = {"keypad.accepted", "keypad.refused", "door.unlocked", "door.denied"}
    return [kind for kind in station.types() if kind in of_interest]


@pytest.mark.parametrize("by", ["keypad", "reader"])
def test_a_right_code_whose_pulse_the_guard_takes_after_seconds_is_accepted(by):
    card = replace(
        CLEANER, kind=CredentialKind.CARD, digest=credentials.digest(SECRET, CredentialKind.CARD, "1234"), length=0
    )
    station = unread().give(inputs.BookRead, book=CredentialBook(SECRET, (CLEANER if by == "keypad" else card,)))
    press(station, "1234#") if by == "keypad" else station.give(inputs.CardRead, reader=READER, number="1234", bits=26)
    station.wait(2.5)
    assert outcome(station) == []
    guard(station, energised=True)
    assert outcome(station) == [*(["keypad.accepted"] if by == "keypad" else []), "door.unlocked"]
    assert denied(station) == []


@pytest.mark.parametrize(
    ("hindrance", "why"),
    [
        ("locked down", Denial.LOCKED_DOWN),
        ("guard gone", Denial.NO_GUARD),
        ("guard stopped", Denial.NOT_TAKEN),
        ("guard lost before it took the pulse", Denial.NOT_TAKEN),
        ("not written", f"{Denial.NOT_WRITTEN}: No space is left."),
        ("locked down while it was written", Denial.LOCKED_DOWN),
    ],
)
@pytest.mark.parametrize("by", ["keypad", "reader"])
def test_a_right_code_whose_door_stays_locked_is_refused_once_and_shown(hindrance, why, by):
    counted = replace(CLEANER, uses=3) if "writ" in hindrance else CLEANER
    card = replace(
        counted, kind=CredentialKind.CARD, digest=credentials.digest(SECRET, CredentialKind.CARD, "1234"), length=0
    )
    station = unread().give(inputs.BookRead, book=CredentialBook(SECRET, (counted if by == "keypad" else card,)))
    if hindrance == "locked down":
        lock(station)
    if hindrance == "guard gone":
        station.give(inputs.GuardLost, why="killed")
    press(station, "1234#") if by == "keypad" else station.give(inputs.CardRead, reader=READER, number="1234", bits=26)
    match hindrance:
        case "guard stopped":
            assert station.state.panel.error_until is None
            station.wait(4.1)
            assert "door.denied" in station.types()
        case "guard lost before it took the pulse":
            station.give(inputs.GuardLost, why="killed")
        case "not written":
            station.give(inputs.CredentialNotKept, id=counted.id, why="No space is left.")
        case "locked down while it was written":
            lock(station)
            (awaited,) = station.state.access.pending_writes
            station.give(inputs.CredentialKept, id=counted.id, terms=awaited.terms)
    assert outcome(station) == ["door.denied", *(["keypad.refused"] if by == "keypad" else [])]
    assert denied(station) == [why]
    if by == "keypad":
        assert station.last(events.KeypadRefused) == events.KeypadRefused(PAD, why=why)
    assert station.state.panel.error_until is not None, "lamp and tone"
