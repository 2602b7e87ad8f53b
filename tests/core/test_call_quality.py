"""Figures of a call's sound: counters that cannot be true, the E-model against ITU-T's own figures, and classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.core import call_quality
from appliance.core.model import Call, CallId, CallSound, CallState, Direction, Quality, QualityClass, Remote
from tests.core.station import KITCHEN, PCMA

COUNTED = Quality(950, 50, 2.5, sent=1000, sent_lost=10, sent_jitter_ms=3.0, rtt_ms=40.0, buffer_ms=60.0)
DAY_MS = 86_400_000.0
NUMBERS = st.integers(-(2**31), 2**32)
TIMES = st.floats(-1e9, 1e9)


def test_true_counters_are_stored_as_they_are():
    assert call_quality.believable(COUNTED) is COUNTED
    silent = Quality(50, 1, 2.5)
    assert call_quality.believable(silent) is silent


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        ({"sent_lost": 0x7FFFFF}, {"sent_lost": None}),  # the most that a report can contain (RFC 3550 §6.4.1)
        ({"sent_lost": -1}, {"sent_lost": None}),
        ({"sent_lost": 1001}, {"sent_lost": None}),
        ({"sent_jitter_ms": 536_870.9}, {"sent_jitter_ms": None}),  # 0xFFFFFFFF at 8 kHz, in half a day
        ({"sent_jitter_ms": -0.1}, {"sent_jitter_ms": None}),
        ({"rtt_ms": -5.0}, {"rtt_ms": None}),
        ({"rtt_ms": 3 * DAY_MS}, {"rtt_ms": None}),
        ({"jitter_ms": DAY_MS}, {"jitter_ms": 10_000.0}),
        ({"jitter_ms": -1.0}, {"jitter_ms": 0.0}),
    ],
)
def test_what_cannot_be_true_is_not_believed(claimed, believed):
    assert call_quality.believable(replace(COUNTED, **claimed)) == replace(COUNTED, **believed)


@given(
    st.builds(
        Quality,
        received=st.integers(0, 2**32),
        lost=st.integers(0, 2**32),
        jitter_ms=TIMES,
        buffer_ms=st.floats(0, 5000),
        sent=st.integers(0, 2**32),
        sent_lost=st.none() | NUMBERS,
        sent_jitter_ms=st.none() | TIMES,
        rtt_ms=st.none() | TIMES,
    )
)
def test_figures_stay_within_their_bounds_whatever_is_claimed(counted):
    quality = call_quality.believable(counted)
    assert 0 <= quality.jitter_ms <= 10_000
    assert quality.sent_lost is None or 0 <= quality.sent_lost <= quality.sent
    for figure in (quality.sent_jitter_ms, quality.rtt_ms):
        assert figure is None or 0 <= figure <= 10_000
    told = call_quality.statistics(talking(quality), quality, final=True)
    assert told.mos is None or 1 <= told.mos <= 4.41


def talking(quality):
    return Call(
        id=CallId("c-1"),
        direction=Direction.OUTGOING,
        state=CallState.CONNECTED,
        remote=Remote(KITCHEN),
        created=90.0,
        deadline=None,
        media=CallSound(codec=PCMA, quality=quality),
    )


@pytest.mark.parametrize(
    ("loss", "delay", "rating"),
    [
        (0.0, 0.0, 93.2),  # G.107 with all its defaults
        (0.0, 100.0, 93.2),
        (0.0, 400.0, 69.1),  # Idd = 24.1
        (0.01, 0.0, 89.6),  # Ie,eff = 95 * 1 / (1 + 25.1)
        (0.05, 0.0, 77.4),
        (0.2, 0.0, 51.1),
        (0.05, 400.0, 53.3),
    ],
)
def test_the_rating_is_that_of_the_e_model(loss, delay, rating):
    assert call_quality.rating(loss, delay) == pytest.approx(rating, abs=0.05)


@pytest.mark.parametrize(  # of G.107 annex B, table B.1: R 80, 70, 60 and 50; and the ends
    ("loss", "mos"), [(0.0, 4.41), (0.0405, 4.02), (0.0812, 3.60), (0.1349, 3.10), (0.2085, 2.58), (1.0, 1.18)]
)
def test_the_mos_is_that_of_the_rating(loss, mos):
    assert call_quality.mos(loss, 0.0) == pytest.approx(mos, abs=0.01)


def test_a_rating_below_zero_is_the_lowest_mos():
    assert call_quality.rating(1.0, 10_000.0) < 0
    assert call_quality.mos(1.0, 10_000.0) == 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 20_000), st.floats(0, 20_000))
def test_more_loss_or_delay_never_raises_the_mos(loss, other_loss, delay, other_delay):
    better = call_quality.mos(min(loss, other_loss), min(delay, other_delay))
    assert 4.41 >= better >= call_quality.mos(max(loss, other_loss), max(delay, other_delay)) >= 1


@pytest.mark.parametrize(
    ("score", "kind"),
    [
        (4.41, QualityClass.GOOD),
        (4.03, QualityClass.GOOD),
        (4.02, QualityClass.FAIR),
        (3.6, QualityClass.FAIR),
        (3.59, QualityClass.POOR),
        (3.1, QualityClass.POOR),
        (3.09, QualityClass.BAD),
        (1.0, QualityClass.BAD),
    ],
)
def test_the_first_class_is_that_of_the_mos(score, kind):
    assert call_quality.class_of(score, None) is kind


@pytest.mark.parametrize(
    ("before", "score", "after"),
    [
        (QualityClass.GOOD, 3.94, QualityClass.GOOD),
        (QualityClass.GOOD, 3.92, QualityClass.FAIR),
        (QualityClass.FAIR, 4.12, QualityClass.FAIR),
        (QualityClass.FAIR, 4.14, QualityClass.GOOD),
        (QualityClass.GOOD, 1.5, QualityClass.BAD),
        (QualityClass.BAD, 3.19, QualityClass.BAD),
        (QualityClass.BAD, 4.41, QualityClass.GOOD),
        (QualityClass.BAD, 1.0, QualityClass.BAD),
    ],
)
def test_a_class_changes_only_beyond_a_margin(before, score, after):
    assert call_quality.class_of(score, before) is after


@given(st.sampled_from([4.03, 3.60, 3.10]), st.lists(st.floats(-0.099, 0.099), max_size=30))
def test_a_mos_that_swings_about_a_limit_changes_the_class_at_most_once(limit, swings):
    found, classes = None, []
    for swing in swings:
        found = call_quality.class_of(limit + swing, found)
        classes.append(found)
    assert len(set(classes)) <= 1


def test_the_share_of_losses_needs_packets():
    assert call_quality.share_lost(40, 9) is None
    assert call_quality.share_lost(40, 10) == 0.2


def test_half_of_the_round_trip_counts_as_delay():
    assert call_quality.delay_ms(COUNTED) == 100.0
    assert call_quality.delay_ms(replace(COUNTED, rtt_ms=None)) == 80.0
