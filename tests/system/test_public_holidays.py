"""Public holidays of a country, by the library, in a process of its own."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.core.inputs import HolidaysRead, PartFailed, PartRecovered
from appliance.system import holidays
from appliance.system.holidays import PublicHolidays
from tests.support.waiting import until_async

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "appliance.system.public_holidays")


def computed(*words, isolated=False):
    """What the program says. isolated: without the libraries of the environment."""
    command = (sys.executable, "-I", "-S", "-c", WITHOUT, str(ROOT)) if isolated else COMMAND
    done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


WITHOUT = (
    "import sys; sys.path.append(sys.argv[1]); from appliance.system.public_holidays import main; main(sys.argv[2:])"
)


@pytest.mark.parametrize(
    ("country", "region", "holiday", "workday"),
    [
        ("DE", "", "2026-10-03", "2026-01-06"),
        ("DE", "BY", "2026-01-06", "2026-10-31"),
        ("FR", "", "2026-07-14", "2026-10-03"),
        ("US", "", "2026-07-04", "2026-07-14"),
    ],
)
def test_the_holidays_of_a_country_and_its_region_are_computed(country, region, holiday, workday):
    dates = computed(country, region, "2026", "2027")["dates"]
    assert dates == sorted(dates)
    assert {date[:4] for date in dates} == {"2026", "2027"}
    assert (holiday in dates, workday in dates) == (True, False)


@pytest.mark.parametrize(
    ("words", "why", "isolated"),
    [
        (("ZZ", "", "2026"), "knows no country ZZ", False),
        (("DE", "Atlantis", "2026"), "knows no region Atlantis of DE", False),
        (("DE", "", "2026"), "is not installed", True),
    ],
)
def test_holidays_that_cannot_be_known_have_a_reason_and_a_remedy(words, why, isolated):
    told = computed(*words, isolated=isolated)
    assert why in told["why"]
    assert told["resolution"]
    assert "dates" not in told


def test_the_fault_of_holidays_that_were_not_known_ends_when_they_are(monkeypatch):
    answers, posted = [{"why": "It is broken.", "resolution": "Mend it."}, {"dates": ["2026-10-03"]}], []

    async def told(*_):
        return answers.pop(0)

    async def scenario():
        reloaded = asyncio.Event()
        serving = asyncio.create_task(PublicHolidays(lambda: ("DE", ""), posted.append, reloaded).serve())
        await until_async(lambda: len(posted) == 2)
        reloaded.set()
        await until_async(lambda: len(posted) > 2)
        serving.cancel()

    monkeypatch.setattr(holidays, "_computed", told)
    asyncio.run(scenario())
    assert [type(each) for each in posted] == [HolidaysRead, PartFailed, HolidaysRead, PartRecovered]
    assert (posted[1].part, posted[1].why) == (posted[3].part, "It is broken.")


def test_a_program_that_computes_ends_with_the_station(monkeypatch, tmp_path):
    known = tmp_path / "process"
    monkeypatch.setattr(holidays, "COMMAND", ("sh", "-c", f"echo $$ >{known}; exec sleep 600"))

    async def scenario():
        serving = asyncio.create_task(PublicHolidays(lambda: ("DE", ""), print, asyncio.Event()).serve())
        await until_async(lambda: known.exists() and known.read_text().endswith("\n"))
        serving.cancel()
        await asyncio.wait([serving])

    asyncio.run(scenario())
    with pytest.raises(ProcessLookupError):
        os.kill(int(known.read_text()), 0)
