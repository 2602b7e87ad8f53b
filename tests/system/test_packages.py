"""Packages whose upgrade stopped half way are found by dpkg's states, and not while something installs them."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.system import packages

WHOLE = {"intercomd": "ok installed", "python3-pjsua2": "ok installed"}
HOLD = (
    "import fcntl, os, sys\n"
    "fcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX)\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


def query(folder: Path, states: dict[str, str], status: int = 0) -> str:
    """A dpkg-query that knows these packages."""
    program = folder / "dpkg-query"
    lines = "".join(f"echo '{name} {state}'\n" for name, state in states.items())
    program.write_text(f"#!/bin/sh\n{lines}exit {status}\n")
    program.chmod(0o755)
    return str(program)


def test_whole_packages_are_no_fault(tmp_path):
    assert packages.half_installed(query(tmp_path, WHOLE)) is None


@pytest.mark.parametrize("state", ["half-installed", "unpacked", "half-configured", "triggers-awaited"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_package_that_is_not_whole_is_named_with_its_state_and_a_remedy(tmp_path, name, state):
    error = packages.half_installed(query(tmp_path, WHOLE | {name: f"ok {state}"}))
    assert error is not None
    assert f"the package {name} as {state}" in error.cause
    assert "dpkg --configure -a" in error.resolution
    assert f"--reinstall {name}," in error.resolution


def test_a_package_that_must_be_installed_again_is_named(tmp_path):
    error = packages.half_installed(query(tmp_path, WHOLE | {"intercomd": "reinstreq installed"}))
    assert error is not None


def test_a_machine_without_the_packages_or_without_dpkg_has_no_fault(tmp_path):
    assert packages.half_installed(query(tmp_path, {}, status=1)) is None
    assert packages.half_installed(str(tmp_path / "absent")) is None


def test_dpkg_understands_the_question():
    said = subprocess.run(["dpkg-query", *packages.QUESTION, "dpkg"], capture_output=True, text=True, check=True)
    assert said.stdout == "dpkg ok installed\n"


@pytest.fixture
def dpkg(tmp_path):
    for each in ("lock-frontend", "lock", "other"):
        (tmp_path / each).touch()
    return tmp_path


@pytest.mark.parametrize("name", ["lock-frontend", "lock"])
def test_a_program_that_holds_a_lock_of_dpkg_installs_packages(dpkg, name):
    assert not packages.installing(dpkg)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, dpkg / name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        assert packages.installing(dpkg)
    finally:
        holder.communicate("")
    assert not packages.installing(dpkg)


def test_locks_of_other_files_and_a_machine_without_dpkg_install_nothing(dpkg):
    descriptor = os.open(dpkg / "other", os.O_RDWR)
    fcntl.lockf(descriptor, fcntl.LOCK_EX)
    try:
        assert not packages.installing(dpkg)
    finally:
        os.close(descriptor)
    assert not packages.installing(dpkg / "absent")
