"""The walks of `make walks` find their hops in the running stations."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import walks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.far_end
def test_each_walk_lists_the_modules_of_its_hops():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.walks"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for walk, last in (
        ("a press to INVITE", "sip/stack/calls/table.py"),
        ("INVITE to lamp", "panel/lamps/gpio_lamp.py"),
        ("an HTTP order to relay", "panel/guard.py"),
    ):
        assert walk in walks.WALKS
        listed = done.stdout.partition(f"{walk}: ")[2].partition(": ")[0]
        assert f"    {last}\n" in listed
