"""Moments in options: a time, or a span before or from now."""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from appliance.cli.moments import ago, ahead


def read(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_span_counts_from_now(span, wanted):
    before = datetime.now(UTC)
    past, future = read(ago(span)), read(ahead(span))
    after = datetime.now(UTC)
    assert before - wanted <= past <= after - wanted
    assert before + wanted <= future <= after + wanted


def test_a_moment_is_local_time_or_has_its_offset():
    assert read(ago("2026-11-20T08:30")) == datetime(2026, 11, 20, 8, 30).astimezone()
    assert ahead("2026-11-20T08:30+01:00") == "2026-11-20T07:30:00.000000Z"
    assert read(ago("2026-11-20")) == datetime(2026, 11, 20).astimezone()


@pytest.mark.parametrize("text", ["yesterday", "", "7", "7w", "-1d", "1.5h", "999999d", "1d2h", "2026-13-01"])
def test_what_is_no_time_is_refused_with_what_to_write(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not a time. Write 2026-11-20T08:30"):
        ago(text)
