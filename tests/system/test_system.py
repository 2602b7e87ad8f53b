"""The service manager's socket, the state directory's lock, and the command line of the daemon."""

import asyncio
import ctypes
import errno
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
import wave
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from appliance.__main__ import SIMULATED, main
from appliance.app import daemon
from appliance.app.paths import Places
from appliance.base.errors import IntercomError
from appliance.config.load import load
from appliance.core.inputs import ClockSet
from appliance.core.model import Call, CallId, CallsPart, CallState, Direction, Remote, Settings, State
from appliance.sip import process
from appliance.system import clock, lock
from appliance.system.notify import Notify
from tests.support.daemon import start_command
from tests.support.waiting import pause, until, until_async


def test_systemd_is_notified_at_its_socket(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(120)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "3000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        notify = Notify()
        notify.send("READY=1")
        notify.status("one error\nanother")
        assert notify.watchdog_s == 3.0
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"STATUS=one error; another"


@pytest.mark.parametrize("path", ["", "/nowhere/notify"])
def test_without_systemd_nothing_is_sent(path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notify = Notify()
    notify.send("READY=1")
    assert notify.watchdog_s is None


def test_systemd_learns_of_a_reload_with_its_time(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(120)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        before = time.monotonic_ns() // 1000
        notify = Notify()
        assert notify.there
        notify.reloading()
        first, _, micros = manager.recv(100).decode().partition("\nMONOTONIC_USEC=")
        assert first == "RELOADING=1"
        assert before <= int(micros) <= time.monotonic_ns() // 1000
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not Notify().there


def test_a_systemd_that_does_not_read_delays_nothing_and_hears_what_comes_after(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        notify = Notify()
        sent = 10 * int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
        signal.alarm(120)  # waiting would hold Python's lock for ever: nothing but a signal ends that
        for number in range(sent):
            notify.send(f"STATUS={number}")
        signal.alarm(0)
        heard = []
        with suppress(BlockingIOError):
            while True:
                heard.append(manager.recv(100))
        assert 0 < len(heard) < sent
        assert heard == [f"STATUS={number}".encode() for number in range(len(heard))]
        notify.send("READY=1")
        assert manager.recv(100) == b"READY=1"


def test_a_missing_library_is_said_with_its_remedy_and_the_daemon_goes_on(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setitem(sys.modules, "systemd.daemon", None)
    notify = Notify()
    notify.send("READY=1")
    assert "cannot be reported to systemd" in caplog.text
    assert "install systemd-python" in caplog.text


def test_a_second_daemon_in_a_state_directory_is_refused(tmp_path):
    held = lock.take(tmp_path / "state")
    with pytest.raises(IntercomError, match="Another daemon"):
        lock.take(tmp_path / "state")
    os.close(held)
    os.close(lock.take(tmp_path / "state"))


def test_a_state_directory_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IntercomError, match="cannot be created"):
        lock.take(tmp_path / "file" / "state")


def test_what_can_be_printed_is_json(capsys):
    for option in ("--print-events", "--print-openapi", "--print-config-schema"):
        assert main([option]) == 0
        assert json.loads(capsys.readouterr().out)


def test_a_file_is_checked_and_a_bad_one_has_status_1(tmp_path, capsys):
    assert main(["--check", "--config", str(SIMULATED)]) == 0
    bad = tmp_path / "bad.toml"
    bad.write_text("[station]\nnmae = 'x'\n[sip]\nport = 70000\n")
    assert main(["--check", "--config", str(bad)]) == 1
    told = capsys.readouterr().err
    assert "did you mean name" in told
    assert "sip.port" in told
    assert main(["--check", "--config", str(tmp_path / "none.toml")]) == 1


@pytest.mark.far_end
def test_a_bad_file_leaves_no_sip_process_that_was_started_before_it_was_read(tmp_path, monkeypatch):
    started, bad = [], tmp_path / "bad.toml"
    bad.write_text("[station]\nnmae = 'x'\n")
    spawn = process.spawn
    monkeypatch.setattr(process, "spawn", lambda: started.append(spawn()) or started[0])
    assert main(["--config", str(bad), "--state", str(tmp_path)]) == 1
    assert not Path(f"/proc/{started[0].pid}").exists()


def test_wrong_usage_has_status_2():
    with pytest.raises(SystemExit) as ended:
        main(["--fly"])
    assert ended.value.code == 2


@pytest.mark.far_end
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_says_ready_feeds_the_watchdog_and_leaves_within_a_moment(tmp_path, number):
    config = tmp_path / "station.toml"
    config.write_text(
        SIMULATED.read_text().replace("port = 5060\n", "port = 0\n").replace("port = 8080\n", "port = 0\n")
    )
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, (tmp_path / "log").open("wb") as log:
        manager.bind(path)
        manager.settimeout(120)
        environment = {**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "8000000"}  # ten messages at most wait
        argv = start_command(config, tmp_path / "s", "--demo")
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            wanted = {"READY=1", "WATCHDOG=1", "STATUS=ready"}
            deadline = time.monotonic() + 120
            while wanted:
                assert time.monotonic() < deadline, wanted
                wanted -= set(manager.recv(1000).decode().split("\n"))
            second = subprocess.run(argv, capture_output=True, text=True, timeout=120)
            assert second.returncode == 1
            assert "Another daemon" in second.stderr
            while process.poll() is None:  # more signals than the first one do not disturb its end
                process.send_signal(number)
                pause(0.002)
            assert process.returncode == 0
        finally:
            process.kill()
            process.wait()
    log = (tmp_path / "log").read_bytes()
    assert b"appliance.stopping" in log and b"Traceback" not in log


def test_the_status_line_shows_a_calls_length_again_and_again_while_there_is_one(tmp_path, monkeypatch, set_times):
    set_times(status_line_again_s=0.3)
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    call = Call(CallId("c"), Direction.OUTGOING, CallState.CONNECTED, Remote("sip:a@b"), created=1.0, deadline=None)

    async def told(manager):
        app = daemon.App(load(SIMULATED), {}, Places(tmp_path, tmp_path), simulated=True, file=SIMULATED)
        talking = replace(call, times=replace(call.times, connected_since=time.monotonic() - 3723))
        app._reactor = SimpleNamespace(state=State(Settings("x"), calls=CallsPart(living=(talking,))))
        app._report_status("in a call with a")
        for _ in range(3):
            assert re.fullmatch(rb"STATUS=in a call with a, 62:\d\d", await asyncio.to_thread(manager.recv, 100))
        app._reactor.state = State(Settings("x"), calls=CallsPart(living=(replace(call, state=CallState.DIALING),)))
        app._report_status("calling a")
        while (text := await asyncio.to_thread(manager.recv, 100)) != b"STATUS=calling a":
            assert text.startswith(b"STATUS=in a call with a, ")
        assert app._status_timer is None

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(120)
        asyncio.run(told(manager))


def test_a_directory_that_was_changed_is_taken_over_and_one_with_errors_is_not(tmp_path):
    flats, file = tmp_path / "flats.csv", tmp_path / "station.toml"
    file.write_text(f'[directory]\nfile = "{flats}"\n[target.far]\nuri = "sip:far@192.0.2.8"\n')
    flats.write_text("flat,name,targets\n1,Miller,far\n")
    posted = []

    async def reloads():
        app = daemon.App(load(file), {}, Places(tmp_path, tmp_path), simulated=True, file=file)
        app._reactor = SimpleNamespace(post=posted.append)
        app._recordings = SimpleNamespace(tidy=lambda: None, completed=lambda: None)
        app._retention = SimpleNamespace(tidy=lambda: None)
        await app._reload(None)
        flats.write_text("flat,name,targets\n1,Miller,far\n2,Smith,nobody\n")
        await app._reload(None)
        flats.write_text("flat,name,targets\n1,Miller,far\n2,Smith,far\n")
        await app._reload(None)

    asyncio.run(reloads())
    first, wrong, second = posted
    assert [entry.name for entry in first.settings.directory] == ["Miller"]
    assert "flats.csv:3: targets: there is no [target.nobody]" in wrong.errors
    assert ([entry.flat for entry in second.settings.directory], second.applied) == (["1", "2"], "directory")


@pytest.mark.parametrize(("takes", "fed"), [(True, True), (False, False)])
def test_the_watchdog_is_fed_only_while_the_core_takes_inputs(takes, fed, tmp_path, monkeypatch, set_times):
    """The loop itself turns in both cases."""
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    async def turns():
        app = daemon.App(load(SIMULATED), {}, Places(tmp_path, tmp_path), simulated=True, file=SIMULATED)
        reactor = app._reactor = SimpleNamespace(state=State(Settings("x")))
        asked = []

        def post(given):
            asked.append(given)
            if takes:
                reactor.state = replace(reactor.state, now=given.at)

        reactor.post = post
        feeding = asyncio.create_task(app._feed_watchdog())
        try:
            await until_async(lambda: len(asked) >= 5)
        finally:
            feeding.cancel()

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.setblocking(False)
        set_times(core_answers_s=60.0)
        asyncio.run(turns())
        told = []
        with suppress(BlockingIOError):
            while True:
                told.append(manager.recv(100))
    assert set(told) == ({b"WATCHDOG=1"} if fed else set())


@pytest.mark.far_end
def test_a_daemon_reads_its_file_again_and_keeps_the_good_one_when_the_new_one_is_bad(tmp_path):
    config, log, recordings = tmp_path / "station.toml", tmp_path / "log", tmp_path / "s" / "recordings"
    recordings.mkdir(parents=True)
    for name in ("r-1", "r-2"):
        with wave.open(str(recordings / f"{name}.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(16000))
    good = SIMULATED.read_text().replace("port = 5060\n", "port = 0\n").replace("port = 8080\n", "port = 0\n")
    config.write_text(good)
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, log.open("wb") as errors:
        manager.bind(path)
        manager.settimeout(120)
        told = []

        def told_by(wanted):
            """Read systemd's messages until that one."""
            deadline = time.monotonic() + 120
            while not (found := [text for text in told if text.startswith(wanted)]):
                assert time.monotonic() < deadline, (wanted, told)
                told.append(manager.recv(1000).decode())
            return found[0]

        def reload(contents):
            config.write_text(contents)
            told.clear()
            process.send_signal(signal.SIGHUP)
            told_by("READY=1")
            assert any(text.startswith("RELOADING=1\nMONOTONIC_USEC=") for text in told)

        argv = start_command(config, tmp_path / "s", "--demo")
        process = subprocess.Popen(argv, env={**os.environ, "NOTIFY_SOCKET": path}, stdout=errors, stderr=errors)
        try:
            told_by("READY=1")
            told_by("STATUS=ready")
            until(lambda: log.read_text().count("recording.recovered") == 2)
            reload(good.replace('digits = "1"', 'digits = "1"\ndigts = "2"'))
            assert "has errors" in told_by("STATUS=the changed configuration")
            new = good.replace("pulse_s = 3.0", "pulse_s = 2.0").replace('name = "Front door"', 'name = "Back door"')
            reload(new.replace("[recording]\n", "[recording]\nkeep_count = 1\n"))
            told_by("STATUS=a restart will change station.name; ready")
            until(lambda: "recording.deleted" in log.read_text())
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
        finally:
            process.kill()
            process.wait()
    lines = log.read_text().splitlines()
    (rejected,) = (line for line in lines if line.startswith("config.rejected"))
    assert "door.front.digts: no such setting; did you mean digits?" in rejected
    (changed,) = (line for line in lines if line.startswith("config.changed"))
    assert changed == "config.changed applied=door.front.pulse_s, recording.keep_count needs_restart=station.name"
    (deleted,) = (line for line in lines if line.startswith("recording.deleted"))
    assert deleted == (
        "recording.deleted recording=r-1 url=/v1/recordings/r-1/audio duration_s=1.0 bytes=16044 why=quota"
    )
    assert {file.name for file in recordings.iterdir()} == {"r-2.wav", "r-2.json"}


def test_a_state_directory_on_a_disc_that_is_read_only_is_done_without(tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(lock.Path, "mkdir", read_only)
    assert lock.take(tmp_path / "state") == -1


def test_a_clock_that_is_set_is_reported_and_one_that_is_corrected_is_not(monkeypatch):
    async def scenario():
        posted = []
        now = SimpleNamespace(CLOCK_REALTIME=time.CLOCK_REALTIME, monotonic=time.monotonic, time=time.time)
        monkeypatch.setattr(clock, "time", now)
        told = clock.ClockMonitor(posted.append)
        for ahead, wanted in ((0.5, []), (3600.0, [3599.5]), (3600.0, []), (-10.0, [-3610.0])):
            now.time = lambda ahead=ahead: time.time() + ahead
            told._fired()  # the kernel's part is shown in the lab: the clock here is everybody's
            by = [given.by_s for given in posted if isinstance(given, ClockSet)]
            assert by == [pytest.approx(by_s, abs=0.4) for by_s in wanted]
            posted.clear()
        told.stop()
        told.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("right", [True, False])
def test_a_clock_that_leaps_ahead_from_a_right_time_is_noted(monkeypatch, right):
    async def scenario():
        now = SimpleNamespace(CLOCK_REALTIME=time.CLOCK_REALTIME, monotonic=time.monotonic, time=time.time)
        monkeypatch.setattr(clock, "time", now)
        monitor = clock.ClockMonitor([].append, synchronised=lambda: right)
        begun, leapt = time.monotonic(), []
        for ahead in (3600.0, -1e8, -1e8 + 90_000):
            now.time = lambda ahead=ahead: time.time() + ahead
            monitor.look()
            leapt.append(monitor.leapt >= begun)
        assert leapt == [False, False, right]
        monitor.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(("ago_s", "leaps"), [(3600.0, False), (90_000.0, True), (-1e8, False), (-math.inf, False)])
@pytest.mark.parametrize("right_at", [0, 1], ids=["right at the start", "set later"])
def test_a_start_long_after_the_newest_event_is_a_leap_as_soon_as_the_clock_is_right(ago_s, leaps, right_at):
    async def scenario():
        looks, begun = count(), time.monotonic()
        newest = time.time() - ago_s
        monitor = clock.ClockMonitor([].append, synchronised=lambda: next(looks) >= right_at, right_s=newest)
        assert (monitor.leapt >= begun) == (leaps and not right_at)
        monitor.look()
        assert (monitor.leapt >= begun) == leaps
        monitor.stop()

    asyncio.run(scenario())


def test_without_a_kernel_that_says_so_no_clock_is_reported(monkeypatch):
    async def scenario():
        monkeypatch.setattr(clock, "_libc", lambda: SimpleNamespace(timerfd_create=lambda *_: -1))
        clock.ClockMonitor(print, synchronised=lambda: True).stop()

    asyncio.run(scenario())


def test_what_the_clock_shows_is_reported_at_the_start_and_when_it_changes(monkeypatch):
    async def scenario():
        posted, right = [], [False]
        told = clock.ClockMonitor(posted.append, synchronised=lambda: right[0])
        (first,) = posted
        assert abs(first.clock.epoch + time.monotonic() - time.time()) < 60
        assert first.clock.utc_offset_s == datetime.now().astimezone().utcoffset().total_seconds()
        assert not first.clock.trusted
        told.look()
        assert len(posted) == 1, "nothing is otherwise"
        right[0] = True
        told.look()
        assert [given.clock.trusted for given in posted] == [False, True]
        now = SimpleNamespace(CLOCK_REALTIME=time.CLOCK_REALTIME, monotonic=time.monotonic)
        now.time = lambda: time.time() + 3600.0
        monkeypatch.setattr(clock, "time", now)
        told.look()
        assert posted[-1].clock.epoch - first.clock.epoch > 3000
        told.stop()
        posted.clear()
        clock.ClockMonitor(posted.append, trusted=True, synchronised=lambda: False).stop()
        assert posted[0].clock.trusted

    asyncio.run(scenario())


@pytest.mark.parametrize(("answer", "error_us", "right"), [(0, 500_000, True), (5, 16_000_000, False), (-1, 0, False)])
def test_the_kernel_says_whether_the_clock_is_kept_right(monkeypatch, answer, error_us, right):
    def adjtimex(pointer):
        pointer._obj.maxerror = error_us
        return answer

    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(adjtimex=adjtimex))
    assert clock.synchronised() is right


def test_the_kernel_here_is_asked_without_an_error():
    assert clock.synchronised() in {True, False}
