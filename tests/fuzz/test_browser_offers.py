"""Offers of hostile browsers: whatever passes the list of lines harms neither the SIP process nor the next call."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.budget import SECONDS
from tests.fuzz.offers import FEW
from tests.support.peers.namespaces import Cable

pytestmark = pytest.mark.far_end

ROOT = Path(__file__).parents[2]
MORE_S = 300  # to start, and for the last calls


def test_spoilt_offers_end_neither_the_process_nor_the_next_call(tmp_path, record_property):
    number = random.getrandbits(32) if SECONDS else 1
    with Cable(tmp_path) as cable:
        words = [*cable.door.within, sys.executable, "-m", "tests.fuzz.offers", str(number), str(SECONDS)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        limit_s = SECONDS + MORE_S
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, f"{number}\n{done.stdout}\n{done.stderr[-6000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    record_property("offers", str(found))
    assert sum(found.values()) >= FEW
    assert found.get("200", 0) > 0 and found.get("unfit", 0) > 0, found
