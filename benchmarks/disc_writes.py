"""What a station writes to its disc on a day of 50 recorded calls: `python -m benchmarks.disc_writes`.

Bytes that its processes hand to the file system (write_bytes of /proc/PID/io), which adds its own journal and the size
of the card's blocks. Measured in a few calls and at rest, and counted up to a day.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import mean

from appliance.base.record import Record
from benchmarks.processes import kept, say, tree
from benchmarks.recording_kills import station
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.waiting import pause

CALLS_A_DAY, DAY_S = 50, 86_400.0
SETTLE_S, REST_S = 15.0, 120.0  # what follows a call, and how long the rest is measured
KB, MB = 1_000, 1_000_000
FIELD = "write_bytes: "


class Written(Record):
    """What was written: at rest in a second, in a call, and of that in the file of its recording."""

    rest_bytes_s: float
    call_bytes: float
    file_bytes: float

    @property
    def day_bytes(self) -> float:
        """On a day of such calls."""
        return self.rest_bytes_s * DAY_S + self.call_bytes * CALLS_A_DAY


def so_far(door: Daemon) -> int:
    """What all processes of the station have written."""
    lines = [line for pid in tree(door.pid) for line in Path(f"/proc/{pid}/io").read_text().splitlines()]
    return sum(int(line.removeprefix(FIELD)) for line in lines if line.startswith(FIELD))


def recorded(door: Daemon, seconds: float) -> int:
    """A recorded call; the size of the recording."""
    door.begin()
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        door.next("recording.started", call)
        pause(seconds)
        far.hung_up_by(door, call)
        done: int = door.next("recording.available")["data"]["bytes"]
    return done


def measured(door: Daemon, calls: int, seconds: float) -> Written:
    """Measure a station: the calls, then a rest."""
    recorded(door, 1.0)  # what is made once
    pause(SETTLE_S)
    before = so_far(door)
    files = [recorded(door, seconds) for _ in range(calls)]
    pause(SETTLE_S)
    after = so_far(door)
    pause(REST_S)
    return Written((so_far(door) - after) / REST_S, (after - before) / calls, mean(files))


def report(found: Written, seconds: float) -> None:
    """Print it."""
    say(f"at rest: {found.rest_bytes_s * 3600 / KB:.0f} kB an hour")
    say(f"a call of {seconds:g} s: {found.call_bytes / KB:.0f} kB, its recording has {found.file_bytes / KB:.0f} kB")
    say(f"a day of {CALLS_A_DAY} such calls: {found.day_bytes / MB:.0f} MB")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disc_writes", description=__doc__)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each call")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, station(Path(directory) / "d", opus=False) as door:
        report(measured(door, given.calls, given.seconds), given.seconds)
    return 0


if __name__ == "__main__":
    kept(main)
