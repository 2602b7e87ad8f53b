"""With several workers, long tests come first and those in real time last; a run's end names what was waited for."""

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import os, time
from pathlib import Path
import pytest
from tests.support.waiting import until

HERE = Path(__file__).parent

def lasts(kind, number, seconds):
    begin = time.monotonic()
    until(lambda: time.monotonic() > begin + seconds, f"the end of {kind}")
    (HERE / f"{kind}-{number}").write_text(f"{begin} {time.monotonic()}")

def dies(kind, number):
    once = HERE / f"{kind}-died"
    if number == 3 and DIE and not once.exists():
        once.touch()
        os._exit(9)

@pytest.mark.realtime
@pytest.mark.parametrize("number", range(10))
def test_sound(number):
    dies("sound", number)
    lasts("sound", number, 0.2)

@pytest.mark.parametrize("number", range(30))
def test_else(number):
    dies("else", number)
    lasts("else", number, 2.0 if number == 29 else 0.02)
"""
LONG = """
import os
from pathlib import Path
import pytest

def noted(test):
    with Path(__file__).with_name(f"order-{os.environ['PYTEST_XDIST_WORKER']}").open("a") as order:
        order.write(f"{test}\\n")

@pytest.mark.parametrize("number", range(30))
def test_short(number):
    noted("short")

@pytest.mark.realtime
@pytest.mark.parametrize("number", range(8))
def test_sound(number):
    noted("sound")

@pytest.mark.parametrize("seconds", [pytest.param(each, marks=pytest.mark.long(each)) for each in (30, 50, 60, 40)])
def test_long(seconds):
    noted(f"long {seconds}")

@pytest.mark.long(60)
@pytest.mark.realtime
def test_long_sound():
    noted("long sound")
"""
PLUGIN = 'pytest_plugins = ["tests.support.run.plugin"]\n'
# Without what takes long to load: each worker does.
OPTIONS = "addopts = -p no:schemathesis -p no:hypothesispytest -p no:anyio"
SETTINGS = f"[pytest]\n{OPTIONS}\nmarkers =\n  realtime\n  long(seconds)\n"


def run(folder: Path, *options: str, tests: str = TESTS, die: bool = False) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(PLUGIN)
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_it.py").write_text(f"DIE = {die}\n{tests}")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, *options, folder]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment, timeout=300)


def times(folder: Path, kind: str) -> list[tuple[float, float]]:
    """Begin and end of each test of a kind."""
    files = [path for path in folder.glob(f"{kind}-*") if path.name[-1].isdigit()]
    return [tuple(map(float, path.read_text().split())) for path in files]


@pytest.mark.parametrize("die", [False, True], ids=["workers live", "workers die"])
@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_sound_comes_last(tmp_path: Path, workers: str, die: bool) -> None:
    ended = run(tmp_path, "-n", workers, "--dist", "worksteal", die=die)
    sound, others = times(tmp_path, "sound"), times(tmp_path, "else")
    assert (len(sound), len(others)) == ((9, 29) if die else (10, 30)), ended.stdout
    assert min(begin for begin, _ in sound) > max(end for _, end in others)
    assert ended.returncode == int(die), ended.stdout
    (summary,) = re.findall(r"=+ .*\d+ passed.* in .*=+", ended.stdout)
    assert ("2 failed, 38 passed" if die else " 40 passed") in summary


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_each_worker_begins_with_its_share_of_the_long_tests_the_longest_first(tmp_path: Path, workers: int) -> None:
    ended = run(tmp_path, "-n", str(workers), "--dist", "worksteal", tests=LONG)
    assert " 43 passed" in ended.stdout, ended.stdout
    orders = [path.read_text().split("\n")[:-1] for path in tmp_path.glob("order-*")]
    long = [[test for test in order if re.match(r"long \d", test)] for order in orders]
    assert sorted(chain(*long)) == ["long 30", "long 40", "long 50", "long 60"]
    assert max(map(len, long)) <= max(1, 4 // workers), "one has several, though another has none"
    for order, its in zip(orders, long, strict=True):
        assert order[: len(its)] == sorted(its, reverse=True)
        sound = [test for test in order if "sound" in test]
        assert "long sound" not in sound[1:]


@pytest.mark.parametrize("options", [(), ("-n", "2", "--dist", "worksteal")], ids=["one process", "workers"])
def test_the_end_names_the_slowest_tests_and_what_they_waited_for(tmp_path: Path, options: tuple[str, ...]) -> None:
    lines = run(tmp_path, *options).stdout.splitlines()
    (place,) = (number for number, line in enumerate(lines) if "slowest tests, and what they waited for" in line)
    told = re.fullmatch(r" +(\d+\.\d) s  .*test_it.py::test_else\[29\]: the end of else (\d+\.\d) s", lines[place + 1])
    assert told and min(map(float, told.groups())) >= 2.0, lines[place + 1]
    assert len([line for line in lines[place + 1 :] if re.match(r" +\d+\.\d s  ", line)]) == 10
    (place,) = (number for number, line in enumerate(lines) if "what all tests together waited for most" in line)
    assert re.fullmatch(r"the end of \w+: \d+ s in \d+ tests", lines[place + 1]), lines[place + 1]
