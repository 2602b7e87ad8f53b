"""packaging/bootstrap: prepares a clone once, does nothing the second time, and reports what went wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import status
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]

# Stands for the system's Python: .venv becomes a folder with a copy of this, pip is only written down, and the rest is
# done by the Python of the tests.
PYTHON = """#!/bin/bash
echo "$*" >>{called}
case "$*" in
"-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
"-m venv"*) exit 9 ;;
"-c import pip" | "-m pip"*) [[ ! -e {refuse} ]] || {{ echo "pip: no network" >&2; exit 1; }} ;;
*) exec {python} "$@" ;;
esac
"""


class Clone:
    """A clone of the project's packaging, with a Python whose venv and pip are stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.called = folder / "called"
        self.refuse = folder / "refuse"
        self.python = folder / "python"
        shutil.copytree(ROOT / "packaging", self.folder / "packaging")
        for file in ("pyproject.toml", "client/pyproject.toml"):
            (self.folder / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, self.folder / file)
        self.python.write_text(PYTHON.format(called=self.called, refuse=self.refuse, python=sys.executable))
        self.python.chmod(0o755)
        self.environment = os.environ | {"PYTHON": str(self.python)}

    def setup(self, mode: str, status: int = 0) -> str:
        """The output of a set-up; `installed` lists what it did."""
        self.called.unlink(missing_ok=True)
        result = subprocess.run(
            [self.folder / "packaging/bootstrap", mode],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == status, result.stderr
        assert result.stdout == ""
        return result.stderr

    def installed(self) -> list[str]:
        if not self.called.exists():
            return []
        calls = self.called.read_text().splitlines()
        return [call.split(" install ")[1].split()[-1] for call in calls if " install " in call]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_the_first_set_up_installs_project_and_pjsua2_and_the_second_does_nothing(clone: Clone) -> None:
    assert "Making .venv" in clone.setup("test")
    project, wheel, axe = clone.installed()
    assert project == ".[dev]"
    assert axe.startswith("axe-playwright-python==")
    assert "--editable ./client --editable .[dev]" in clone.called.read_text()
    assert Path(wheel).name.startswith("pjsua2-")
    assert clone.setup("test") == ""
    assert clone.installed() == []


def test_a_set_up_for_tests_serves_run_but_not_the_other_way_round(clone: Clone) -> None:
    clone.setup("run")
    assert clone.installed()[0] == "."
    clone.setup("test")
    assert clone.installed()[0] == ".[dev]"
    assert clone.setup("run") == ""


@pytest.mark.parametrize(
    "file", ["pyproject.toml", "client/pyproject.toml", "packaging/pjsua2/config_site.h", "packaging/bootstrap"]
)
def test_a_changed_input_is_set_up_again(clone: Clone, file: str, tmp_path: Path) -> None:
    clone.setup("run")
    clone.refuse.touch()  # enough to see that it tries: a changed recipe would build for minutes
    with (clone.folder / file).open("a") as changed:
        changed.write("\n")
    assert "could not be" in clone.setup("run", status=1)


def test_what_pip_refused_is_reported_and_tried_again(clone: Clone) -> None:
    clone.setup("run")
    shutil.rmtree(clone.folder / ".venv")
    clone.refuse.touch()
    said = clone.setup("run", status=1)
    assert "pip: no network" in said
    assert "remedy: check the network and pip's configuration" in said
    clone.refuse.unlink()
    clone.setup("run")
    assert len(clone.installed()) == 2


def test_a_set_up_for_tests_fails_without_asterisk_and_says_why(clone: Clone) -> None:
    asterisk = clone.folder / "packaging/asterisk"
    made, refused = "#!/bin/sh\n", "#!/bin/sh\necho 'cause:  no mirror' >&2\nexit 1\n"
    for script, failed in ((refused, 1), (made, 0), (refused, 1)):  # the last one with everything else at hand
        asterisk.write_text(script)
        assert ("cause:  no mirror" in clone.setup("test", failed)) == bool(failed)
    assert clone.setup("run") == ""


def test_a_set_up_that_fails_ends_the_making_of_asterisk(clone: Clone, tmp_path: Path) -> None:
    began, pid = tmp_path / "began", tmp_path / "pid"
    os.mkfifo(began)
    (clone.folder / "packaging/asterisk").write_text(f"#!/bin/sh\nsleep 1000 &\necho $! >{began}\nwait\n")
    clone.python.write_text(f"#!/bin/sh\ncat {began} >{pid}\nexit 1\n")  # of no use, once the other is under way
    clone.setup("test", status=1)
    until(lambda: not status(int(pid.read_text())), "it has ended")


@pytest.mark.parametrize(
    ("script", "cause"),
    [("echo 3.9.2; exit 1", "cause:  it is 3.9.2"), (None, "cause:  it is ")],
)
def test_a_python_that_is_too_old_or_absent_is_reported(clone: Clone, script: str | None, cause: str) -> None:
    if script:
        clone.python.write_text(f"#!/bin/sh\n{script}\n")
    else:
        clone.python.unlink()
    said = clone.setup("run", status=1)
    assert "cannot be used" in said
    assert cause in said
    assert "remedy: set PYTHON to a Python 3.11 or later" in said


@pytest.mark.parametrize("arguments", [[], ["all"], ["run", "test"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    result = subprocess.run([ROOT / "packaging/bootstrap", *arguments], capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert "Usage:" in result.stderr
