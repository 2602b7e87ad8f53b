"""The service manager's socket, the state directory's lock, and the command line of the daemon."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from appliance.__main__ import SIMULATED, main
from appliance.errors import IntercomError
from appliance.system import lock
from appliance.system.notify import Notify


def test_systemd_is_told_at_its_socket(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "3000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        notify = Notify()
        notify.send("READY=1")
        notify.status("in a call")
        assert notify.watchdog_s == 3.0
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"STATUS=in a call"


@pytest.mark.parametrize("path", ["", "/nowhere/notify"])
def test_without_systemd_nothing_is_sent(path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notify = Notify()
    notify.send("READY=1")
    assert notify.watchdog_s is None


def test_a_second_daemon_in_a_state_directory_is_refused(tmp_path):
    held = lock.take(tmp_path / "state")
    with pytest.raises(IntercomError, match="Another daemon"):
        lock.take(tmp_path / "state")
    os.close(held)
    os.close(lock.take(tmp_path / "state"))


def test_a_state_directory_that_can_not_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IntercomError, match="can not be made"):
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


def test_wrong_usage_has_status_2():
    with pytest.raises(SystemExit) as ended:
        main(["--fly"])
    assert ended.value.code == 2


def test_a_daemon_says_ready_feeds_the_watchdog_and_leaves_within_a_moment(tmp_path):
    config = tmp_path / "station.toml"
    config.write_text(
        SIMULATED.read_text().replace("port = 5060\n", "port = 0\n").replace("port = 8080\n", "port = 0\n")
    )
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, (tmp_path / "log").open("wb") as log:
        manager.bind(path)
        manager.settimeout(30)
        environment = {**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}
        argv = [sys.executable, "-m", "appliance", "--demo", "--config", str(config), "--state", str(tmp_path / "s")]
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            wanted = {"READY=1", "WATCHDOG=1", "STATUS=ready"}
            deadline = time.monotonic() + 30
            while wanted:
                assert time.monotonic() < deadline, wanted
                wanted -= set(manager.recv(1000).decode().split("\n"))
            second = subprocess.run(argv, capture_output=True, text=True, timeout=30)
            assert second.returncode == 1
            assert "Another daemon" in second.stderr
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
    assert b"appliance.stopping" in (tmp_path / "log").read_bytes()
