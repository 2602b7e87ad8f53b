"""The machine's time zone, which people name after the station has started, and those of time profiles."""

import asyncio
import time
import zoneinfo
from pathlib import Path

import pytest

from appliance.system import clock, zone


@pytest.mark.parametrize(
    ("environment", "link", "named", "found"),
    [
        ("", "/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        (":America/Lima", "/usr/share/zoneinfo/Europe/Berlin", "", "America/Lima"),
        ("", "", "Asia/Kolkata\n", "Asia/Kolkata"),
        ("CET-1CEST", "/usr/share/zoneinfo/Europe/Berlin", "", ""),  # rules without a name
        ("", "", "Nowhere/At_All", ""),
        ("", "", "", ""),
    ],
)
def test_the_time_zone_has_the_name_that_the_machine_gives_it(tmp_path, monkeypatch, environment, link, named, found):
    monkeypatch.setenv("TZ", environment)
    if link:
        (tmp_path / "localtime").symlink_to(link)
    if named:
        (tmp_path / "timezone").write_text(named, encoding="utf-8")
    assert zone.name(tmp_path / "localtime", tmp_path / "timezone") == found


@pytest.fixture
def another_zone(monkeypatch):
    """Name a time zone for this process; the machine's counts again after the test."""
    yield lambda name: monkeypatch.setenv("TZ", name)
    monkeypatch.undo()
    time.tzset()


def test_a_time_zone_that_is_named_while_the_station_runs_counts_from_then_on(another_zone):
    async def scenario():
        posted = []
        another_zone("Europe/Berlin")
        told = clock.ClockMonitor(posted.append, zones=lambda: ["Asia/Tokyo"])
        for name in ("Asia/Kolkata", "Asia/Colombo"):  # the second has the same time
            another_zone(name)
            told.look()
        told.stop()
        return [(given.clock.zone, given.clock.utc_offset_s) for given in posted]

    _, *later = asyncio.run(scenario())
    assert later == [("Asia/Kolkata", 19_800.0), ("Asia/Colombo", 19_800.0)]


def test_a_time_zone_is_looked_up_at_once_when_the_machine_gets_another(tmp_path, monkeypatch, another_zone):
    """As timedatectl does it: the link is replaced by renaming."""
    monkeypatch.setattr(zone, "LINK", tmp_path / "localtime")

    async def scenario():
        told = asyncio.Queue()
        monitor = clock.ClockMonitor(told.put_nowait, synchronised=lambda: True)  # it looks each quarter of an hour
        await told.get()
        another_zone("Asia/Kolkata")
        new = tmp_path / "new"
        new.symlink_to("/usr/share/zoneinfo/Asia/Kolkata")
        new.rename(zone.LINK)
        seen = await asyncio.wait_for(told.get(), 120)
        monitor.stop()
        return seen.clock.zone

    assert asyncio.run(scenario()) == "Asia/Kolkata"


@pytest.fixture
def zones(tmp_path):
    """The folder of the time zones that Python knows."""
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    yield tmp_path
    zoneinfo.reset_tzpath()


def test_an_offset_of_another_zone_comes_from_the_file_that_is_there_now(zones):
    """As after an upgrade of tzdata: what Python has read before does not count."""
    tokyo, kolkata = (Path("/usr/share/zoneinfo/Asia", name).read_bytes() for name in ("Tokyo", "Kolkata"))
    file = zones / "Nowhere"

    async def scenario():
        posted = []
        file.write_bytes(tokyo)
        monitor = clock.ClockMonitor(posted.append, zones=lambda: ["Nowhere"])
        file.write_bytes(kolkata)
        monitor.look()
        monitor.stop()
        return [given.clock.offsets for given in posted]

    assert asyncio.run(scenario()) == [(("Nowhere", 32_400.0),), (("Nowhere", 19_800.0),)]
