"""Uses and guesses count what people do, not how often a reader repeats a number."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.access.card_readers import AWAY_S, MOST_ACTS
from appliance.core.access.lockouts import FREE
from appliance.core.model import (
    CredentialBook,
    CredentialKind,
    Denial,
    DoorSettings,
    LockoutScope,
    ReaderId,
    ReaderSettings,
    Rule,
)
from appliance.core.orders import KeepCredential
from tests.core.access.test_codes import READER, denied, dial, door, open_now, press
from tests.core.access.test_credentials import SECRET, code
from tests.core.doors.test_doors import guard
from tests.core.station import FRONT, Station, ready

CARD = code("4711", CredentialKind.CARD)
REPEATS_S = 0.7


def read(station: Station, number: str = "4711", after: float = REPEATS_S, reader: ReaderId = READER) -> Station:
    """A reading, and the disc that writes a use at once."""
    station.wait(after)
    station.give(inputs.CardRead, reader=reader, number=number, bits=26)
    return written(station)


def written(station: Station) -> Station:
    for keeping in station.state.access.pending_writes:
        station.give(inputs.CredentialKept, id=keeping.code.id, terms=keeping.terms)
    guard(station, energised=True)
    return station


def uses(station: Station) -> list[int]:
    """The uses that are left, after each that was spent."""
    return [order.code.uses for order in station.orders(KeepCredential)]


def readings(station: Station) -> int:
    return sum(isinstance(event, events.CardRead) for event in station.told)


def close(station: Station) -> Station:
    """The end of the opening, as the guard reports it."""
    station.wait(3.0)
    return guard(station, energised=False)


@pytest.mark.parametrize("repeats_s", [0.1, 0.7, 2.0])
def test_a_card_that_is_held_while_the_door_is_open_is_one_use(repeats_s):
    station = door(replace(CARD, uses=3))
    for _ in range(int(2.8 / repeats_s)):
        read(station, after=repeats_s)
    assert (uses(station), readings(station), denied(station)) == ([2], 1, [])
    assert open_now(station) == [FRONT]


def test_a_card_that_was_away_or_whose_door_is_locked_again_is_shown_again():
    station = read(door(replace(CARD, uses=9)))
    close(station)
    read(station, after=0.1)
    assert uses(station) == [8, 7], "the door is locked again, so the card opens it again at once"
    close(station)
    read(station, after=AWAY_S)
    assert uses(station) == [8, 7, 6]


def test_a_card_that_was_held_opens_again_as_soon_as_the_door_is_locked_though_it_was_not_away():
    station = read(read(door(replace(CARD, uses=9))))
    assert (uses(station), open_now(station)) == ([8], [FRONT])
    guard(station, energised=False)
    assert open_now(station) == []
    read(station, after=0.1)
    assert uses(station) == [8, 7]


def test_a_card_that_is_held_while_its_use_is_being_written_is_no_error():
    station = door(replace(CARD, uses=3))
    for _ in range(4):
        station.wait(0.3)
        station.give(inputs.CardRead, reader=READER, number="4711", bits=26)
    assert denied(station) == []
    written(station)
    assert (uses(station), open_now(station)) == ([2], [FRONT])


def test_a_foreign_card_that_is_held_for_a_minute_locks_nobody_out():
    station = door(CARD)
    for _ in range(90):
        read(station, "666")
    assert denied(station) == [Denial.WRONG]
    assert open_now(read(station)) == [FRONT]


def test_a_foreign_card_that_is_tried_again_and_again_is_one_guess():
    station = door(CARD)
    for _ in range(3 * FREE[LockoutScope.READER]):
        read(station, "666", after=AWAY_S + 1)
    assert denied(station) == [Denial.WRONG] * 15, "each try is reported"
    assert "access.locked_out" not in station.types()


def test_different_foreign_cards_lock_the_reader_out():
    station = door(CARD)
    for number in range(FREE[LockoutScope.READER]):
        read(station, f"66{number}")
    assert station.last(events.AccessLockedOut).scope is LockoutScope.READER
    assert open_now(read(station)) == []


def test_two_cards_in_one_purse_are_two_acts_however_often_they_alternate():
    station = door(replace(CARD, uses=3))
    for number in range(8):
        read(station, "666" if number % 2 else "4711", after=0.3)
    assert (uses(station), denied(station), readings(station)) == ([2], [Denial.WRONG], 2)


def test_the_same_card_at_two_readers_is_two_acts():
    readers = tuple(ReaderSettings(ReaderId(name), doors=(FRONT,)) for name in ("street", "yard"))
    station = door(CARD, readers=readers)
    for reader in readers:
        read(station, reader=reader.id)
    assert readings(station) == 2


def test_a_rule_and_clients_get_one_event_for_a_card_that_is_held():
    rule = Rule("anybody", "card.read", FRONT)
    station = ready(doors=(DoorSettings(FRONT),), readers=(ReaderSettings(READER),), rules=(rule,))
    for _ in range(4):
        read(station, "666")
    assert (readings(station), open_now(station)) == (1, [FRONT])


def test_a_card_that_was_held_before_the_codes_were_read_opens_once_it_was_away():
    station = ready(doors=(DoorSettings(FRONT),), readers=(ReaderSettings(READER, doors=(FRONT,)),))
    read(station)
    assert denied(station) == [Denial.UNAVAILABLE]
    station.give(inputs.BookRead, book=CredentialBook(SECRET, (CARD,)))
    assert open_now(read(station)) == []
    assert open_now(read(station, after=AWAY_S)) == [FRONT]


def test_acts_that_are_over_are_forgotten_and_a_flood_of_cards_has_a_bound():
    station = door(CARD)
    for number in range(3 * MOST_ACTS):
        read(station, str(number), after=0.01)
    assert len(station.state.access.card_acts) == MOST_ACTS
    read(station, after=AWAY_S)
    assert len(station.state.access.card_acts) == 1


@pytest.mark.parametrize("typed", [press, dial], ids=["keypad", "call"])
def test_a_code_that_is_typed_again_while_its_door_is_open_is_one_use(typed):
    station = door(code("1234", uses=3))
    if typed is dial:
        station.talking()
    for _ in range(2):
        written(typed(station, "1234"))
    assert (uses(station), open_now(station), denied(station)) == ([2], [FRONT], [])
    close(station)
    written(typed(station, "1234"))
    assert uses(station) == [2, 1]


@pytest.mark.parametrize("typed", [press, dial], ids=["keypad", "call"])
def test_a_wrong_code_that_is_typed_again_and_again_is_one_guess(typed):
    station = door(code("123456"))
    if typed is dial:
        station.talking()
    for _ in range(3 * FREE[LockoutScope.KEYPAD]):
        typed(station, "9999#")
    assert denied(station) == [Denial.WRONG] * 15
    assert "access.locked_out" not in station.types()
    for number in range(FREE[LockoutScope.KEYPAD] - 1):
        typed(station, f"999{number}#")
    assert "access.locked_out" in station.types()


def test_calls_that_end_in_the_middle_of_the_same_wrong_code_are_one_guess():
    station = door(code("123456"))
    for _ in range(2 * FREE[LockoutScope.CALLER]):
        call = station.talking()
        dial(station, "9999")
        station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
        station.wait(60.0)
    assert denied(station) == [Denial.WRONG] * 10
    assert "access.locked_out" not in station.types()


def test_no_number_is_shown_with_the_state_s_records():
    station = read(door(CARD), "66778899")
    assert "66778899" not in repr(station.state.access)
