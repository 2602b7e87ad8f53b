"""The lab's command looks at what can be wrong before it builds for minutes; and its guest asks the service cheaply."""

import fcntl
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from tests.lab import jobs
from tests.lab.conftest import ORDER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path):
    """What the command reads, in a fresh clone; `prepare` leaves a mark where it is begun."""
    kernel = ("tests/lab/build-kernel", "tests/lab/kernel.config", "tests/lab/kernel.patch")
    for name in ("tests/lab/test", "tests/lab/common.sh", "packaging/common.sh", *kernel):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    prepare = tmp_path / "tests/lab/prepare"
    prepare.write_text(f"#!/bin/sh\ntouch {tmp_path}/built\necho LAB_IMAGE=x\n")
    prepare.chmod(0o755)
    return tmp_path


def python(clone, status):
    program = clone / ".venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho "python $*"\nexit {status}\n')
    program.chmod(0o755)


def lab(clone, *words):
    environment = {**os.environ, "LAB_CACHE": str(clone / "cache")}
    command = [clone / "tests/lab/test", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)


def test_help_is_shown_at_once(clone):
    asked = lab(clone, "--help")
    assert (asked.returncode, asked.stdout.partition("\n")[0]) == (
        0,
        "Usage: tests/lab/test [--full] [PYTEST ARGUMENT...]",
    )
    assert not (clone / "built").exists()


@pytest.mark.parametrize("status", [None, 1])
def test_a_clone_without_pytest_is_reported_before_anything_is_built(clone, status):
    if status is not None:
        python(clone, status)
    told = lab(clone)
    assert told.returncode == 1
    assert "cause:  .venv has no pytest\nremedy: packaging/bootstrap test" in told.stderr
    assert not (clone / "built").exists()


def test_a_file_that_is_not_there_is_reported_before_anything_is_built(clone):
    python(clone, 0)
    told = lab(clone, "tests/lab/test_nothing.py::test_x")
    assert (told.returncode, "there is no tests/lab/test_nothing.py" in told.stderr) == (1, True)
    assert not (clone / "built").exists()


def test_a_clone_that_is_prepared_builds_and_runs(clone):
    python(clone, 0)
    ran = lab(clone, "tests/lab/test")
    assert (ran.returncode, "python -m pytest -m lab and not home_assistant tests/lab/test" in ran.stdout) == (0, True)
    assert (clone / "built").exists()


def test_each_file_of_the_lab_has_its_place_in_their_order():
    assert sorted(ORDER) == sorted(file.stem for file in (ROOT / "tests/lab").glob("test_*.py"))


class Service(BaseHTTPRequestHandler):
    """Knows one path, and who has asked."""

    asked_by: ClassVar[set[int]] = set()

    def do_GET(self):
        credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.asked_by.add(int.from_bytes(credentials[:4], sys.byteorder))
        known = self.path == "/v1/state"
        text = b'{"calls": []}' if known else b'{"code": "not-found"}'
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def address_string(self):
        return "unix"


@pytest.fixture
def runner(tmp_path):
    """lab-runner as in a guest, whose run directory this is; the process."""
    (tmp_path / "share/jobs").mkdir(parents=True)
    program = (ROOT / "tests/lab/guest/usr/local/lib/lab-runner").read_text()
    for place, here in (("/lab/jobs", "share/jobs"), ("/run/intercomd/http.sock", "http.sock"), ("/root", ".")):
        assert program.count(f'"{place}"') == 1
        program = program.replace(f'"{place}"', repr(str(tmp_path / here)))
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = subprocess.Popen([sys.executable, "-c", program])
        yield running
        running.kill()
        running.wait()


def in_guest(run_dir, *words):
    written = ([], [])
    status = jobs.run(
        run_dir, words, b"", lambda *parts: [w.append(p) for w, p in zip(written, parts, strict=True)], 120
    )
    return status, *(b"".join(parts).decode() for parts in written)


def test_a_question_to_the_service_is_answered_by_the_guests_runner_itself(runner, tmp_path):
    assert in_guest(tmp_path, "echo", "started") == (0, "started\n", "")
    status, answer, error = in_guest(tmp_path, "http", "GET", "/v1/state")
    assert (status, answer, "No such file" in error) == (1, "", True)
    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "http.sock"), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert in_guest(tmp_path, "http", "GET", "/v1/state") == (0, '{"calls": []}', "")
        assert in_guest(tmp_path, "http", "GET", "/v1/nothing") == (1, '{"code": "not-found"}', "")
        server.shutdown()
    assert Service.asked_by == {runner.pid}


def test_the_output_of_a_command_that_ends_between_two_looks_is_not_missed(tmp_path, monkeypatch):
    (tmp_path / "share/jobs").mkdir(parents=True)
    status, heard = jobs._status, []

    def ended(job):
        """The guest takes the job and ends it in the moment in which its status is asked for."""
        with suppress(FileNotFoundError):
            job.with_suffix(".new").rename(job)
            (job / "out").write_text("hello")
            (job / "rc").write_text("0\n")
        return status(job)

    monkeypatch.setattr(jobs, "_status", ended)
    monkeypatch.setattr(jobs, "alive", lambda _: True)
    assert jobs.run(tmp_path, ["true"], b"", lambda out, _: heard.append(out)) == 0
    assert heard == [b"hello"]
