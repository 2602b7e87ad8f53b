"""What of the digits in a call's sound is taken for our own, come back."""

import pytest

from appliance.sip.stack.media.dtmf_echo import ECHO, RATE, UNEVEN, Echoes, HeardDigit

TONE = RATE // 10


def after(*sent):
    echoes = Echoes()
    for each in sent:
        echoes.sent(each)
    return echoes


@pytest.mark.parametrize(
    ("digit", "begin", "ours"),
    [
        ("1", 10_000, True),
        ("1", 10_000 - UNEVEN, True),  # both ears do not hear the begin of a noisy digit alike
        ("1", 10_000 - UNEVEN - TONE - 1, False),  # over before ours began
        ("1", 10_000 + TONE + ECHO, True),
        ("1", 10_000 + TONE + ECHO + 1, False),  # no round trip takes that long
        ("2", 10_000, False),
    ],
)
def test_the_same_digit_within_a_round_trip_is_ours(digit, begin, ours):
    echoes = after(HeardDigit("1", 10_000, None), HeardDigit("1", 10_000, 10_000 + TONE))
    assert echoes.is_ours(HeardDigit(digit, begin, begin + TONE)) is ours


def test_a_digit_of_ours_that_goes_on_comes_back_in_pieces_all_the_while():
    echoes = after(HeardDigit("5", 0, None))
    assert all(echoes.is_ours(HeardDigit("5", at, at + TONE)) for at in range(TONE, 10 * RATE, 2 * TONE))
    echoes.sent(HeardDigit("5", 0, 10 * RATE))
    assert not echoes.is_ours(HeardDigit("5", 12 * RATE, 12 * RATE + TONE))


def test_each_of_the_digits_that_we_send_comes_back():
    echoes = after(*(HeardDigit(digit, at * TONE, at * TONE + TONE // 2) for at, digit in enumerate("4711")))
    assert all(echoes.is_ours(HeardDigit(d, RATE + at * TONE, RATE + at * TONE + 400)) for at, d in enumerate("4711"))


def test_a_far_end_that_is_heard_while_the_digit_still_lasts_is_held_against_its_begin():
    assert after(HeardDigit("1", RATE, RATE + TONE)).is_ours(HeardDigit("1", RATE, None))
