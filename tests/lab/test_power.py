"""Power that goes and comes back: how soon the station is ready, and what its relay's line does meanwhile.

The line's pull is at the energised level: whatever lets go of it, or comes too late, is seen as an open door.
"""

from pathlib import Path

import pytest

from tests.lab.far import FarEnd
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

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[recording]
enabled = true
"""
RATE, FRAME, HEAD = 16_000, 2, 44
RECORDED_S = 4  # twice as long as the time after which a recording is synced
# Reads a whole WAV file, and prints its length.
PLAYED = """
import sys, wave
with wave.open(sys.argv[1]) as file:
    frames = file.getnframes()
    assert len(file.readframes(frames)) == frames * file.getsampwidth()
    print(frames / file.getframerate())
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


def wav(recording):
    return f"/var/lib/intercomd/recordings/{recording}.wav"


def written_s(guest, recording):
    """How much of a recording is in its file, on the disc or not yet."""
    return (int(guest.check("stat", "--format=%s", wav(recording))) - HEAD) / FRAME / RATE


def recorded(guest):
    """A recorded call to the kitchen, when some seconds of it were written; its recording."""
    guest.check("intercomctl", "dial", "kitchen")

    def running():
        rows = guest.asked("/v1/recordings")["recordings"]
        return next((row["id"] for row in rows if not row["complete"]), None)

    recording = guest.wait_for(running, "a recording")
    guest.wait_for(lambda: written_s(guest, recording) > RECORDED_S, "some seconds of it")
    return recording


def repaired(guest, recording):
    """The length of a recording that a power cut has ended, which can be played to its end."""

    def complete():
        row = guest.asked(f"/v1/recordings/{recording}")
        return row if row["complete"] else None

    row = guest.wait_for(complete, "the recording is complete")
    played = float(guest.check("python3", "-c", PLAYED, wav(recording)))
    assert played == pytest.approx(row["duration_s"], abs=0.01)
    return played


def test_after_boot_the_station_is_ready_and_its_relay_at_rest_before(station, measured):
    ready(station)
    seen = levels(station)
    measured("boot to READY of intercomd.service", ready_at(station))
    measured("boot to the relay held at rest (pull at the energised level)", seen[-1][0])
    assert [level for _, level in seen] == [1, 0]  # the pull, then the guard
    assert seen[-1][0] < ready_at(station)


@pytest.mark.parametrize("way", ["power cut", "reboot"])
def test_a_pulse_that_is_cut_off_is_not_taken_up_again_and_the_line_is_at_rest_before_ready(
    station, counts, measured, way
):
    for _ in range(counts(2, 20)):
        ready(station)
        FarEnd(station)
        recording = recorded(station)
        station.check("intercomctl", "door", "front", "--seconds", "30")
        station.wait_for(lambda: station.level("board", RELAY) == 1, "the relay is energised")
        if way == "power cut":
            written = written_s(station, recording)
            station.power_cut()
            station.boot()
        else:
            station.reboot()
        assert not ready(station)["doors"][0]["unlocked"]
        seen = levels(station)
        assert [level for _, level in seen] == [1, 0]
        assert seen[-1][0] < ready_at(station)
        assert station.level("board", RELAY) == 0
        kept = repaired(station, recording)
        assert kept > RECORDED_S / 2
        if way == "power cut":
            measured("power cut: missing of what was written of a recording", written - kept)


def test_a_disc_that_turns_read_only_in_a_recorded_call_keeps_what_was_synced(station, measured):
    """As the kernel does after an error of the disc, here by its emergency key: files that are open fail too."""
    ready(station)
    FarEnd(station)
    recording = recorded(station)
    station.shell("echo 1 >/proc/sys/kernel/sysrq; echo u >/proc/sysrq-trigger")
    status = ("intercomd", "StatusText")
    station.wait_for(lambda: "storage" in station.properties(*status)[status[1]], "a storage that fails")
    written = written_s(station, recording)
    assert [call["state"] for call in station.state()["calls"]] == ["connected"]
    station.power_cut()
    station.boot()
    ready(station)
    kept = repaired(station, recording)
    assert kept > RECORDED_S / 2
    measured("disc turned read-only: missing of what was written of a recording", written - kept)
