"""What hangs or dies is replaced, and what does not depend on it goes on: daemon, SIP process, guard of the relays."""

import time

import pytest

from tests.lab.station import CHIP, CONFIG, Station

GUARD = "intercomd-guard.service"
# What makes Python hang at a signal, in the thread that runs the loop: waiting in C, or busy.
HANGS = """
import signal, sys, time
if "--config" in sys.orig_argv:
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3600))
    def busy(*_):
        while True:
            pass
    signal.signal(signal.SIGUSR2, busy)
"""


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    guest.chip(CHIP, "BUTTON", "LED", "RELAY")
    guest.check("mkdir", "-p", "/usr/local/lib/hangs")
    guest.write("/usr/local/lib/hangs/sitecustomize.py", HANGS)
    made.drop_in("hangs", "[Service]\nEnvironment=PYTHONPATH=/usr/local/lib/hangs:/usr/share/intercomd\n")
    made.configure(CONFIG)
    guest.check("systemctl", "restart", "intercomd-guard")
    made.restart()
    made.ready()
    return made


def another(station, unit, pid):
    """Wait until the unit has another process than that, and is ready; its process."""

    def there():
        told = station.guest.properties(unit, "MainPID", "SubState")
        new = int(told["MainPID"])
        return new if new not in {0, pid} and told["SubState"] == "running" else None

    return station.guest.wait_for(there, f"another process of {unit}", 120)


@pytest.mark.parametrize(("signal", "how"), [("STOP", "is stopped"), ("USR1", "waits"), ("USR2", "is busy")])
def test_a_daemon_that_hangs_is_replaced(station, counts, measured, signal, how):
    for _ in range(counts(1, 7)):
        station.ready()
        station.guest.run("systemctl", "reset-failed", "intercomd")  # not to wait ever longer
        pid, sip, start, begun = station.pid, station.sip(), station.cursor(), time.monotonic()
        station.signal(signal, pid)
        another(station, "intercomd.service", pid)
        measured(f"a daemon that {how}: until the next is READY", time.monotonic() - begun)
        told = station.guest.journal("--output=cat", f"--after-cursor={start}")
        assert "Watchdog timeout" in told
        assert ("in busy" in told) == (signal == "USR2")  # where it hung
        assert station.guest.run("kill", "-0", str(sip)).returncode != 0
        station.ready()
        station.open_door()


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_a_sip_process_that_dies_or_hangs_is_replaced_while_door_and_interface_go_on(station, counts, measured, signal):
    station.ready()
    daemon = station.pid
    for _ in range(counts(2, 20)):
        pid, begun = station.sip(), time.monotonic()
        station.signal(signal, pid)
        station.open_door()
        assert station.state()
        station.guest.wait_for(lambda: station.sip() not in {0, pid}, "another SIP process")  # noqa: B023
        station.ready()
        measured(f"SIP process, SIG{signal}: until calls are possible", time.monotonic() - begun)
    assert station.pid == daemon


def test_a_guard_that_hangs_in_an_opening_is_replaced_and_the_relay_inactive(station, counts, measured):
    station.guest.check("sim-gpio", "up", CHIP, "2")  # where the line goes when nobody holds it
    daemon = station.pid
    for _ in range(counts(1, 20)):
        station.guest.wait_for(
            lambda: station.guest.run("intercomctl", "door", "front", "--seconds", "10").returncode == 0, "the opening"
        )
        pid, begun = int(station.value("MainPID", GUARD)), time.monotonic()
        station.signal("STOP", pid)
        assert station.relay() == 1
        another(station, GUARD, pid)
        station.guest.wait_for(lambda: station.relay() == 0, "the relay is inactive")
        measured("a guard that hangs: until the relay is inactive", time.monotonic() - begun)
        station.guest.wait_for(lambda: station.state()["doors"][0]["available"], "the door can be opened again")
        station.open_door()
    assert station.pid == daemon


def test_the_guard_keeps_its_lines_while_the_daemon_comes_and_goes(station):
    pid = station.value("MainPID", GUARD)
    assert "holds the relays of front" in station.value("StatusText", GUARD)
    station.restart()
    station.ready()
    station.open_door()
    station.guest.check("systemctl", "stop", "intercomd")
    assert station.value("MainPID", GUARD) == pid
    assert "intercomd-guard" in station.guest.check("gpioinfo", "--chip", CHIP)
    assert station.relay() == 0
