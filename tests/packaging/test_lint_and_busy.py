"""A failed check of lint names the command that mends it; the tests beside hogs end them, and fail if any run does."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import command, living, tree
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def faked(folder: Path, script: str, **programs: str) -> Path:
    """A copy of a script of tests/ beside such programs in .venv/bin."""
    for name, text in programs.items():
        path = folder / ".venv/bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    (folder / "tests").mkdir()
    return Path(shutil.copy(ROOT / "tests" / script, folder / "tests"))


@pytest.mark.parametrize(
    ("ruff", "mypy", "remedy"),
    [
        ("[[ $1 != check ]]", "true", ".venv/bin/ruff check --fix ."),
        ("[[ $1 != format ]]", "true", ".venv/bin/ruff format ."),
        ("true", "false", ".venv/bin/mypy repeats the check"),
        ("true", "true", ""),
    ],
)
def test_lint_names_the_command_that_mends_what_it_found(tmp_path: Path, ruff: str, mypy: str, remedy: str) -> None:
    ended = subprocess.run([faked(tmp_path, "lint", ruff=ruff, mypy=mypy)], capture_output=True, text=True)
    assert ended.returncode == bool(remedy)
    assert remedy in ended.stderr.partition("remedy: ")[2]
    assert bool(ended.stderr) == bool(remedy)


@pytest.mark.parametrize(("words", "hogs"), [(["cpu"], ["4"]), (["disc"], ["1"]), ([], ["4", "1"])])
@pytest.mark.parametrize("status", [0, 1])
def test_the_tests_run_beside_hogs_that_end_with_each_run(
    tmp_path: Path, words: list[str], hogs: list[str], status: int
) -> None:
    others = "echo $(($(pgrep -c -P $PPID) - 1))"  # not by their commands: a hog may still have that of the script
    busy = faked(tmp_path, "busy", python=f"{others} >>counted; exit {status}")
    ended = subprocess.run([busy, *words], capture_output=True, text=True, timeout=120)
    assert (tmp_path / "counted").read_text().split() == hogs
    assert ended.returncode == status


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_hog_outlives_its_script(tmp_path: Path, how: int) -> None:
    busy = faked(tmp_path, "busy", python="touch begun; exec sleep 600")
    running = subprocess.Popen([busy, "cpu"], start_new_session=True, stdout=subprocess.DEVNULL)
    until((tmp_path / "begun").exists, "the tests have begun")

    def named():
        """Those that have their own command by now, and no longer that of the script."""
        return [each for each in tree(running.pid) if "while :" in command(each[0])]

    def asleep():
        return [pid for pid, _ in tree(running.pid) if "sleep 600" in command(pid)]

    until(lambda: len(named()) == 4, "four hogs")
    until(asleep, "the tests")  # the shell that has begun them becomes them
    hogs, (tests,) = named(), asleep()
    os.kill(running.pid, how)
    os.kill(tests, signal.SIGKILL)  # bash waits for it before it ends
    running.wait(120)
    until(lambda: not living(hogs), "the end of the hogs")
