"""A station that copies its recordings by rclone: the server hangs, rclone dies, the station dies."""

import contextlib
import json
import os
import signal

import pytest

from tests.daemon.calls.test_recording_orders import begun, ended
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.processes import command, status, tree
from tests.support.rclone import PASSWORD, Server, configuration
from tests.support.shown import shows
from tests.support.waiting import until


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "server", loopback()) as server:
        yield server


@pytest.fixture
def door(tmp_path, server):
    recording = {
        "enabled": True,
        "copy_to": "nas:door",
        "copy_config_file": configuration(tmp_path / "rclone.conf", nas=server.remote),
    }
    with Daemon(tmp_path / "d", recording=recording, deadlines={"rtp_s": 600}) as door:
        yield door


def recorded(door, far):
    """A call, recorded until its end."""
    door.begin()
    call = far.rung_by(door)
    recording, _ = begun(door, call)
    ended(door, far, call)
    door.next("recording.available", recording=recording)
    return recording


def copying(door, recording):
    """rclone, which copies this recording: its process id."""

    def found():
        return [pid for pid, _ in tree(door.pid) if f"{recording}." in command(pid).partition(" copyto ")[2]]

    return until(found, "rclone", log=lambda: door.log)[0]


@shows("recording.copied", "recording.copy_failed")
def test_recordings_are_copied_whatever_ends_the_copy_and_then_removed_by_rule(door, server):
    server.hang()
    with Packets(door.far_address, door.far_port) as far:
        first = recorded(door, far)
        with contextlib.suppress(ProcessLookupError):
            os.kill(copying(door, first), signal.SIGKILL)
        failed = door.next("recording.copy_failed", recording=first)["data"]
        row = door.get(f"/v1/recordings/{first}")
        assert (row["copied"], row["copy_tries"], row["copy_error"]) == (None, 1, failed["why"])
        assert failed["tries"] == 1
        (finding,) = (each for each in door.post("/v1/doctor")["findings"] if each["check"] == "copies")
        assert finding["resolution"].startswith("Try rclone by hand")

        second = recorded(door, far)
    assert door.ask("PATCH", f"/v1/recordings/{second}", {"protected": True})[0] == 200
    process = copying(door, second)
    door.kill()
    until(lambda: status(process) is None, "the end of rclone")
    server.go_on()
    door.config["recording"]["after_copy"] = "remove"
    door.start()
    door.ready()
    for recording in (first, second):
        copied = door.next("recording.copied", recording=recording)["data"]
        assert copied["to"] == f"nas:door/{recording}.wav"
        copy = server.directory / "door" / f"{recording}.wav"
        assert copy.stat().st_size == copied["bytes"]
        assert json.loads(copy.with_suffix(".json").read_text())["id"] == recording
    door.next("recording.deleted", recording=first, why="copied")
    (row,) = door.get("/v1/recordings")["recordings"]
    assert (row["id"], row["copy_error"]) == (second, "")
    assert row["copied"]
    assert door.get(row["url"]) == (server.directory / "door" / f"{second}.wav").read_bytes()
    assert PASSWORD not in f"{door.log}{door.get('/v1/support-bundle')}"
    assert server.remote["pass"] not in f"{door.log}{door.get('/v1/support-bundle')}"
