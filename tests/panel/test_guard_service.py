"""The guard as a service of its own: its doors come from the daemon's file, and systemd gets its state."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.app.panel import Panel
from appliance.app.paths import Places
from appliance.config.load import load
from appliance.panel import guard
from appliance.panel.relay import guard_command
from tests.panel.support import LONG, SECOND, Daemon, level, wiring
from tests.support.waiting import until

GUARDED = '[guard]\nsocket = "/run/intercomd/guard.sock"\n'
FRONT = '[door.front]\nchip = "pinctrl-bcm2711"\nline = "GPIO26"\n'
DOORS = {
    "one with what is usual": FRONT,
    "one at 0 V": FRONT + "active_low = true\n",
    "one that says no to that": FRONT + "active_low = false\n",
    "one by its offset": FRONT.replace("GPIO26", "26"),
    "a short cap": FRONT + "pulse_s = 0.3\nmax_s = 0.75\n",
    "a whole number's cap": FRONT + "max_s = 60\n",
    "one that is held open": FRONT + "max_hold_s = 3600\n",
    "two": FRONT + '[door.gate]\nchip = "a b"\nline = "--door"\nmax_s = 5\n',
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "intercomd.toml"


def panel(file, tmp_path, simulated=False):
    return Panel(load(file), Places(tmp_path, tmp_path), None, simulated=simulated)


@pytest.mark.parametrize("doors", DOORS.values(), ids=DOORS.keys())
def test_guard_reads_the_same_doors_as_the_daemon(file, tmp_path, doors):
    file.write_text(doors + GUARDED)
    words = guard_command("systemd", panel(file, tmp_path)._doors())
    assert guard.configured(str(file)) == guard.parse(words[words.index("systemd") + 1 :])


def test_daemon_looks_for_a_guard_at_the_configured_socket_unless_lines_are_simulated(file, tmp_path):
    file.write_text(FRONT + GUARDED)
    assert panel(file, tmp_path)._guard() == Path("/run/intercomd/guard.sock")
    assert panel(file, tmp_path, simulated=True)._guard() is None
    file.write_text(FRONT)
    assert panel(file, tmp_path)._guard() is None


IDLE = {
    "an empty file": "",
    "no door": GUARDED,
    "no guard": FRONT,
    "a guard that is the daemon's child": FRONT + '[guard]\nsocket = ""\n',
    "simulated lines": FRONT + GUARDED + '[panel]\nlines = "simulated"\n',
}
WRONG = {
    "no TOML": "[",
    "half a word": b"[door.front\xff]",
    "a door that is no table": "door.front = 1\n" + GUARDED,
    "doors that are no table": "door = [1]\n" + GUARDED,
    "a guard that is no table": "guard = 1\n" + FRONT,
    "no line": '[door.front]\nchip = "c"\n' + GUARDED,
    "an empty chip": '[door.front]\nchip = ""\nline = "l"\n' + GUARDED,
    "a line that is a number": '[door.front]\nchip = "c"\nline = 26\n' + GUARDED,
    "a word for active_low": FRONT + 'active_low = "no"\n' + GUARDED,
    "a cap that is a word": FRONT + 'max_s = "10"\n' + GUARDED,
    "a hold that is a word": FRONT + 'max_hold_s = "10"\n' + GUARDED,
    "a hold that is too long": FRONT + "max_hold_s = 43201\n" + GUARDED,
    "a hold below nothing": FRONT + "max_hold_s = -1\n" + GUARDED,
    "a cap that is true": FRONT + "max_s = true\n" + GUARDED,
    "a cap that is too long": FRONT + "max_s = 61\n" + GUARDED,
    "a cap without end": FRONT + "max_s = inf\n" + GUARDED,
    "a line for two doors": FRONT + FRONT.replace("front", "back") + GUARDED,
    "a name of two lines": FRONT.replace("front", '"a\\nb"') + GUARDED,
    "nested without end": "a = " + "[" * 100_000,
}


@pytest.mark.parametrize("text", IDLE.values(), ids=IDLE.keys())
def test_file_that_leaves_nothing_to_guard_has_a_status_of_its_own(file, text):
    file.write_text(text)
    with pytest.raises(guard.Refused, match="nothing to guard") as refused:
        guard.configured(str(file))
    assert refused.value.status == 3


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_file_that_cannot_be_used_is_refused(file, text):
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(guard.Refused) as refused:
        guard.configured(str(file))
    assert refused.value.status == 2


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(guard.Refused, match=r"/none\.toml cannot be read"):
        guard.configured(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "status", "pauses"), [(GUARDED, 3, []), (FRONT.replace("GPIO26", "x") + GUARDED, 1, [5]), ("[", 2, [5])]
)
def test_guard_that_cannot_begin_with_a_file_waits_before_it_leaves(file, monkeypatch, text, status, pauses):
    waited = []
    monkeypatch.setattr(guard, "listen_for_stop", lambda _: 99)
    monkeypatch.setattr(guard.select, "select", lambda *given: waited.append(given))
    file.write_text(text)
    assert guard.main(["systemd", "--config", str(file)]) == status
    assert waited == [([99], [], [], pause) for pause in pauses]


def test_guard_that_waits_leaves_when_it_is_stopped(file):
    file.write_text("[")
    command = [sys.executable, "-I", "-S", guard.__file__, "systemd", "--config", str(file)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert "cannot be read" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 2
    finally:
        process.kill()
        process.communicate(timeout=LONG)


class Manager:
    """A service manager's socket, and a guard that it started."""

    def __init__(self, tmp_path, doors, where, patience_us=200_000):
        path = str(tmp_path / "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.settimeout(LONG)
        self.sock.bind(path)
        start = (
            f"import os, sys; os.environ.update(NOTIFY_SOCKET=sys.argv[1], WATCHDOG_USEC='{patience_us}', "
            "WATCHDOG_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
        )
        command = [sys.executable, "-c", start, path, *guard_command(str(where), doors)]
        self.process = subprocess.Popen(command)

    def heard(self):
        return self.sock.recv(100)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(LONG)
        self.sock.close()


def test_systemd_is_notified_ready_when_every_relay_is_inactive_and_its_watchdog_is_fed(tmp_path):
    doors = wiring(tmp_path)
    doors[0].line.file.write_text("1\n")
    with Manager(tmp_path, doors, tmp_path / "guard.sock") as manager:
        assert manager.heard() == b"READY=1\nSTATUS=holds the relays of front"
        assert not level(doors[0])
        assert [manager.heard() for _ in range(3)] == [b"WATCHDOG=1"] * 3  # idle
        daemon = Daemon.at(tmp_path / "guard.sock")
        pulse, answer = daemon.pulse(3.0)
        assert answer == (0, True, pulse, pulse + 3 * SECOND)
        while manager.sock.recv(100, socket.MSG_PEEK):  # beats go on in a pulse, and do not keep it from ending
            assert manager.heard() == b"WATCHDOG=1"
            if not level(doors[0]):
                break
        assert daemon.heard()[:3] == (0, False, pulse)


def test_systemds_watchdog_has_less_patience_while_a_pulse_ends_soon(tmp_path):
    doors = wiring(tmp_path)
    hasty, usual = b"WATCHDOG_USEC=1000000\nWATCHDOG=1", b"WATCHDOG_USEC=3000000\nWATCHDOG=1"
    with Manager(tmp_path, doors, tmp_path / "guard.sock", patience_us=3_000_000) as manager:
        assert manager.heard().startswith(b"READY=1")
        assert manager.heard() == b"WATCHDOG=1"
        daemon = Daemon.at(tmp_path / "guard.sock")
        pulse, _ = daemon.pulse(3.0)
        told = [manager.heard()]
        while told[-1] != usual:
            told.append(manager.heard())
        assert told[told.index(hasty) :] == [hasty, *[b"WATCHDOG=1"] * (len(told) - told.index(hasty) - 2), usual]
        assert set(told[: told.index(hasty)]) <= {b"WATCHDOG=1"}
        assert daemon.heard()[:3] == (0, False, pulse)


def test_systemd_that_does_not_listen_keeps_no_pulse_from_ending(tmp_path):
    doors = wiring(tmp_path)
    with Manager(tmp_path, doors, tmp_path / "guard.sock") as manager:
        manager.sock.shutdown(socket.SHUT_RDWR)
        manager.sock.close()
        daemon = Daemon.at(tmp_path / "guard.sock")
        pulse, _ = daemon.pulse(3.0)
        assert daemon.heard()[:3] == (0, False, pulse)
        until(lambda: not level(doors[0]), "the end")
        assert manager.process.poll() is None


@pytest.mark.parametrize("named", ["1", "", None])
def test_watchdog_that_is_not_ours_is_not_fed(monkeypatch, named):
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if named is not None:
        monkeypatch.setenv("WATCHDOG_PID", named)
    manager = guard.Manager()
    manager.beat(1)
    assert manager.due is None
