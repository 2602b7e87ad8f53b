"""Which code was shown, and whether it opens anything at that time; pure tables, without a station."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.access import credentials
from appliance.core.model import (
    AppliancePart,
    Clock,
    Credential,
    CredentialBook,
    CredentialId,
    CredentialKind,
    Day,
    DoorId,
    Period,
    Settings,
    State,
)

SECRET, OTHER = "5a" * 32, "a5" * 32
CODE, CARD = CredentialKind.CODE, CredentialKind.CARD
WORKDAYS = tuple(Day)[:5]
DIGITS = st.text("0123456789", min_size=credentials.SHORTEST, max_size=credentials.LONGEST)


def code(digits: str = "1234", kind: CredentialKind = CODE, secret: str = SECRET, **more) -> Credential:
    return Credential(
        id=CredentialId(f"a-{digits}"),
        kind=kind,
        owner="Cleaner",
        digest=credentials.digest(secret, kind, digits),
        doors=(DoorId("front"),),
        length=len(digits) if kind is CODE else 0,
        **more,
    )


@given(st.lists(DIGITS, unique=True, max_size=8), DIGITS)
def test_a_code_is_found_by_all_its_digits_and_by_nothing_else(known, shown):
    book = CredentialBook(SECRET, tuple(map(code, known)))
    assert credentials.match(book, CODE, shown) == (code(shown) if shown in known else None)
    assert credentials.match(book, CARD, shown) is None
    assert credentials.longest(book) == max(map(len, known), default=0)
    assert credentials.longest(None) == 0


@given(DIGITS)
def test_nothing_that_is_kept_of_a_code_shows_its_digits_or_fits_another_devices_key(digits):
    kept = code(digits)
    assert digits not in repr(kept) + kept.digest or digits in kept.id
    assert kept.digest != code(digits, secret=OTHER).digest != code(digits, CARD, OTHER).digest
    assert SECRET not in repr(CredentialBook(SECRET))


def why_not(credential: Credential, known: Clock | None, now: float) -> str:
    """Why it opens nothing at a station with that clock."""
    return credentials.why_not(State(Settings("test"), now, appliance=AppliancePart(clock=known)), credential)


def clock(text: str, lead_h: float = 0.0, *, trusted: bool = True) -> Clock:
    """A clock that shows this in UTC at CLOCK_MONOTONIC 1000; local time leads it."""
    return Clock(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - 1000, lead_h * 3600, trusted)


MORNING = Period(WORKDAYS, "08:00", "12:00")
NIGHT = Period((Day.FRIDAY,), "22:00", "06:00")
WHOLE = Period((Day.SUNDAY,), "00:00", "24:00")


@pytest.mark.parametrize(
    ("period", "at", "valid"),
    [
        (MORNING, "2026-11-20T07:59:59", False),  # a Friday
        (MORNING, "2026-11-20T08:00:00", True),
        (MORNING, "2026-11-20T11:59:59", True),
        (MORNING, "2026-11-20T12:00:00", False),
        (MORNING, "2026-11-21T09:00:00", False),
        (NIGHT, "2026-11-20T21:59:00", False),
        (NIGHT, "2026-11-20T22:00:00", True),
        (NIGHT, "2026-11-21T05:59:00", True),
        (NIGHT, "2026-11-21T06:00:00", False),
        (NIGHT, "2026-11-21T22:30:00", False),
        (NIGHT, "2026-11-20T03:00:00", False),  # that would be Thursday's night
        (WHOLE, "2026-11-22T00:00:00", True),
        (WHOLE, "2026-11-22T23:59:59", True),
        (WHOLE, "2026-11-23T00:00:00", False),
    ],
)
def test_a_schedule_is_days_and_times_and_a_night_belongs_to_its_evening(period, at, valid):
    why = why_not(code(schedule=(period,)), clock(at), 1000.0)
    assert why == ("" if valid else "the code is not valid at this time")


def test_a_schedule_is_in_local_time():
    early = code(schedule=(MORNING,))
    assert why_not(early, clock("2026-11-20T07:30:00", 1.0), 1000.0) == ""
    assert why_not(early, clock("2026-11-20T07:30:00", -1.0), 1000.0) != ""
    assert why_not(early, clock("2026-11-19T23:30:00", 9.0), 1000.0) == "", "it is Friday there"


def test_several_times_are_each_good():
    both = code(schedule=(MORNING, NIGHT))
    assert why_not(both, clock("2026-11-20T09:00:00"), 1000.0) == ""
    assert why_not(both, clock("2026-11-20T23:00:00"), 1000.0) == ""
    assert why_not(both, clock("2026-11-20T15:00:00"), 1000.0) != ""


def test_a_code_expires_at_its_moment():
    until = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    assert why_not(code(expires=until), clock("2026-11-20T11:59:59"), 1000.0) == ""
    assert why_not(code(expires=until), clock("2026-11-20T11:59:59"), 1001.0) == "the code has expired"


@pytest.mark.parametrize("limit", [{"schedule": (WHOLE,)}, {"expires": 4e9}])
@pytest.mark.parametrize("known", [None, clock("2026-11-22T12:00:00", trusted=False)])
def test_without_a_clock_that_is_synchronised_a_code_with_times_opens_nothing_and_others_do(limit, known):
    assert "the clock is not synchronised" in why_not(code(**limit), known, 1000.0)
    assert why_not(code(), known, 1000.0) == ""
    assert why_not(code(uses=1), known, 1000.0) == ""


def test_a_code_that_is_used_up_opens_nothing():
    assert why_not(code(uses=0), None, 0.0) == "the code is used up"
