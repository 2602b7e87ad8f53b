"""`intercomctl watch` at a real station: which events it shows, and what it does when the station is away."""

import json
import subprocess
import sys

import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.far_end


def command(station, *words):
    return [
        *(sys.executable, "-m", "appliance.cli", "--socket", str(station.directory / "http.sock")),
        *("--json", "watch", *words),
    ]


def watched(station, *words):
    """What it prints up to its own end."""
    ended = subprocess.run(command(station, *words), capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture
def station(tmp_path):
    with Daemon(tmp_path, http={"port": 0, "socket": True}) as running:
        yield running


def test_only_events_of_the_wanted_types_and_call_are_shown_and_the_one_that_ends_it(station):
    station.press("ring")
    call = station.wait("call.dialing")["call"]
    kinds = [event["type"] for event in watched(station, "--since", "0", "--types", "button.*", "--until", "call.*")]
    assert kinds[0] == "button.pressed" and kinds[-1] == "call.dialing"
    assert {kind.partition(".")[0] for kind in kinds} == {"button", "call"}
    assert {each["call"] for each in watched(station, "--since", "0", "--call", call, "--until", "call.dialing")} == {
        call
    }


@pytest.mark.parametrize("wrong", [("--types", "rings.*"), ("--until", "ring.begun")])
def test_a_type_that_does_not_exist_is_refused_with_the_reason(station, wrong):
    refused = subprocess.run(command(station, *wrong), capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["code"] == "event-unknown"


def test_after_a_restart_of_the_station_it_continues_where_it_was(station):
    with subprocess.Popen(command(station, "--since", "0"), stdout=subprocess.PIPE, text=True) as watching:
        try:
            seen = [json.loads(watching.stdout.readline())]
            station.stop()
            station.start()
            station.ready()
            while [each["type"] for each in seen].count("appliance.ready") < 2:
                seen.append(json.loads(watching.stdout.readline()))
        finally:
            watching.kill()
    ids = [each["id"] for each in seen]
    assert ids == sorted(set(ids))
    assert len({each["boot"] for each in seen}) == 2
    assert "appliance.stopping" in [each["type"] for each in seen]
