"""Time profiles: a named time that codes, rules, quiet hours, the night, the ringer and forwarding share."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.core import events, inputs, wall_clock
from appliance.core.access import credentials
from appliance.core.model import (
    AppliancePart,
    Clock,
    Credential,
    CredentialBook,
    CredentialId,
    CredentialKind,
    Day,
    Denial,
    Forwarding,
    Holidays,
    LampId,
    LampSettings,
    Pattern,
    Period,
    Picture,
    Profile,
    QuietHours,
    Rule,
    Runtime,
    Settings,
    State,
    Tone,
)
from appliance.core.orders import KeepCredential, Refuse, Reply
from appliance.core.panel.indications import tone
from appliance.core.snapshot import snapshot
from tests.core.station import FRONT, Station, ready

WEEK = tuple(Day)[:5]
OFFICE = Profile("office", (Period(WEEK, "08:00", "18:00"),))
NONE_KNOWN = Holidays()
NIGHT = Profile("night", (Period(tuple(Day), "22:00", "06:00"),))


def at(text, *, trusted=True, offset_s=0.0, zone="", offsets=()):
    """The clock that shows this time, at CLOCK_MONOTONIC 0."""
    epoch = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - offset_s
    return Clock(epoch, offset_s, trusted, zone, offsets)


def state_at(profile, text, *, known=NONE_KNOWN, listed=(), of="", **clock):
    settings = Settings("test", profiles=(profile,), holidays=listed, holidays_of=of)
    return State(settings, appliance=AppliancePart(clock=at(text, **clock), holidays=known))


FRIDAYS = (Period((Day.FRIDAY,), "22:00", "06:00"),)


def test_the_holidays_that_a_program_has_computed_are_known():
    station = ready().give(inputs.HolidaysRead, holidays=Holidays((2026,), ("2026-01-06",)))
    assert wall_clock.is_holiday(station.state, date(2026, 1, 6)) is True


TABLE = [
    # days and hours; 2026-11-23 is a Monday
    (OFFICE, "2026-11-23T07:59", False),
    (OFFICE, "2026-11-23T08:00", True),
    (OFFICE, "2026-11-23T17:59", True),
    (OFFICE, "2026-11-23T18:00", False),
    (OFFICE, "2026-11-28T09:00", False),
    (Profile("p"), "2026-11-28T09:00", True),
    # past midnight: the day on which it begins decides
    (Profile("p", FRIDAYS), "2026-11-28T05:59", True),
    (Profile("p", FRIDAYS), "2026-11-28T22:00", False),
    (Profile("p", FRIDAYS, (("2026-11-27", "2026-11-27"),)), "2026-11-28T05:59", True),
    (Profile("p", FRIDAYS, (("2026-11-28", "2026-11-28"),)), "2026-11-28T05:59", False),
    # days of the year
    (Profile("p", dates=(("2026-11-20", "2026-11-23"),)), "2026-11-23T23:59", True),
    (Profile("p", dates=(("2026-11-20", "2026-11-23"),)), "2026-11-24T00:00", False),
    (Profile("p", dates=(("12-24", "01-06"),)), "2026-01-06T12:00", True),
    (Profile("p", dates=(("12-24", "01-06"),)), "2026-12-24T00:00", True),
    (Profile("p", dates=(("12-24", "01-06"),)), "2026-01-07T00:00", False),
    (Profile("p", dates=(("02-29", "02-29"),)), "2028-02-29T12:00", True),
]


@pytest.mark.parametrize(("profile", "now", "active"), TABLE)
def test_a_profile_is_active_at_its_times(profile, now, active):
    state = state_at(profile, now)
    assert wall_clock.is_active(state, profile.name) is active
    assert wall_clock.profile_why_not(state, profile.name) == (None if active else Denial.NOT_NOW)


@pytest.mark.parametrize(
    ("rule", "workday", "workday_holiday", "weekend_holiday", "weekend"),
    [
        ("any", True, True, False, False),
        ("never", True, False, False, False),
        ("only", False, True, False, False),
        ("also", True, True, True, False),
    ],
)
@pytest.mark.parametrize("source", ["list", "every year", "process"])
def test_holidays_change_the_days_of_a_profile(rule, workday, workday_holiday, weekend_holiday, weekend, source):
    days = ("2026-11-24", "2026-11-28")
    given = {
        "list": {"listed": days},
        "every year": {"listed": tuple(day[5:] for day in days)},
        "process": {"known": Holidays((2026,), days), "of": "DE"},
    }[source]
    profile = replace(OFFICE, holidays=rule)
    for day, active in (
        ("2026-11-23", workday),
        ("2026-11-24", workday_holiday),
        ("2026-11-28", weekend_holiday),
        ("2026-11-29", weekend),
    ):
        assert wall_clock.is_active(state_at(profile, f"{day}T09:00", **given), "office") is active, day


@pytest.mark.parametrize("rule", ["never", "only", "also"])
def test_a_profile_that_depends_on_holidays_waits_until_they_are_known(rule):
    profile = replace(OFFICE, holidays=rule)
    now = "2026-11-28T09:00" if rule == "also" else "2026-11-23T09:00"
    state = state_at(profile, now, of="DE", known=Holidays((2025,)))
    assert wall_clock.profile_why_not(state, "office") is Denial.NO_HOLIDAYS
    certain = state_at(profile, "2026-11-23T20:00", of="DE")
    assert wall_clock.profile_why_not(certain, "office") is Denial.NOT_NOW


@pytest.mark.parametrize(
    ("clock", "why"),
    [
        ({"trusted": False}, Denial.NO_CLOCK),
        ({"zone": "Europe/Berlin"}, Denial.NO_CLOCK),  # the offset of Tokyo is not known yet
        ({"zone": "Asia/Tokyo"}, None),
        ({"offsets": (("Asia/Tokyo", 9 * 3600.0),)}, Denial.NOT_NOW),  # 18:30 there
    ],
)
def test_a_profile_counts_by_the_clock_of_its_zone(clock, why):
    profile = replace(OFFICE, zone="Asia/Tokyo")
    assert wall_clock.profile_why_not(state_at(profile, "2026-11-23T09:30", **clock), "office") == why


def test_without_a_clock_or_a_profile_of_that_name_it_is_not_active():
    settings = Settings("test", profiles=(OFFICE,))
    assert wall_clock.profile_why_not(State(settings), "office") is Denial.NO_CLOCK
    assert wall_clock.profile_why_not(State(settings), "gone") is Denial.NO_PROFILE
    assert wall_clock.profile_changes_at(State(settings), "office") is None


PERIODS = st.builds(
    lambda days, begin, end: Period(tuple(sorted(days)), begin, end),
    st.sets(st.sampled_from(tuple(Day)), min_size=1),
    *(st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)) for _ in range(2)),
).filter(lambda period: period.begin != period.end)


@given(
    st.lists(PERIODS, max_size=3),
    st.sampled_from(["any", "never", "only", "also"]),
    st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3),
    st.integers(0, 300 * 1440),
)
def test_between_two_changes_a_profile_stays_as_it_is(periods, rule, days, minute):
    """`profile_changes_at` misses no change: nothing else wakes the core for one."""
    profile = Profile("p", tuple(periods), (), rule)
    now = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(minutes=minute)
    state = state_at(profile, now.isoformat(), listed=tuple(day.isoformat() for day in days))
    change = wall_clock.profile_changes_at(state, "p")
    assert change is not None
    assert 0 < change <= 86_400
    before = wall_clock.is_active(state, "p")
    for part in (0.1, 0.5, 0.9):
        assert wall_clock.is_active(replace(state, now=state.now + part * (change - 0.001)), "p") is before


def shown(station: Station, text: str, *, trusted: bool = True) -> Station:
    """The clock on the wall shows that now."""
    clock = at(text, trusted=trusted)
    return station.give(inputs.ClockReported, clock=replace(clock, epoch=clock.epoch - station.state.now))


def test_a_code_opens_within_its_profile_only():
    code = Credential(
        id=CredentialId("a-1"), kind=CredentialKind.CODE, owner="Ann", digest="", doors=(FRONT,), profile="office"
    )
    station = ready(profiles=(OFFICE,))
    for now, why in (("2026-11-23T09:00", ""), ("2026-11-23T19:00", Denial.NOT_NOW)):
        shown(station, now)
        assert credentials.why_not(station.state, code) == why
    station.state = replace(station.state, settings=replace(station.state.settings, profiles=()))
    assert credentials.why_not(station.state, code) == Denial.NO_PROFILE


@pytest.mark.parametrize(("profile", "code"), [("office", None), ("gone", "parameter-invalid")])
def test_a_client_adds_a_code_within_a_profile_that_exists(profile, code):
    station = ready(profiles=(OFFICE,)).give(inputs.BookRead, book=CredentialBook("5a" * 32))
    wanted = inputs.AddCredential(kind=CredentialKind.CODE, digits="4711", owner="Ann", doors=(FRONT,), profile=profile)
    station.give(inputs.Requested, request="q", who="test", action=wanted)
    assert [kept.code.profile for kept in station.orders(KeepCredential)] == ([profile] if code is None else [])
    assert [reply.error.code for reply in station.orders(Reply)] == ([] if code is None else [code])


@pytest.mark.parametrize(("now", "opens"), [("2026-11-23T19:00", False), ("2026-11-23T09:00", True)])
def test_a_rule_opens_within_its_profile_only(now, opens):
    rule = Rule("practice", "ring.started", FRONT, (("button", "ring"),), profile="office")
    station = shown(ready(profiles=(OFFICE,), rules=(rule,)), now).press("ring")
    assert bool(station.desired.relays) is opens


def test_quiet_hours_begin_and_end_with_their_profile():
    station = shown(
        ready(profiles=(NIGHT,), runtime=Runtime(quiet_hours=QuietHours(profile="night"))), "2026-11-23T21:59:59"
    )
    assert station.state.appliance.quiet is False
    station.wait(1.5)
    assert station.state.appliance.quiet is True
    shown(station, "2026-11-24T05:59:59").wait(1.5)
    assert station.state.appliance.quiet is False


@pytest.mark.parametrize("microseconds", [400, 499, 501, 600, 999])
def test_an_edge_of_a_profile_is_not_missed_by_less_than_a_millisecond(microseconds):
    hours = Runtime(quiet_hours=QuietHours(profile="night"))
    station = shown(ready(profiles=(NIGHT,), runtime=hours), f"2026-11-23T21:59:00.{microseconds:06}")
    station.give(inputs.Tick, station.desired.wake_at - station.state.now)  # in time, and nothing else happens
    assert station.state.appliance.quiet


def test_a_client_sets_quiet_hours_to_a_profile_that_exists():
    station = shown(ready(profiles=(NIGHT,)), "2026-11-23T23:00")
    refused = station.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("", "", "nihgt"))).error
    assert (refused.code, "There is no time profile" in refused.message) == ("parameter-invalid", True)
    assert station.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("", "", "night"))).error is None
    station.wait(0.1)
    assert station.state.appliance.quiet is True
    assert snapshot(station.state, 0.0).runtime.quiet_hours.profile == "night"


def test_a_client_that_sets_the_hours_alone_leaves_the_profile_that_another_has_just_set():
    station = shown(ready(profiles=(NIGHT,)), "2026-11-23T23:00")
    assert station.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("", "", "night"))).error is None
    assert station.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("12:00", "14:00"))).error is None
    assert station.state.runtime.quiet_hours == QuietHours("12:00", "14:00", "night")
    assert station.ask(inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("12:00", "14:00", ""))).error is None
    assert station.state.runtime.quiet_hours == QuietHours("12:00", "14:00")


@pytest.mark.parametrize(("trusted", "brightness"), [(True, 10), (False, 100)])
def test_lamps_are_dim_in_the_profile_of_the_night(trusted, brightness):
    lamp = LampSettings(LampId("status"), ((Picture.IDLE, Pattern.ON),), night_brightness=10)
    station = shown(ready(profiles=(NIGHT,), night_profile="night", lamps=(lamp,)), "2026-11-23T23:00", trusted=trusted)
    assert dict(station.desired.lamps)[LampId("status")].brightness == brightness


def test_the_ringer_is_silent_within_its_profile_and_rings_again_after_it():
    station = shown(ready(profiles=(NIGHT,), ringer_profile="night"), "2026-11-23T21:59:59")
    assert snapshot(station.state, 0.0).audio.ringer_silent is False
    station.wait(1.5)
    assert snapshot(station.state, 0.0).audio.ringer_silent is True
    assert "is silent" in station.last(events.NoticeReported).message
    assert station.arrive() is not None
    assert tone(station.state) is None
    shown(station, "2026-11-24T05:59:59").wait(1.5)
    assert tone(station.state) is Tone.RINGING


@pytest.mark.parametrize(("now", "code"), [("2026-11-23T23:00", 302), ("2026-11-23T12:00", None)])
def test_all_calls_are_forwarded_within_the_profile_of_forwarding(now, code):
    runtime = Runtime(Forwarding(always="office"))
    station = shown(ready(profiles=(NIGHT,), forwarding_profile="night", runtime=runtime), now)
    station.arrive()
    assert [order.code for order in station.orders(Refuse)] == ([code] if code else [])
