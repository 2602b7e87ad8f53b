"""The offset of the clocks is the same at each reading, until the wall clock is set."""

import time

import pytest

from appliance.base import wall_time

BOOTED = 1_700_000_000.25


@pytest.fixture
def clocks(monkeypatch):
    """Clocks that a test sets; `late`: seconds that pass before each reading."""

    class Clocks:
        now, booted, late = 5.0, BOOTED, 0.0

        def monotonic(self):
            self.now += self.late
            return self.now

        def time(self):
            return self.booted + self.monotonic()

    clocks = Clocks()
    monkeypatch.setattr(wall_time, "time", clocks)
    monkeypatch.setattr(wall_time, "_epoch", 0.0)
    return clocks


def test_the_offset_stays_the_same_however_long_the_readings_take(clocks):
    assert wall_time.epoch() == BOOTED
    for late in (0.0, 1e-6, 0.3, 20.0):
        clocks.late = late
        assert wall_time.epoch() == BOOTED


@pytest.mark.parametrize("step", [0.01, -0.01, 3600.0, -86_400.0])
def test_the_offset_follows_a_wall_clock_that_is_set(clocks, step):
    wall_time.epoch()
    clocks.booted += step
    assert wall_time.epoch() == pytest.approx(BOOTED + step)
    assert wall_time.epoch() == wall_time.epoch()


def test_an_offset_that_was_read_slowly_is_put_right_once(clocks):
    clocks.late = 2.0
    assert wall_time.epoch() == BOOTED - 2.0
    clocks.late = 0.0
    assert [wall_time.epoch() for _ in range(3)] == [BOOTED] * 3


def test_the_offset_is_that_of_the_machine():
    assert wall_time.epoch() + time.monotonic() == pytest.approx(time.time(), abs=60.0)
