"""The lab's command looks at what can be wrong before it builds for minutes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
    assert (ran.returncode, "python -m pytest -m lab tests/lab/test" in ran.stdout) == (0, True)
    assert (clone / "built").exists()


def test_each_file_of_the_lab_has_its_place_in_their_order():
    assert sorted(ORDER) == sorted(file.stem for file in (ROOT / "tests/lab").glob("test_*.py"))
