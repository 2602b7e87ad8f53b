"""What hangs or dies is replaced, and what does not depend on it goes on: daemon, SIP process, guard of the relays."""

import pytest

from tests.lab.far import FarEnd
from tests.lab.station import CHIP, CONFIG, RELAY, Station
from tests.lab.test_power import recorded, repaired, written_s

GUARD = "intercomd-guard.service"
# What makes the thread that runs the loop hang at a signal.
HANGS = """
import signal, sys
if "--config" in sys.orig_argv:
    def circle(*_):
        while True:
            pass
    signal.signal(signal.SIGUSR1, circle)
"""


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    FarEnd(guest)
    guest.chip(CHIP, "BUTTON", "LED", "RELAY")
    guest.check("mkdir", "-p", "/usr/local/lib/hangs")
    guest.write("/usr/local/lib/hangs/sitecustomize.py", HANGS)
    made.drop_in("hangs", "[Service]\nEnvironment=PYTHONPATH=/usr/local/lib/hangs:/usr/share/intercomd\n")
    made.configure(f"{CONFIG}\n[recording]\nenabled = true\n")
    guest.check("systemctl", "restart", "intercomd-guard")
    made.restart()
    made.ready()
    return made


@pytest.mark.parametrize(("signal", "how"), [("STOP", "is stopped"), ("USR1", "runs in a circle")])
def test_a_daemon_that_hangs_is_replaced(station, counts, measured, signal, how):
    for _ in range(counts(1, 20)):
        station.ready()
        station.guest.run("systemctl", "reset-failed", "intercomd")  # not to wait ever longer
        recording = recorded(station.guest)
        sip, start = station.sip(), station.cursor()
        hung = station.signal(signal, station.pid)
        at_least = written_s(station.guest, recording)
        again = station.when("^Started intercomd.service", start, "the next daemon is READY")
        measured(f"a daemon that {how}: until the next is READY", again - hung)
        told = station.guest.journal("--output=cat", f"--after-cursor={start}")
        assert "Watchdog timeout" in told
        assert ("in circle" in told) == (signal == "USR1")  # where it hung
        assert station.guest.run("kill", "-0", str(sip)).returncode != 0
        station.ready()
        kept = repaired(station.guest, recording)
        assert kept >= at_least
        measured(f"a daemon that {how}: recorded after it hung", kept - at_least)
        station.open_door()


@pytest.mark.parametrize("act", ["open", "hold"])
def test_a_daemon_that_runs_in_a_circle_in_an_opening_keeps_no_door_open(station, counts, measured, act):
    station.guest.check("sim-gpio", "up", CHIP, str(RELAY))  # where the line goes when nobody holds it
    for _ in range(counts(1, 20)):
        station.ready()
        station.guest.run("systemctl", "reset-failed", "intercomd")
        opened = ("intercomctl", "door", "front", act, "--seconds", "8")
        station.guest.wait_for(lambda: station.guest.run(*opened).returncode == 0, "the opening")  # noqa: B023
        start = station.cursor()
        hung = station.signal("USR1", station.pid)
        station.guest.wait_for(lambda: station.relay() == 0, "the relay is at rest", 120)
        over = float(station.guest.check("cut", "-d ", "-f1", "/proc/uptime"))
        measured(f"a daemon that runs in a circle: until the relay of door {act} is inactive", over - hung)
        station.when("^Started intercomd.service", start, "the next daemon is READY")
        assert station.relay() == 0
        station.ready()


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_a_sip_process_that_dies_or_hangs_is_replaced_while_door_and_interface_go_on(station, counts, measured, signal):
    station.ready()
    daemon = station.pid
    for _ in range(counts(2, 20)):
        start = station.cursor()
        hit = station.signal(signal, station.sip())
        station.open_door()
        assert station.state()
        again = station.when("^appliance.recovered part=sip", start, "another SIP process is ready")
        measured(f"SIP process, SIG{signal}: until calls are possible", again - hit)
        station.ready()
    assert station.pid == daemon


def test_a_guard_that_hangs_in_an_opening_is_replaced_and_the_relay_inactive(station, counts, measured):
    station.guest.check("sim-gpio", "up", CHIP, str(RELAY))  # where the line goes when nobody holds it
    daemon = station.pid
    for _ in range(counts(1, 20)):
        station.ready()
        opened = ("intercomctl", "door", "front", "--seconds", "10")
        station.guest.wait_for(lambda: station.guest.run(*opened).returncode == 0, "the opening")  # noqa: B023
        start = station.cursor()
        assert station.relay() == 1
        hung = station.signal("STOP", int(station.value("MainPID", GUARD)))
        again = station.when("^Started intercomd-guard.service", start, "the next guard is READY")
        measured("a guard that hangs: until the relay is inactive", again - hung)
        assert station.relay() == 0
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
    assert "intercomd-guard" in station.guest.check("gpioinfo")
    assert station.relay() == 0
