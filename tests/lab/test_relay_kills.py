"""A relay whose line has its pull at the energised level: who dies or hangs in a pulse or hold leaves no door open."""

import json
import statistics

import pytest

CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel]
lines = "gpio"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "board"
line = "RELAY"
max_s = 60
max_hold_s = 600
"""
RELAY = 2
GUARD = "/usr/share/intercomd/appliance/panel/guard.py"
DEADLINE_S = 60
# Leaves at its daemon's end of file, as a guard might that is the daemon's child.
BROKEN = (
    "                self._dismiss()\n                if not listening:\n",
    "                self._dismiss()\n                if True:\n",
)


@pytest.fixture(scope="module")
def station(guest):
    guest.chip("board", "BELL", "LAMP", "RELAY")
    guest.pull("board", RELAY, "up")
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    guest.check("systemctl", "restart", "intercomd-guard", "intercomd")
    return guest


def strike(station, who, signal, act, count, deadline_s=DEADLINE_S):
    """What came of it, each time. A stop ends sooner than a kill may: by the guard's clock or a watchdog."""
    seconds = {"KILL": "60", "STOP": "10"}[signal]
    words = ("python3", "/lab/programs/relay_kills.py", who, signal, act, seconds, str(count), str(deadline_s))
    return [json.loads(line) for line in station.check(*words, timeout_s=180 + 120 * count).splitlines()]


def safe(result):
    return result["inactive"] is not None and result["back"] is None


@pytest.mark.parametrize("act", ["open", "hold"])
@pytest.mark.parametrize("signal", ["KILL", "STOP"])
@pytest.mark.parametrize("who", ["daemon", "guard", "both"])
def test_relay_becomes_inactive_and_stays_so_whichever_process_is_killed_or_stopped(
    station, counts, measured, who, signal, act
):
    results = strike(station, who, signal, act, counts(1, 17))
    assert [result for result in results if not safe(result)] == []
    took = sorted(result["inactive"] * 1000 for result in results)
    text = f"{statistics.median(took):.0f} ms, worst {took[-1]:.0f} ms of {len(took)}"
    what = {"open": "a pulse", "hold": "a hold"}[act]
    measured(f"relay inactive after SIG{signal} to {who} in {what}: median", text)


def test_guard_that_leaves_with_its_daemon_is_caught_by_the_same_check(station):
    sound = station.read(GUARD) + "\n"
    old, new = BROKEN
    assert sound.count(old) == 1
    drop_ins = [f"/run/systemd/system/{unit}.service.d" for unit in ("intercomd", "intercomd-guard")]
    try:
        station.write(GUARD, sound.replace(old, new))
        for directory in drop_ins:  # else another guard would soon hide it
            station.check("mkdir", "-p", directory)
            station.write(f"{directory}/once.conf", "[Service]\nRestart=no\n")
        station.check("systemctl", "daemon-reload")
        station.check("systemctl", "restart", "intercomd-guard", "intercomd")
        (result,) = strike(station, "daemon", "KILL", "open", 1, deadline_s=10)
        assert not safe(result)
        station.wait_for(lambda: station.level("board", RELAY) == 1, "the door is open for good")
    finally:
        station.write(GUARD, sound)
        station.check("rm", "-r", *drop_ins)
        station.check("systemctl", "daemon-reload")
