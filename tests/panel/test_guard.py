"""The guard process itself, run for real with simulated lines: no relay stays energised, whatever anybody does."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from appliance.panel import guard
from appliance.panel.relay import guard_command
from tests.panel.support import LONG, SECOND, Daemon, GuardProcess, level, run_guard, wiring
from tests.support.waiting import until


@pytest.fixture
def doors(tmp_path):
    return wiring(tmp_path, cap_s=10.0, names=("front", "gate"))


def test_guard_says_its_doors_and_makes_every_relay_inactive_before_it_says_so(doors):
    doors[1].line.file.write_text("1\n")  # as one before us left it when it was killed
    with GuardProcess(doors) as guarded:
        assert guarded.daemon.names == ["front", "gate"]
        assert guarded.daemon.born <= time.monotonic_ns()
        assert [level(door) for door in doors] == [False, False]


def test_pulse_energises_its_door_alone_and_ends_by_itself(doors):
    with GuardProcess(doors) as guarded:
        pulse, answer = guarded.daemon.pulse(3.0, door=1)
        assert answer == (1, True, pulse, pulse + 3 * SECOND)
        assert guarded.daemon.heard()[:3] == (1, False, pulse)
        assert time.monotonic_ns() >= pulse + 3 * SECOND
        assert [level(door) for door in doors] == [False, False]


def test_relay_is_energised_during_a_pulse(doors):
    with GuardProcess(doors) as guarded:
        guarded.daemon.pulse(9.0)
        assert [level(door) for door in doors] == [True, False]


def test_pulse_ends_at_once_when_it_is_no_longer_desired(doors):
    with GuardProcess(doors) as guarded:
        pulse, _ = guarded.daemon.pulse(9.0)
        assert guarded.daemon.ask(0, 0)[:3] == (0, False, pulse)
        assert not level(doors[0])


def test_pulse_can_be_shortened_but_never_lengthened(doors):
    with GuardProcess(doors) as guarded:
        pulse, _ = guarded.daemon.pulse(5.0)
        assert guarded.daemon.ask(pulse, pulse + 9 * SECOND) == (0, True, pulse, pulse + 5 * SECOND)
        assert guarded.daemon.ask(pulse, pulse + 4 * SECOND) == (0, True, pulse, pulse + 4 * SECOND)
        assert guarded.daemon.ask(pulse, pulse)[:3] == (0, False, pulse)
        assert not level(doors[0])


def test_same_pulse_sent_again_after_its_end_energises_nothing(doors):
    with GuardProcess(doors) as guarded:
        pulse, _ = guarded.daemon.pulse(9.0)
        guarded.daemon.ask(0, 0)
        assert guarded.daemon.ask(pulse, time.monotonic_ns() + 9 * SECOND)[1] is False
        assert not level(doors[0])


@pytest.mark.parametrize("age_ns", [1, SECOND, 3600 * SECOND])
def test_pulse_decided_before_the_guard_was_there_is_refused(doors, age_ns):
    with GuardProcess(doors) as guarded:
        answer = guarded.daemon.ask(max(1, guarded.daemon.born - age_ns), time.monotonic_ns() + 9 * SECOND)
        assert answer[1] is False
        assert not level(doors[0])


def test_pulse_from_the_future_is_refused_and_keeps_no_later_one_out(doors):
    with GuardProcess(doors) as guarded:
        future = time.monotonic_ns() + 3600 * SECOND
        assert guarded.daemon.ask(future, future + SECOND)[1] is False
        assert guarded.daemon.pulse(9.0)[1][1] is True


def test_older_pulse_than_the_door_had_is_refused_and_leaves_the_newer_one(doors):
    with GuardProcess(doors) as guarded:
        older = time.monotonic_ns()
        pulse, answer = guarded.daemon.pulse(8.0)
        assert guarded.daemon.ask(older, older + 9 * SECOND) == answer == (0, True, pulse, pulse + 8 * SECOND)


def test_end_that_has_passed_energises_nothing(doors):
    with GuardProcess(doors) as guarded:
        now = time.monotonic_ns()
        assert guarded.daemon.ask(now, now)[1] is False
        assert guarded.daemon.ask(now + 1, -5)[1] is False


def test_cap_ends_a_pulse_that_asks_for_longer(tmp_path):
    doors = wiring(tmp_path, cap_s=0.5)
    with GuardProcess(doors) as guarded:
        sent, answer = guarded.daemon.pulse(3600.0)
        assert answer[1] is True
        assert answer[3] <= time.monotonic_ns() + SECOND // 2
        assert guarded.daemon.heard()[1] is False
        assert time.monotonic_ns() < sent + (0.5 + LONG) * SECOND
        assert not level(doors[0])


def test_longest_hold_ends_a_hold_that_asks_for_longer(tmp_path):
    doors = wiring(tmp_path, cap_s=0.1, hold_s=0.5)
    with GuardProcess(doors) as guarded:
        sent, answer = guarded.daemon.pulse(3600.0, kind=guard.HOLD)
        assert answer[1] is True
        assert answer[3] <= time.monotonic_ns() + SECOND // 2
        assert guarded.daemon.heard()[1] is False
        assert time.monotonic_ns() < sent + (0.5 + LONG) * SECOND
        assert not level(doors[0])


def test_door_that_is_never_held_takes_no_hold(doors):
    with GuardProcess(doors) as guarded:
        assert guarded.daemon.pulse(1.0, kind=guard.HOLD)[1][1] is False
        assert not level(doors[0])


def test_train_of_overlapping_pulses_does_not_exceed_the_cap(tmp_path):
    doors = wiring(tmp_path, cap_s=4.0)
    with GuardProcess(doors) as guarded:
        pulse, first = guarded.daemon.pulse(3.6)
        latest = time.monotonic_ns() + 4 * SECOND  # it began before this answer came
        # All decided while it was energised, however late they come on a machine that is busy.
        lengths = (3.6, 20.0, 240.0, 3.6, 3600.0, 20.0)
        answers = [guarded.daemon.ask(pulse + n, pulse + int(s * SECOND)) for n, s in enumerate(lengths, 1)]
        assert first[1] is True
        assert max(answer[3] for answer in (first, *answers)) <= latest
        until(lambda: not level(doors[0]), "the end")


def test_pulse_decided_while_energised_but_late_does_not_add_to_the_cap(tmp_path):
    doors = wiring(tmp_path, cap_s=0.3)
    with GuardProcess(doors) as guarded:
        late = guarded.daemon.pulse(5.0)[0] + 1
        assert guarded.daemon.heard()[1] is False
        assert guarded.daemon.ask(late, late + 9 * SECOND)[1] is False
        assert guarded.daemon.pulse(5.0)[1][1] is True  # decided after the end: one of its own


@pytest.mark.parametrize("listens", [False, True])
def test_end_of_file_makes_the_relay_inactive(doors, tmp_path, listens):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path if listens else None) as guarded:
        daemon = Daemon.at(path) if listens else guarded.daemon
        daemon.pulse(9.0)
        assert level(doors[0])
        daemon.sock.close()
        until(lambda: not level(doors[0]), "the relay's rest")
        if not listens:
            assert guarded.ended() == (0, "")


def test_pulse_of_a_daemon_that_is_already_gone_is_not_begun(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path) as guarded:
        daemon = Daemon.at(path)
        guarded.signal(signal.SIGSTOP)
        now = time.monotonic_ns()
        daemon.send(now, now + 9 * SECOND)
        daemon.sock.close()
        guarded.signal(signal.SIGCONT)
        following = Daemon.at(path)
        assert following.ask(0, 0) == (0, False, 0, 0)  # no pulse was ever taken


def test_guard_serves_one_daemon_after_another_and_remembers_the_pulses(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        first = Daemon.at(path)
        pulse, _ = first.pulse(9.0)
        first.sock.close()
        second = Daemon.at(path)
        assert second.born > pulse
        assert not level(doors[0])
        assert second.ask(pulse, pulse + 9 * SECOND)[1] is False
        assert second.pulse(9.0)[1][1] is True
        second.sock.close()
        until(lambda: not level(doors[0]), "the relay's rest")
        assert Daemon.at(path).pulse(9.0, door=1)[1][1] is True


def test_second_daemon_is_not_served_until_the_first_has_left(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        first = Daemon.at(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as second:
            second.connect(str(path))
            first.pulse(9.0)
            second.setblocking(False)
            with pytest.raises(BlockingIOError):
                second.recv(4096)
            first.sock.close()
            second.setblocking(True)
            assert Daemon(second).names == ["front", "gate"]


def test_guard_killed_in_a_pulse_and_started_again_rests_and_refuses_the_old_pulse(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path) as guarded:
        first = Daemon.at(path)  # stays: its leaving would end the pulse
        pulse, _ = first.pulse(9.0)
        guarded.signal(signal.SIGKILL)
        guarded.process.wait(LONG)
        assert level(doors[0])  # a board that keeps the level of a line that is let go
    with GuardProcess(doors, path):
        daemon = Daemon.at(path)
        assert not level(doors[0])
        assert daemon.ask(pulse, pulse + 9 * SECOND) == (0, False, 0, 0)
        assert not level(doors[0])


def test_guard_that_was_stopped_beyond_the_end_ends_the_pulse_when_it_goes_on(doors):
    with GuardProcess(doors) as guarded:
        pulse, _ = guarded.daemon.pulse(3.0)
        guarded.signal(signal.SIGSTOP)
        until(lambda: time.monotonic_ns() > pulse + 3 * SECOND)
        guarded.signal(signal.SIGCONT)
        assert guarded.daemon.heard()[:3] == (0, False, pulse)
        assert not level(doors[0])


RECORD = guard.RECORD.pack
GARBAGE = {
    "one byte": b"x",
    "a short record": RECORD(0, True, 1, 2)[:-1],
    "a long record": RECORD(0, True, 1, 2) + b"\0",
    "much": bytes(60000),
    "a door that is not there": RECORD(2, True, 1, 2),
    "its own hello": RECORD(255, False, 0, 0),
    "a pulse below zero": RECORD(0, True, -1, 2),
    "a wish without a pulse": RECORD(0, True, 0, 0),
    "a pulse without a wish": RECORD(0, False, 1, 2),
    "a wish of no known kind": RECORD(0, 3, 1, 2),
    "nothing": b"",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_taken_for_a_lost_daemon(doors, tmp_path, garbage):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        daemon = Daemon.at(path)
        daemon.pulse(9.0)
        daemon.sock.send(garbage)
        assert daemon.heard() is None
        assert not level(doors[0])
        assert Daemon.at(path).pulse(9.0)[1][1] is True


def test_daemon_that_does_not_read_keeps_no_pulse_from_ending(doors):
    with GuardProcess(doors) as guarded:
        guarded.daemon.sock.setblocking(False)
        flood = guard.RECORD.pack(1, False, 0, 0)
        for _ in range(20_000):  # far more answers than any socket keeps
            try:
                guarded.daemon.sock.send(flood)
            except BlockingIOError:
                os.sched_yield()
        guarded.daemon.sock.settimeout(LONG)
        now = time.monotonic_ns()
        guarded.daemon.send(now, now + SECOND // 10)
        until(lambda: time.monotonic_ns() > now + SECOND // 10 and not level(doors[0]), "the end")
        assert guarded.process.poll() is None


def test_signals_of_a_terminal_do_not_end_a_guard_in_a_pulse(doors):
    with GuardProcess(doors) as guarded:
        guarded.daemon.pulse(9.0)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM):
            guarded.signal(number)
        assert guarded.daemon.ask(0, 0)[1] is False
        assert guarded.process.poll() is None


def test_sigterm_ends_a_guard_that_listens_with_its_relays_inactive(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path) as guarded:
        daemon = Daemon.at(path)
        guarded.signal(signal.SIGINT)
        daemon.pulse(9.0)
        guarded.signal(signal.SIGTERM)
        assert guarded.ended() == (0, "")
        assert not level(doors[0])


def test_guard_serves_the_socket_that_systemd_passes(doors, tmp_path):
    path = tmp_path / "guard.sock"
    start = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); "
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execv(sys.argv[2], sys.argv[2:])"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(1)
        command = [sys.executable, "-c", start, str(listener.fileno()), *guard_command("systemd", doors)]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])
    try:
        daemon = Daemon.at(path)
        assert daemon.pulse(9.0)[1][1] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0
        assert not level(doors[0])
    finally:
        process.kill()
        process.wait(LONG)


def test_socket_admits_its_own_user_only(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        Daemon.at(path)
        assert path.stat().st_mode & 0o777 == 0o600


DOOR = ("--door", "front", "10", "60", "--simulated", "FILE")
WRONG = [
    ([], "no door"),
    (["5"], "no door"),
    (["nowhere", *DOOR], "'nowhere' is not a number of a descriptor"),
    (["77", *DOOR], "descriptor 77 is no socket"),
    (["0", *DOOR], "descriptor 0 is no socket"),
    (["systemd", *DOOR], "LISTEN_PID"),
    (["FILE", *DOOR], "is there and no socket"),
    (["./s", "--dor", *DOOR[1:]], "--door ID CAP HOLD expected"),
    (["./s", "--door", "", *DOOR[2:]], "--door ID CAP HOLD expected"),
    (["./s", "--door", "a\nb", *DOOR[2:]], "--door ID CAP HOLD expected"),
    *((["./s", "--door", "front", cap, *DOOR[3:]], "at most 60 seconds") for cap in ("0", "-1", "61", "nan", "x", "")),
    *((["./s", *DOOR[:3], hold, *DOOR[4:]], "0 to 43200 seconds") for hold in ("-1", "43201", "nan", "x", "")),
    (["./s", *DOOR[:4]], "door front: --gpio or"),
    (["./s", *DOOR[:4], "--relay", "x"], "door front: --gpio or"),
    (["./s", *DOOR[:5]], "door front: --gpio or"),
    (["./s", *DOOR[:4], "--gpio", "chip"], "door front: --gpio or"),
    (["./s", *DOOR, *DOOR], "a door is named twice"),
    (["./s", *DOOR, "--door", "gate", *DOOR[2:]], "a line is named twice"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_wrong_arguments_are_named_and_exit_2(tmp_path, words, said):
    (tmp_path / "file").write_text("")
    done = run_guard(*(str(tmp_path / "file") if word == "FILE" else word for word in words), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.startswith("intercomd-guard: ")
    assert done.stderr.count("\n") == 1


def test_descriptor_of_another_kind_of_socket_is_refused(tmp_path):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = run_guard(str(theirs.fileno()), *DOOR[:5], str(tmp_path / "f"), pass_fds=[theirs.fileno()])
    assert done.returncode == 2
    assert "SOCK_SEQPACKET" in done.stderr


def test_line_that_another_guard_holds_exits_1_and_leaves_that_guard_its_socket(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        daemon = Daemon.at(path)
        daemon.pulse(9.0)
        done = run_guard(*guard_command(str(path), doors)[4:])
        assert done.returncode == 1
        assert "held by another guard" in done.stderr
        assert level(doors[0])
        assert daemon.ask(0, 0)[1] is False
        daemon.sock.close()
        Daemon.at(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--gpio", "no such chip", "RELAY"), "GPIO chip"),
        (("--simulated", "/nonexistent/relay"), "No such file or directory"),
    ],
)
def test_line_that_is_not_there_exits_1(tmp_path, line, said):
    done = run_guard(str(tmp_path / "s"), "--door", "front", "10", "0", *line)
    assert done.returncode == 1
    assert said in done.stderr


def test_guard_loads_the_standard_library_only(doors):
    with GuardProcess(doors) as guarded:
        assert "site-packages" not in Path(f"/proc/{guarded.process.pid}/maps").read_text()
        command = Path(f"/proc/{guarded.process.pid}/cmdline").read_bytes().split(b"\0")
        assert command[1:3] == [b"-I", b"-S"]
