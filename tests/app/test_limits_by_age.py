"""Nothing is removed for its age while the clock cannot be believed; the other limits hold by any clock."""

import time
from types import SimpleNamespace

import pytest

from appliance.app.daemon import DAY_S, App
from appliance.app.paths import Places
from appliance.config.load import check
from appliance.core.model import Clock

DAYS = 30
SETTINGS = {
    "recording": {"keep_days": DAYS, "keep_count": 7},
    "log": {"keep_events_days": DAYS, "keep_calls_days": DAYS, "keep_doors_days": DAYS},
}


@pytest.mark.parametrize(
    ("clock", "age_s"),
    [
        (None, None),
        (Clock(0.0, 0.0, trusted=False), None),
        (Clock(4e9, 0.0, trusted=False), None),
        (Clock(1.8e9, 0.0, trusted=True), DAYS * DAY_S),
    ],
    ids=["not seen yet", "1970", "years ahead", "right"],
)
def test_a_limit_of_age_counts_while_the_clock_is_right_only(tmp_path, clock, age_s):
    app = App(check(SETTINGS, "x"), {}, Places(tmp_path, tmp_path), simulated=True, file=tmp_path / "x")
    app._reactor = SimpleNamespace(state=SimpleNamespace(appliance=SimpleNamespace(clock=clock)))
    assert (app._limits().age_s, app._limits().count) == (age_s, 7)
    assert {limit.age_s for limit in app._log_limits()} == {age_s}
    assert all(limit.count for limit in app._log_limits())


def test_for_a_day_after_a_leap_of_the_clock_nothing_goes_for_its_age(tmp_path):
    """A server of time that is years ahead would cost every recording, and the audit of doors, within the hour."""
    app = App(check(SETTINGS, "x"), {}, Places(tmp_path, tmp_path), simulated=True, file=tmp_path / "x")
    right = Clock(1.8e9, 0.0, trusted=True)
    app._reactor = SimpleNamespace(state=SimpleNamespace(appliance=SimpleNamespace(clock=right)))
    for ago_s, age_s in ((60.0, None), (DAY_S - 60.0, None), (DAY_S + 60.0, DAYS * DAY_S)):
        app._clock = SimpleNamespace(leapt=time.monotonic() - ago_s)
        assert app._limits().age_s == age_s
        assert {limit.age_s for limit in app._log_limits()} == {age_s}
