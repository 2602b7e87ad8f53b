"""A call on a card of the kernel beside programs that take all the processor time: no gap in its sound."""

import pytest

from tests.lab.far import FarEnd
from tests.lab.station import PLAIN, Station

HOGS = ("hog-1", "hog-2")
PACKETS = 50  # a second
TRIES = 4  # a busy host makes stalls of its own, after which the buffer is deeper


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    FarEnd(guest)
    made.configure(PLAIN)
    made.restart()
    made.says("^ready$")
    for hog in HOGS:
        guest.check("systemd-run", "--quiet", "--collect", f"--unit={hog}", "sh", "-c", "while :; do :; done")
    yield made
    guest.check("systemctl", "stop", *HOGS)


def received(station):
    """Packets of the one call so far."""
    calls = (station.state() or {"calls": []})["calls"]
    return (calls[0]["quality"] or {"received": 0})["received"] if calls else 0


def gaps(station, seconds):
    """The reports of gaps in a call that lasts so long."""
    begin = station.cursor()
    station.dial()
    try:
        station.guest.wait_for(
            lambda: received(station) >= PACKETS * seconds, f"{seconds} s of sound", 4 * seconds + 60
        )
    finally:
        station.hang_up()
    return station.events("audio.xruns", begin)


def test_a_call_beside_two_programs_that_take_all_the_time_has_no_gap(station, counts, measured):
    seconds = counts(30, 600)
    found = []
    for _ in range(TRIES):
        found.append(gaps(station, seconds))
        if not found[-1]:
            break
    measured(f"calls of {seconds} s with gaps before one without", len(found) - 1)
    assert not found[-1], found
