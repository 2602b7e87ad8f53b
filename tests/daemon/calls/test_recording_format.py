"""A station that keeps its recordings as Opus files of two channels: converted by itself, and after a kill."""

import subprocess

import pytest

from tests.daemon.calls.test_recording_orders import begun, ended
from tests.daemon.transfers.test_transfers import ctl
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.stations import tone_file
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

HERTZ = 1000
SHORTEST = 4000  # samples: a quarter of a second


@pytest.fixture
def door(tmp_path):
    sound = {"microphone_file": str(tone_file(tmp_path / "microphone.wav", HERTZ))}
    recording = {"enabled": True, "format": "opus", "channels": "separate"}
    with Daemon(tmp_path / "d", audio=sound, recording=recording, deadlines={"rtp_s": 600}) as door:
        yield door


def converted(door, recording):
    """It is, and all that says so agrees; its file."""
    told = door.next("recording.converted", recording=recording)["data"]
    row = door.get(f"/v1/recordings/{recording}")
    assert (row["format"], row["bytes"], row["duration_s"]) == ("opus", told["bytes"], told["duration_s"])
    file = door.directory / "recordings" / f"{recording}.opus"
    until(lambda: not file.with_suffix(".wav").exists(), "the end of the WAV file")
    assert door.get(told["url"]) == file.read_bytes()
    sound = subprocess.run(["opusdec", "--quiet", str(file), "-"], check=True, capture_output=True).stdout
    assert len(sound) > SHORTEST
    head = file.read_bytes()
    assert head[head.index(b"OpusHead") + 9] == 2, "channels"
    return file


def test_an_order_chooses_format_channels_and_note_of_its_recording(tmp_path):
    sound = {"microphone_file": str(tone_file(tmp_path / "microphone.wav", HERTZ))}
    recording = {"enabled": True, "calls": "none"}
    with (
        Daemon(tmp_path / "d", audio=sound, recording=recording, deadlines={"rtp_s": 600}) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        call = far.rung_by(door)
        path = f"/v1/calls/{call}/recording"
        wanted = {"format": "opus", "channels": "separate", "note": "Parcel for Smith"}
        assert door.ask("POST", path, wanted)[0] == 202
        first, _ = begun(door, call)
        assert door.ask("DELETE", path)[0] == 200
        door.next("recording.available", recording=first)
        converted(door, first)
        assert ctl(door, "record", "start", "--note", "Milk")[0] == 0  # it stays as the station is configured
        second, file = begun(door, call)
        ended(door, far, call)
        door.next("recording.available", recording=second)
        rows = door.get("/v1/recordings")["recordings"]
        assert [(row["id"], row["note"], row["format"]) for row in rows] == [
            (second, "Milk", "wav"),
            (first, "Parcel for Smith", "opus"),
        ]
        assert file.path.exists()
        found = door.get("/v1/recordings?note=smith")["recordings"]
        assert [row["id"] for row in found] == [first]


@shows("recording.converted")
def test_finished_recordings_become_opus_files_also_those_that_a_kill_left(door, tmp_path):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        first, _ = begun(door, call)
        ended(door, far, call)
        door.next("recording.available", recording=first)
        file = converted(door, first)
        copy = tmp_path / "copy.opus"
        assert ctl(door, "recordings", "get", first, "--output", str(copy)) == (0, f"{copy}\n")
        assert copy.read_bytes() == file.read_bytes()

        door.begin()
        call = far.rung_by(door)
        second, _ = begun(door, call)
        door.kill()
    door.start()
    door.ready()
    door.next("recording.recovered", recording=second)
    converted(door, second)
    assert {row["format"] for row in door.get("/v1/recordings")["recordings"]} == {"opus"}
