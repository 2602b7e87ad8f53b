"""A call on a card of the kernel beside programs that take all the processor time: no gap in its sound.

A gap is the machine's own where it stood still for a frame, less a tick: a thread of the highest priority, which only
sleeps, was as late. A guest on a busy host stands still now and then, and its loopback card moves on with the tick
alone, every 10 ms; a board does neither.
"""

import re

import pytest

from tests.lab.far import FarEnd
from tests.lab.station import PLAIN, Station

HOGS = ("hog-1", "hog-2")
LATENESS = "/run/lateness"  # what programs/lateness.py writes
PACKETS = 50  # a second
FRAME_MS, TICK_MS = 20.0, 10.0  # the playback buffer holds a frame before the next comes, at least
STALL_MS = FRAME_MS - TICK_MS


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    FarEnd(guest)
    made.configure(PLAIN)
    made.restart()
    made.says("^ready$")
    guest.check("systemd-run", "--quiet", "--unit=lateness", "python3", "/lab/programs/lateness.py", LATENESS)
    guest.wait_for(lambda: guest.run("test", "-e", LATENESS).returncode == 0, "the list of late moments")
    for hog in HOGS:
        guest.check("systemd-run", "--quiet", "--collect", f"--unit={hog}", "sh", "-c", "while :; do :; done")
    yield made
    guest.check("systemctl", "stop", "lateness", *HOGS)


def received(station):
    """Packets of the one call so far."""
    calls = (station.state() or {"calls": []})["calls"]
    return (calls[0]["quality"] or {"received": 0})["received"] if calls else 0


def stalls(station):
    """How often the machine stood still for STALL_MS, and the longest time in ms."""
    late_ms = [float(line.split()[1]) for line in station.guest.read(LATENESS).splitlines()]
    return sum(late >= STALL_MS for late in late_ms), max(late_ms, default=0.0)


def gaps(station, seconds):
    """The gaps in what was played, and in what was captured, in a call that lasts so long."""
    begin = station.cursor()
    station.dial()
    try:
        station.guest.wait_for(
            lambda: received(station) >= PACKETS * seconds, f"{seconds} s of sound", 4 * seconds + 60
        )
    finally:
        station.hang_up()
    reports = " ".join(station.events("audio.xruns", begin))
    return sum(int(found) for found in re.findall(r"(?:playback|capture)=(\d+)", reports))


def test_a_call_beside_two_programs_that_take_all_the_time_has_no_gap_of_its_own(station, counts, measured):
    seconds = counts(30, 600)
    before, _ = stalls(station)
    found = gaps(station, seconds)
    after, longest = stalls(station)
    measured(f"gaps in a call of {seconds} s", found)
    measured(f"times that the machine stood still for {STALL_MS:g} ms, of {longest:g} ms at most", after - before)
    assert found <= after - before
