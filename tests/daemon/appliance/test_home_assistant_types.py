"""The integration has the types of Home Assistant, by mypy in its root. `make test-home-assistant` runs it."""

import subprocess

import pytest

from tests.support.peers.home_assistant import INTEGRATION, MAKES, TREE

pytestmark = [pytest.mark.far_end, pytest.mark.home_assistant]
CACHE = TREE / "build/home-assistant-mypy"


def test_its_types_are_strict_and_those_of_the_newest_home_assistant():
    root = subprocess.check_output([MAKES, "sid"], text=True).strip()
    CACHE.mkdir(parents=True, exist_ok=True)
    box = ["--ro-bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--die-with-parent"]
    for path, place in ((TREE / INTEGRATION.parents[1], "integration"), (TREE / "client", "client")):
        box += ["--ro-bind", str(path), f"/tmp/{place}"]
    box += ["--bind", str(CACHE), "/tmp/cache", "--clearenv", "--setenv", "HOME", "/tmp"]
    box += ["--setenv", "MYPYPATH", "/tmp/client", "--chdir", "/tmp/integration"]
    options = ["--strict", "--explicit-package-bases", "--follow-imports=silent", "--cache-dir=/tmp/cache"]
    argv = ["bwrap", *box, "/opt/ha/bin/python", "-m", "mypy", *options, "-p", "custom_components.intercomd"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
