"""Most tests fork their stations (tests/support/forks/daemon.py); here the program itself starts."""

import os
import re
import signal
import subprocess
import sys

from appliance.demo.stations import CODE
from tests.support.daemon import Daemon
from tests.support.forks.daemon import LOADED
from tests.support.processes import command
from tests.support.times import REAL
from tests.support.waiting import until


def test_a_forked_station_has_only_modules_that_the_program_loads(tmp_path):
    with Daemon(tmp_path / "d", within=("env", "PYTHONPROFILEIMPORTTIME=1"), times=REAL) as door:
        assert door.get("/v1/state")["appliance"]
    loads = set(re.findall(r"^import time: +\d+ \| +\d+ \| +(appliance\S*)$", door.log, re.MULTILINE))
    program = f"import sys, tests.support.forks.daemon, {', '.join(LOADED)}; print(*sys.modules)"
    has = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=CODE).stdout
    assert {name for name in has.split() if name.partition(".")[0] == "appliance"} <= {"appliance.__main__", *loads}


def test_the_first_sip_process_which_is_forked_too_looks_like_the_next_which_the_program_starts(tmp_path):
    def words(pid):
        python, *options, _descriptor, daemon = command(pid).split()
        return python, options, daemon

    with Daemon(tmp_path / "d") as door:
        first = door.sip()
        looked = words(first)
        os.kill(first, signal.SIGKILL)
        door.wait("appliance.recovered", part="sip")
        assert until(lambda: door.sip() != first and words(door.sip()), "the next one") == looked
