"""Moments in options: a time, or a span before or from now."""

import argparse
import time
from datetime import UTC, datetime, timedelta

import pytest

from appliance.cli import codes
from appliance.cli.client import WrongUsageError
from appliance.cli.moments import ago, ahead, ahead_there, here, in_utc, local, there


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


def test_a_moment_of_the_stations_zone_is_left_to_the_station():
    assert ahead_there("2126-12-24T18:00") == "2126-12-24T18:00"
    assert ahead_there("2126-12-24T18:00+01:00") == "2126-12-24T17:00:00.000000Z"
    assert read(ahead_there("7d")) > datetime.now(UTC)


def test_an_answer_is_shown_in_the_zone_that_it_names():
    answer = there("2126-12-24T17:00:00.000000Z", "Europe/Berlin")
    assert local(f"until {answer}.") == "until 2126-12-24 18:00:00, Europe/Berlin."
    assert local(there("2126-12-24T17:00:00Z", "Nowhere/At_All")) == "2126-12-24T17:00:00Z"
    assert there("2126-12-24T17:00:00Z", "") == "2126-12-24T17:00:00Z"


@pytest.mark.parametrize("option", ["--expires", "--uses", "--time", "--door", "--owner"])
def test_an_option_that_is_given_empty_never_adds_a_code_without_that_limit(option):
    parser = argparse.ArgumentParser(exit_on_error=False)
    codes.options(parser)
    given = {"--owner": "Ann", "--door": "front"} | {option: ""}
    with pytest.raises((argparse.ArgumentError, WrongUsageError)):
        codes.new(parser.parse_args(["add", *(word for pair in given.items() for word in pair)]))


@pytest.mark.parametrize("text", ["yesterday", "", "7", "7w", "-1d", "1.5h", "999999d", "1d2h", "2026-13-01"])
def test_what_is_no_time_is_refused_with_what_to_write(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not a time. Write 2026-11-20T08:30"):
        ago(text)


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("Europe/Berlin", "2026-07-01T10:00:00Z", "2026-07-01 12:00:00, CEST"),
        ("Europe/Berlin", "2026-12-01T10:00:00.500Z", "2026-12-01 11:00:00.500, CET"),
        ("UTC", "2026-12-01T10:00:00Z", "2026-12-01 10:00:00, UTC"),
        ("XXX-5:30", "2026-12-01T10:00:00Z", "2026-12-01 15:30:00, XXX"),
    ],
)
def test_a_moment_of_this_machine_names_its_time_zone(monkeypatch, zone, moment, shown):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert local(f"until {here(moment)}.") == f"until {shown}."
        assert in_utc(f"until {here(moment)}.") == f"until {moment}."
    finally:
        monkeypatch.undo()
        time.tzset()
