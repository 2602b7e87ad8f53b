"""A station without a call sleeps: no thread of it wakes up regularly, but for a sign of life each second."""

import time
from contextlib import suppress
from pathlib import Path

from tests.support.daemon import Daemon
from tests.support.pairs import appliances, connect, pair
from tests.support.waiting import pause, until

CLOCK = "clock"  # pjmedia's name of its thread
WINDOW_S = 4.0
WAKES_PER_S = 10  # one for the beat, one for pjmedia's worker, and what the clock and stray packets may add


def threads(pid):
    """The names of a process's threads, by id."""
    found = {}
    for each in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            found[each.name] = (each / "comm").read_text().strip()
    return found


def clocks(*stations):
    """Whether pjmedia's clock runs in each station's SIP process."""
    return [CLOCK in threads(station.sip()).values() for station in stations]


def wakes(pid):
    """How often the threads of a process have slept so far."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        found += int(lines["voluntary_ctxt_switches"])
    return found


def test_an_idle_station_sleeps(tmp_path):
    with Daemon(tmp_path / "d") as station:
        until(lambda: clocks(station) == [False], "the end of the bridge's clock", log=station.told)
        station.settle()
        before, begun = {pid: wakes(pid) for pid in station.processes().values()}, time.monotonic()
        pause(WINDOW_S)
        took = time.monotonic() - begun
        for pid, count in before.items():
            assert wakes(pid) - count <= WAKES_PER_S * took, (pid, threads(pid))


def test_the_bridge_s_clock_runs_in_a_call_and_stops_after_it():
    with appliances(*pair()) as (front, kitchen):
        connect(front, kitchen)
        assert clocks(front, kitchen) == [True, True]
        front.hang_up_all()
        until(lambda: clocks(front, kitchen) == [False, False], "the end of both clocks")
