"""Ids stay sorted whatever becomes of the clock."""

import time

from appliance.base import ids

YEAR_NS = 365 * 86_400 * 10**9


def test_ids_are_sorted_by_when_they_were_made_though_the_clock_is_set_back_and_forth_by_years(monkeypatch):
    now, clock = time.time_ns(), []
    monkeypatch.setattr("appliance.base.ids._newest_ms", 0)
    monkeypatch.setattr("appliance.base.ids.time.time_ns", lambda: clock[-1])
    made = []
    for years in (0, 10, -10, -20, 0, 30, 0):
        clock.append(now + years * YEAR_NS)
        made += [ids.new("c") for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
