"""A run of tests that is ended leaves no process behind, whatever ends it, and whatever its tests had started."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.processes import children, command, living, tree
from tests.support.run import keeper
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
# No cache, no settings, and no plugins that take long to load.
PLUGINS = "-p no:cacheprovider -p no:schemathesis -p no:hypothesispytest -p no:anyio"
PLAINLY = *PLUGINS.split(), "-c", "/dev/null", "--rootdir"
SCRIPT = "echo up >{name}; exec sleep 600"
# As they are, and as they get away from the one that started them.
PLAIN = {
    "child": "['sh', '-c', script]",
    "session": "['setsid', 'sh', '-c', script]",
    "unnamed": "['env', '-i', 'PATH=/usr/bin:/bin', 'setsid', 'sh', '-c', script]",
    "deaf": "['sh', '-c', 'trap \"\" TERM HUP INT; ' + script]",
    "orphan": "['sh', '-c', '(setsid sh -c \"' + script + '\" &) ; exit 0']",
    "grandchild": "['sh', '-c', 'sh -c \"' + script + '\"; true']",
}
STARTS = f"""
import subprocess
from pathlib import Path
from tests.support.waiting import until

def test_starts():
    here = Path(__file__).parent
    begun = []
    for name, words in {PLAIN!r}.items():
        script = {SCRIPT!r}.format(name=here / name)
        begun.append(subprocess.Popen(eval(words)))
        until((here / name).exists, name)
    (here / "ready").touch()
    until(lambda: False, patience=600)
"""
# The far ends that start several processes, or do not end with the one that started them.
FAR_ENDS = """
import contextlib
from pathlib import Path
import pytest
from tests.api.chromium import chromium
from tests.api.firefox import firefox
from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import Kamailio
from tests.support.waiting import until

@pytest.mark.far_end
def test_starts(tmp_path):
    with contextlib.ExitStack() as stack:
        for kind in (Daemon, Kamailio, Asterisk, chromium, firefox):
            (tmp_path / kind.__name__).mkdir()
            stack.enter_context(kind(tmp_path / kind.__name__))
        Path(__file__).with_name("ready").touch()
        until(lambda: False, patience=600)
"""


@contextmanager
def begun(folder: Path, test: str, words: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], list[tuple[int, str]]]]:
    """Begin a run of a test that starts processes and then waits: the run, and all its processes with their births."""
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "test_it.py").write_text(test)
    # A run that is killed leaves its files.
    with TemporaryDirectory(prefix="ended-run-", ignore_cleanup_errors=True) as temporary:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}", "TMPDIR": temporary}
        with (folder / "log").open("wb") as log:
            run = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            ready, said = (folder / "ready").exists, (folder / "log").read_text
            until(lambda: ready() or run.poll() is not None, "its test waits", log=said, patience=300)
            assert ready(), said()
            yield run, tree(run.pid)
        finally:
            run.kill()
            run.wait()


def pytest_in(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *PLAINLY, str(folder), *options, str(folder)]


def runner(all_of_it: list[tuple[int, str]]) -> int:
    """The process that runs the test: the one that has started its processes."""
    (parent,) = {
        pid for pid, _ in all_of_it if sum("sleep 600" in command(child) for child in children(pid)) >= 3 and pid
    } - {keeper for keeper, _ in all_of_it if "keeper.py" in command(keeper)}
    return parent


def assert_gone(all_of_it: list[tuple[int, str]]) -> None:
    until(lambda: not living(all_of_it), "the end", log=lambda: str([command(pid) for pid in living(all_of_it)]))


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_run_that_a_signal_ends(tmp_path: Path, options: tuple[str, ...], how: int) -> None:
    with begun(tmp_path, STARTS, pytest_in(tmp_path, *options)) as (run, all_of_it):
        assert sum("sleep 600" in command(pid) for pid, _ in all_of_it) >= len(PLAIN)
        run.send_signal(how)
        run.wait(120)
        assert_gone(all_of_it)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_run_whose_process_group_a_signal_ends(
    tmp_path: Path, options: tuple[str, ...], how: int
) -> None:
    with begun(tmp_path, STARTS, pytest_in(tmp_path, *options)) as (run, all_of_it):
        os.killpg(run.pid, how)
        run.wait(120)
        assert_gone(all_of_it)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
def test_nothing_is_left_when_the_process_that_runs_tests_is_killed(tmp_path: Path, options: tuple[str, ...]) -> None:
    with begun(tmp_path, STARTS, pytest_in(tmp_path, *options)) as (run, all_of_it):
        tests = runner(all_of_it)
        assert tests != run.pid
        below = tree(tests) + [each for each in all_of_it if "sleep 600" in command(each[0])]
        os.kill(tests, signal.SIGKILL)
        assert_gone(below)
        if not options:  # else another worker takes its place, and waits for ever too
            assert run.wait(120) == 128 + signal.SIGKILL


def test_nothing_is_left_of_a_process_whose_first_thread_has_ended(tmp_path: Path) -> None:
    """As of a worker that is just being killed: it looks as if it had ended, and its children are still its own."""
    script = SCRIPT.format(name=tmp_path / "ready")
    (tmp_path / "threads.py").write_text(
        "import ctypes, subprocess, threading\n"
        f"threading.Thread(target=subprocess.run, args=(['setsid', 'sh', '-c', {script!r}],)).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    kept = [sys.executable, "-IS", keeper.__file__, sys.executable, str(tmp_path / "threads.py")]
    with subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({kept})"]) as above:
        until((tmp_path / "ready").exists, "its child")
        all_of_it = tree(above.pid)
        assert any("sleep 600" in command(pid) for pid, _ in all_of_it)
        above.kill()
        above.wait()
        assert_gone(all_of_it)


def test_nothing_is_left_of_make_test_after_sigterm(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name, script in {
        "packaging/bootstrap": "exit 0",
        "tests/lint": "exit 0",
        ".venv/bin/python": f'exec {sys.executable} "$@" {" ".join(PLAINLY)} . .',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    with begun(tmp_path, STARTS, ["make", "-C", str(tmp_path), "test"]) as (run, all_of_it):
        assert sum("sleep 600" in command(pid) for pid, _ in all_of_it) >= len(PLAIN)
        run.terminate()
        run.wait(120)
        assert_gone(all_of_it)


@pytest.mark.far_end
@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["its first process", "its process group"])
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
def test_no_far_end_is_left_of_a_run_that_is_killed(
    tmp_path: Path, options: tuple[str, ...], kill: Callable[[int, int], None]
) -> None:
    with begun(tmp_path, FAR_ENDS, pytest_in(tmp_path, *options)) as (run, all_of_it):
        programs = [command(pid) for pid, _ in all_of_it]
        for name in ("kamailio", "asterisk", "chrom", "firefox", "appliance.sip.stack"):
            assert any(name in program for program in programs), f"no {name} among {programs}"
        kill(run.pid, signal.SIGKILL)
        run.wait(120)
        assert_gone(all_of_it)


def test_a_runs_status_is_that_of_its_tests(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    for test, status in (("pass", 0), ("assert False", 1)):
        (tmp_path / "test_it.py").write_text(f"def test_one(): {test}\n")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(pytest_in(tmp_path), cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert ended.returncode == status, ended.stdout
        assert ended.stdout.count("1 passed" if not status else "1 failed") == 1
