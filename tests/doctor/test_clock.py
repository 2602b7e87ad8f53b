"""What the doctor says of the wall clock."""

from pathlib import Path

import pytest

import appliance
from appliance.config.schema import Config
from appliance.doctor import clock

MADE = Path(appliance.__file__).stat().st_mtime
YEAR_S = 365 * 86_400


@pytest.fixture
def says(monkeypatch):
    """What is found at a time, with or without a time server, and by what trust."""

    def found(now, *, synchronised=False, trust="synchronised"):
        monkeypatch.setattr(clock.time, "time", lambda: now)
        monkeypatch.setattr(clock, "synchronised", lambda: synchronised)
        (finding,) = clock.examine(Config(clock={"trust": trust}))
        return finding

    return found


@pytest.mark.parametrize(
    "now", [0.0, MADE - YEAR_S, MADE - 2 * 86_400], ids=["1970", "a year before", "two days before"]
)
@pytest.mark.parametrize("trust", ["synchronised", "always"])
def test_a_clock_from_before_the_program_was_made_cannot_be_true(says, now, trust):
    finding = says(now, trust=trust)
    assert (finding.check, finding.level) == ("clock", "problem")
    assert "cannot be true" in finding.message
    assert "1970-01-01" in says(0.0, trust=trust).message
    assert "timedatectl" in finding.resolution


def test_without_a_time_server_it_says_what_is_refused(says):
    finding = says(MADE + 86_400)
    assert finding.level == "warning"
    assert "Codes and cards with times" in finding.cause


@pytest.mark.parametrize("how", [{"synchronised": True}, {"trust": "always"}], ids=lambda how: next(iter(how)))
def test_a_clock_that_is_corrected_or_declared_right_is_no_finding(says, how):
    assert says(MADE + YEAR_S, **how).level == "ok"
