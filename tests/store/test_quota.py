"""Which recordings go: the oldest, as few as the limits allow, whatever the clock said when they were made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.store import quota
from appliance.store.quota import Limits, Removable, Stored

DAY_S = 86_400.0
NOW_S = 1_790_000_000.0  # in 2026
OLD, NEW, YOUNG = NOW_S - 40 * DAY_S, NOW_S - DAY_S, NOW_S - 60
NOT_SET, AHEAD = 3600.0, NOW_S + 3650 * DAY_S


def made(*started, size=10):
    return [Removable(f"r-{number}", each, size) for number, each in enumerate(started)]


def excess(recordings, limits, now_s):
    stored = Stored(len(recordings), sum(each.bytes for each in recordings))
    return quota.excess(recordings, stored, limits, now_s)


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        (Limits(), 0),
        (Limits(count=4), 0),
        (Limits(count=3), 1),
        (Limits(count=0), 4),
        (Limits(bytes=40), 0),
        (Limits(bytes=39), 1),
        (Limits(bytes=15), 3),
        (Limits(bytes=0), 4),
        (Limits(bytes=5, count=2), 4),
        (Limits(bytes=35, count=2), 2),
    ],
)
def test_the_limit_that_asks_for_most_decides(limits, gone):
    assert excess(made(OLD, OLD, NEW, NEW), limits, NOW_S) == gone


@pytest.mark.parametrize(
    ("started", "gone"),
    [
        ([], 0),
        ([OLD, OLD, NEW], 2),
        ([NEW, YOUNG], 0),
        ([NEW, OLD], 0),  # the clock was behind for the second
        ([NEW, NOT_SET, YOUNG], 0),
        ([OLD, NOT_SET, YOUNG], 1),  # it may be as young as the one after it
        ([OLD, NOT_SET, OLD], 3),
        ([NOT_SET, NOT_SET], 0),  # nobody knows
        ([NOT_SET, OLD, YOUNG], 2),  # older than one that is too old
        ([AHEAD, OLD, NEW], 2),
        ([AHEAD, AHEAD], 0),
        ([OLD, AHEAD, NEW], 1),
    ],
)
def test_age_counts_only_where_it_is_certain(started, gone):
    assert excess(made(*started), Limits(age_s=30 * DAY_S), NOW_S) == gone


SOME = st.lists(
    st.builds(Removable, st.just("r-1"), st.floats(0, 2 * NOW_S) | st.sampled_from([OLD, NEW]), st.integers(0, 100)),
    max_size=20,
)
MOST = st.none() | st.integers(0, 500)
ANY = st.builds(Limits, bytes=MOST, count=MOST, age_s=st.none() | st.floats(0, 1e9))


@given(SOME, ANY)
def test_what_stays_is_within_the_limits_and_one_more_would_not_be(recordings, limits):
    number = excess(recordings, limits, NOW_S)
    assert 0 <= number <= len(recordings)

    def within(gone):
        stay = recordings[gone:]
        return (limits.count is None or len(stay) <= limits.count) and (
            limits.bytes is None or sum(each.bytes for each in stay) <= limits.bytes
        )

    assert within(number)
    if number and limits.age_s is None:
        assert not within(number - 1)


@given(SOME, ANY)
def test_after_a_removal_nothing_is_left_to_remove(recordings, limits):
    number = excess(recordings, limits, NOW_S)
    left = recordings[number:]
    assert not left or excess(left, limits, NOW_S) == 0


@given(SOME, st.floats(0, 1e9))
def test_one_that_is_young_by_a_plausible_clock_stays_and_so_do_all_after_it(recordings, age_s):
    gone = excess(recordings, Limits(age_s=age_s), NOW_S)
    assert not [each for each in recordings[:gone] if NOW_S - age_s <= each.started_s <= NOW_S]


@given(SOME)
def test_without_a_limit_nothing_goes(recordings):
    assert excess(recordings, Limits(), NOW_S) == 0


@given(SOME, ANY, st.integers(1, 5))
def test_a_look_at_a_few_at_a_time_removes_the_same(recordings, limits, few):
    """As long as the age does not matter, which is judged by what is left."""
    limits = Limits(bytes=limits.bytes, count=limits.count)
    left = list(recordings)
    while True:
        stored = Stored(len(left), sum(each.bytes for each in left))
        number = quota.excess(left[:few], stored, limits, NOW_S)
        if not number:
            break
        left = left[number:]
    assert len(recordings) - len(left) == excess(recordings, limits, NOW_S)
