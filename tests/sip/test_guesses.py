"""Guesses at passwords: how many are free, how long a lockout lasts, and whom it never shuts out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.model import LOCKOUT_CLEARS_AGAIN_S, LockoutScope
from appliance.sip.stack.accounts.guesses import (
    FREE_OF_SOURCE,
    FREE_OF_TARGET,
    KNOWN,
    KNOWN_S,
    SOURCES,
    Guesses,
    Locked,
    source_of,
)

SOURCE, TARGET = LockoutScope.SOURCE, LockoutScope.TARGET
HOME, THIEF = "192.0.2.8", "192.0.2.99"


@pytest.fixture
def guesses():
    return Guesses()


def guess(guesses, address=THIEF, now=0.0, target="kitchen", home=False):
    return guesses.wrong(target, address, now, at_home=home)


def shut(guesses, address=THIEF, now=0.0, target="kitchen", home=False):
    return guesses.locks_out(target, address, now, at_home=home)


def lock_target(guesses, now=0.0, target="kitchen"):
    """Wrong answers from as many sources, each of which has guesses left."""
    for number in range(FREE_OF_TARGET):
        last = guess(guesses, f"198.51.100.{number}", now, target)
    return last


def test_the_last_free_guess_of_a_source_locks_it_out_for_a_time_that_doubles_up_to_an_hour(guesses):
    for _ in range(FREE_OF_SOURCE - 1):
        assert guess(guesses, home=True) == []
        assert not shut(guesses)
    now, lasted = 0.0, []
    for _ in range(10):
        (locked,) = guess(guesses, now=now, home=True)
        assert (locked.scope, locked.who) == (SOURCE, THIEF)
        assert shut(guesses, now=now + locked.seconds - 0.1)
        now += locked.seconds
        assert not shut(guesses, now=now)
        lasted.append(locked.seconds)
    assert lasted == [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0, 3600.0]


def test_a_day_after_the_last_wrong_one_all_is_forgotten(guesses):
    for _ in range(FREE_OF_SOURCE):
        guess(guesses)
    assert guess(guesses, now=86_400.0) == []


def test_a_target_that_is_guessed_at_from_many_addresses_is_locked_out_for_strangers(guesses):
    assert lock_target(guesses) == [Locked(TARGET, "kitchen", 30.0)]
    assert shut(guesses, "203.0.113.1")
    assert not shut(guesses, "203.0.113.1", now=30.0)
    assert not shut(guesses, "203.0.113.1", target="hall"), "another target"


def test_the_own_address_of_a_target_is_never_locked_out_by_strangers(guesses):
    lock_target(guesses)
    assert not shut(guesses, HOME, home=True)


def test_a_source_that_has_shown_the_password_is_not_locked_out_by_strangers(guesses):
    guesses.right("kitchen", "203.0.113.1", 0.0)
    now = 100.0
    for _ in range(12):  # for as long as they like
        now += 4000.0
        lock_target(guesses, now)
        assert not shut(guesses, "203.0.113.1", now)
        assert shut(guesses, "203.0.113.2", now)
    lock_target(guesses, KNOWN_S)
    assert shut(guesses, "203.0.113.1", KNOWN_S), "it was long ago"


def test_wrong_answers_from_the_own_address_lock_out_that_address_alone(guesses):
    for now in range(0, 40_000, 4_000):
        for _ in range(FREE_OF_SOURCE):
            assert all(each.scope is SOURCE for each in guess(guesses, HOME, float(now), home=True))
    assert shut(guesses, HOME, 36_000.0, home=True)
    assert not shut(guesses, "203.0.113.1", 36_000.0)


def test_who_knows_one_password_has_no_more_guesses_at_another(guesses):
    for _ in range(FREE_OF_SOURCE - 1):
        guess(guesses)
        guesses.right("hall", THIEF, 0.0)
    assert guess(guesses)[0] == Locked(SOURCE, THIEF, 30.0)


def test_a_right_answer_forgets_what_its_source_typed_wrong(guesses):
    for n in range(3):
        for _ in range(FREE_OF_SOURCE - 1):
            assert guess(guesses, HOME, home=True) == []
        guesses.right("kitchen", HOME, n * LOCKOUT_CLEARS_AGAIN_S)


def test_the_addresses_of_one_ipv6_network_are_one_source(guesses):
    for number in range(FREE_OF_SOURCE):
        last = guess(guesses, f"2001:db8::{number}")
    assert last == [Locked(SOURCE, "2001:db8::/64", 30.0)]
    assert shut(guesses, "2001:db8::ffff")
    assert source_of("fe80::1%eth0") == "fe80::/64"
    assert source_of("") == ""


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(["a", "b"]), st.booleans()), min_size=300, max_size=600))
def test_what_is_kept_is_bounded_however_many_guess(what):
    guesses = Guesses()
    for number, target, right in what:
        address = f"10.0.{number // 250}.{number % 250}"
        if right:
            guesses.right(target, address, 0.0)
        else:
            guess(guesses, address, target=target)
    assert len(guesses._sources) <= SOURCES
    assert all(len(known) <= KNOWN for known in guesses._known.values())
    assert len(guesses._targets) <= 2


def test_a_right_answer_from_the_same_source_clears_guesses_once_in_some_minutes(guesses):
    for now in range(2 * FREE_OF_SOURCE - 1):  # a phone and a guesser behind one router
        guess(guesses, HOME, float(now))
        guesses.right("kitchen", HOME, float(now))
    assert shut(guesses, HOME, 2.0 * FREE_OF_SOURCE)
