"""Wiegand frames: what pulses mean, whatever they are late, lost or too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.panel.entry.wiegand_frames import Card, Discarded, Frames, Key, Spoiled, decode
from tests.panel.support import framed

LENGTHS = frozenset({26, 34})
APART_S, TIMEOUT_S = 0.001, 0.05


def read(bits, frames=None, start=10.0, keys=True, lengths=LENGTHS):
    """What a reader's pulses bring, one APART_S after the other, and the pause after them."""
    frames = frames or Frames(lengths, keys=keys, timeout_s=TIMEOUT_S)
    found = [frames.pulse(bit, start + number * APART_S) for number, bit in enumerate(bits)]
    return [reading for reading in [*found, frames.due(start + len(bits) * APART_S + TIMEOUT_S)] if reading]


def bits(text):
    return tuple(int(bit) for bit in text if bit != " ")


@pytest.mark.parametrize(
    ("sent", "reading"),
    [
        # facility 159, card 42949: a card as it is printed "10463173" or "159,42949"
        (bits("0 10011111 1010 011111000101 0"), Card("10463173", 26)),
        (bits("0 000000000000 000000000000 1"), Card("0", 26)),
        (bits("0 111111111111 111111111111 1"), Card("16777215", 26)),
        (bits("1 000000000001 000000000000 1"), Card("4096", 26)),
        (bits("0 000000000000 000000000001 0"), Card("1", 26)),
        (framed(0xDEADBEEF, 34), Card("3735928559", 34)),
        (bits("0000"), Key("0")),
        (bits("0111"), Key("7")),
        (bits("1001"), Key("9")),
        (bits("1010"), Key("*")),
        (bits("1011"), Key("#")),
        (bits("1111 0000"), Key("0")),
        (bits("0110 1001"), Key("9")),
        (bits("0100 1011"), Key("#")),
        (bits("1100"), Discarded(Spoiled.NO_KEY)),
        (bits("0110 1000"), Discarded(Spoiled.HALVES)),
        (bits("0011 1100"), Discarded(Spoiled.NO_KEY)),
        (bits("0 100000000000 000000000000 1"), Discarded(f"{Spoiled.PARITY}: of 26 bits")),
        (bits("0 000000000000 000000000000 0"), Discarded(f"{Spoiled.PARITY}: of 26 bits")),
        ((*framed(1, 34)[:-1], 1 - framed(1, 34)[-1]), Discarded(f"{Spoiled.PARITY}: of 34 bits")),
        (bits("1"), Discarded(f"{Spoiled.LENGTH}: 1 bits came, of 4, 8, 26, 34")),
        ((0,) * 1000, Discarded(f"{Spoiled.LENGTH}: 1000 bits came, of 4, 8, 26, 34")),
    ],
)
def test_a_frame_is_a_card_or_a_key_or_nothing(sent, reading):
    assert read(sent) == [reading]


def test_cards_of_other_lengths_are_those_that_the_settings_name():
    sent = (1,) * 37
    assert read(sent) == [Discarded(f"{Spoiled.LENGTH}: 37 bits came, of 4, 8, 26, 34")]
    assert read(sent, lengths=frozenset({37})) == [Card(str(2**37 - 1), 37)]


def test_keys_are_none_where_the_reader_has_none():
    assert read((0, 1, 1, 1), keys=False) == [Discarded(f"{Spoiled.LENGTH}: 4 bits came, of 26, 34")]


@given(st.integers(0, 2**32 - 1), st.sampled_from([26, 34]), st.data())
def test_a_frame_that_lacks_any_bits_is_never_a_card(number, length, data):
    whole = framed(number % 2 ** (length - 2), length)
    kept = sorted(data.draw(st.sets(st.integers(0, length - 1), min_size=1, max_size=length - 1)))
    (reading,) = read([whole[place] for place in kept], keys=False, lengths=frozenset({length}))
    assert isinstance(reading, Discarded)


@given(st.integers(0, 2**32 - 1), st.sampled_from([26, 34]), st.data())
def test_a_frame_with_one_bit_turned_is_never_a_card(number, length, data):
    whole = list(framed(number % 2 ** (length - 2), length))
    whole[data.draw(st.integers(0, length - 1))] ^= 1
    (reading,) = read(whole)
    assert isinstance(reading, Discarded)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([26, 34])), min_size=1, max_size=5))
def test_cards_one_after_another_are_distinguished_by_the_pause(cards):
    frames = Frames(LENGTHS, keys=False, timeout_s=TIMEOUT_S)
    found, at = [], 1.0
    for number, length in cards:
        for bit in framed(number % 2 ** (length - 2), length):
            found.append(frames.pulse(bit, at))
            at += APART_S
        at += TIMEOUT_S
    found.append(frames.due(at))
    expected = [Card(str(number % 2 ** (length - 2)), length) for number, length in cards]
    assert [reading for reading in found if reading] == expected


@given(st.integers(0, 2**24 - 1), st.floats(0.00005, TIMEOUT_S * 0.99), st.floats(0, 1000))
def test_a_frame_is_over_when_no_pulse_came_for_the_timeout_however_late_that_is_seen(number, apart, late):
    frames = Frames(LENGTHS, keys=False, timeout_s=TIMEOUT_S)
    for place, bit in enumerate(framed(number, 26)):
        assert frames.pulse(bit, 5.0 + place * apart) is None
    assert frames.due(frames.ends_at - 0.0001) is None
    assert frames.due(frames.ends_at + late) == Card(str(number), 26)
    assert frames.due(frames.ends_at + late) is None


def test_lost_pulses_spoil_the_frame_in_which_they_were_and_no_other():
    frames = Frames(LENGTHS, keys=False, timeout_s=TIMEOUT_S)
    card = framed(4711, 26)
    for place, bit in enumerate(card):
        assert frames.pulse(bit, 1.0 + place * APART_S, after_loss=place == 7) is None
    assert frames.due(2.0) == Discarded(Spoiled.PULSES_LOST)
    assert read(card, frames) == [Card("4711", 26)]


def test_pulses_lost_between_two_frames_spoil_both_for_it_is_not_known_whose_they_were():
    frames = Frames(LENGTHS, keys=False, timeout_s=TIMEOUT_S)
    card = framed(4711, 26)
    for place, bit in enumerate(card):
        frames.pulse(bit, 1.0 + place * APART_S)
    found = [frames.pulse(bit, 3.0 + place * APART_S, after_loss=place == 0) for place, bit in enumerate(card)]
    assert found == [Discarded(Spoiled.PULSES_LOST)] + [None] * 25
    assert frames.due(4.0) == Discarded(Spoiled.PULSES_LOST)


@given(st.lists(st.integers(0, 1), max_size=200))
def test_any_bits_are_something(sent):
    if sent:
        assert isinstance(decode(tuple(sent[:128]), len(sent), LENGTHS, keys=True), Card | Key | Discarded)


def test_why_a_frame_was_discarded_does_not_show_its_bits():
    wrong = (1 - framed(12345, 26)[0], *framed(12345, 26)[1:])
    (reading,) = read(wrong)
    assert "12345" not in reading.why
