"""Power that goes and comes back: how soon the station is ready, and what its relay's line does meanwhile.

The line's pull is at the energised level: whatever lets go of it, or comes too late, is seen as an open door.
"""

from pathlib import Path

import pytest

from tests.lab.guest import PROGRAMS

CONFIG = """
[audio]
capture = "null"
playback = "null"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "board"
line = "RELAY"
pulse_s = 30.0
max_s = 30.0
"""
LINES = "create board 2 BUTTON RELAY\nup board 1\n"
RELAY = 1
UNIT = """
[Unit]
DefaultDependencies=no
Requires=sim-gpio.service
After=sim-gpio.service
Before=sysinit.target

[Service]
Type=exec
ExecStart=/usr/bin/python3 /root/relay_watcher.py
# Active once it has looked: on a busy host, the guard could be there before.
ExecStartPost=/bin/sh -c "until [ -s /run/relay ]; do sleep 0.01; done"

"""


def watched(lines, config):
    """The files of a station whose relay is watched from early boot on, before /lab is there."""
    units = Path("/etc/systemd/system")
    return {
        "/etc/sim-gpio": lines,
        "/etc/intercomd/intercomd.toml": config,
        **{f"/root/{name}": (PROGRAMS / name).read_text() for name in ("relay_watcher.py", "pacing.py")},
        f"{units}/watch-relay.service": UNIT,
        f"{units}/sysinit.target.wants/watch-relay.service": units / "watch-relay.service",
    }


@pytest.fixture(scope="module")
def station(make_guest, installed_disc):
    return make_guest(installed_disc).put(watched(LINES, CONFIG)).boot()


def ready(guest):
    """The station's state, once it can make calls and open its door."""

    def there():
        state = guest.state()
        return state if state and state["appliance"]["ready"] and state["doors"][0]["available"] else None

    return guest.wait_for(there, "the station is ready", 120)


def ready_at(guest):
    """When systemd got READY, in seconds since boot."""
    return int(guest.properties("intercomd", "ActiveEnterTimestampMonotonic")["ActiveEnterTimestampMonotonic"]) / 1e6


def levels(guest):
    """Every change of the relay's line since early boot: seconds, level."""
    return [(float(at), int(level)) for at, level in (line.split() for line in guest.read("/run/relay").splitlines())]


def test_after_boot_the_station_is_ready_and_its_relay_at_rest_before(station, measured):
    ready(station)
    seen = levels(station)
    measured("boot to READY of intercomd.service", ready_at(station))
    measured("boot to the relay held at rest (pull at the energised level)", seen[-1][0])
    assert [level for _, level in seen] == [1, 0]  # the pull, then the guard
    assert seen[-1][0] < ready_at(station)


@pytest.mark.parametrize("way", ["power cut", "reboot"])
def test_a_pulse_that_is_cut_off_is_not_taken_up_again_and_the_line_is_at_rest_before_ready(station, counts, way):
    for _ in range(counts(2, 10)):
        ready(station)
        station.check("intercomctl", "door", "front", "--seconds", "30")
        station.wait_for(lambda: station.level("board", RELAY) == 1, "the relay is energised")
        if way == "power cut":
            station.power_cut()
            station.boot()
        else:
            station.reboot()
        assert not ready(station)["doors"][0]["unlocked"]
        seen = levels(station)
        assert [level for _, level in seen] == [1, 0]
        assert seen[-1][0] < ready_at(station)
        assert station.level("board", RELAY) == 0
