"""`intercomctl backup`, `restore` and `wipe` on a station that runs and on one that is stopped."""

import json
import os
import subprocess
import sys

import pytest

from appliance.store import database
from tests.support.daemon import Daemon
from tests.support.waiting import until

DOOR = {"front": {"pulse_s": 0.5}}
# The service manager of this test: the service is the daemon, whose process id is in a file.
SYSTEMCTL = """#!/bin/sh
echo "$1" "${2%-*.service}" >>"$0.said"
pid=$(cat "$0.pid")
case "$1 $2" in
    stop*again*) ;;  # the unit by which systemd would start the service
    is-active*) kill -0 "$pid" ;;
    stop*) kill "$pid"; while [ -d "/proc/$pid" ] && ! grep -q 'State:.Z' "/proc/$pid/status"; do sleep 0.05; done ;;
esac
"""


def ctl(*words, path=None):
    environment = os.environ | ({"PATH": f"{path}:{os.environ['PATH']}"} if path else {})
    command = [sys.executable, "-m", "appliance.cli", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def manager(tmp_path):
    """A directory with a systemctl for PATH, and a systemd-run that begins nothing."""
    (tmp_path / "bin").mkdir()
    for name, script in (("systemctl", SYSTEMCTL), ("systemd-run", "#!/bin/sh\n")):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path / "bin"


def test_a_station_that_runs_is_saved_and_brought_back_and_forgets_a_person(manager, tmp_path):
    station, saved = Daemon(tmp_path / "d", door=DOOR), tmp_path / "saved"
    place = ("--state", str(station.directory), "--config", str(station.directory / "door.toml"))
    with station as door:
        (manager / "systemctl.pid").write_text(str(door.pid))
        kept = door.post("/v1/codes", {"owner": "Ann", "digits": "4711", "doors": ["front"]})["id"]
        door.post("/v1/codes", {"owner": "Cleo", "digits": "4713", "doors": ["front"]})
        until(lambda: len(door.get("/v1/log/doors")["events"]) == 2, "the codes in the audit")
        status, done = ctl("backup", str(saved), *place)
        assert (status, done["file"], done["left_out"]) == (0, str(saved), [])
        last = door.get("/v1/state")["last_event"]
        door.post("/v1/codes", {"owner": "Bob", "digits": "4712", "doors": ["front"]})
        until(lambda: len(door.get("/v1/log/doors")["events"]) == 3, "all in the audit")
        status, refused = ctl("restore", str(saved), "--yes", *place)  # without a service manager it is not stopped
        assert (status, refused["code"]) == (1, "unavailable")
        assert [code["owner"] for code in door.get("/v1/codes")["codes"]] == ["Ann", "Cleo", "Bob"]
        status, done = ctl("restore", str(saved), "--yes", *place, path=manager)
        assert (status, done["station"]) == (0, "Door")
        until(lambda: door.ended is not None, "the end of the daemon")
    assert (manager / "systemctl.said").read_text().splitlines() == [
        *("is-active --quiet", "stop intercomd.service", "start intercomd.service", "stop intercomd-again")
    ]
    status, done = ctl("wipe", "--person", "cleo", "--yes", *place)
    assert (status, done["rows"]["codes"], done["rows"]["audit"]) == (0, 1, 1)
    assert b"Cleo" not in (station.directory / database.FILE).read_bytes()
    with Daemon(tmp_path / "d", door=DOOR) as door:
        (code,) = until(lambda: door.get("/v1/codes")["codes"], "the codes")
        assert (code["id"], code["owner"]) == (kept, "Ann")
        (event,) = door.get("/v1/log/doors")["events"]
        assert (event["type"], event["data"]["owner"]) == ("code.added", "Ann")
        found = {each["check"]: each for each in door.post("/v1/doctor")["findings"]}
        assert found["log.doors"]["message"].startswith("The audit of doors is whole: 2 rows, of which 1 were erased")
        assert door.get("/v1/state")["last_event"] > last, "no event has an id that another one had"
