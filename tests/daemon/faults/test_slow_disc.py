"""A disc that holds writes and syncs up for seconds, as SD cards do: while a call is recorded, or a code is made."""

import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from appliance.store import database
from benchmarks.recording_kills import whole
from tests.support.daemon import Daemon
from tests.support.peers.packets import PACKET_S, Packets
from tests.support.stations import AMPLITUDE, RATE, Ear, tone_file
from tests.support.times import patient
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
HERTZ, HANGS_S = 1000, 4.0
PACKETS = round(HANGS_S / PACKET_S)
LOUD = AMPLITUDE / 4  # mean of the tone's samples in any 20 ms: 0.64 of its amplitude


@pytest.fixture
def hangs(tmp_path, monkeypatch):
    """While this file is there, the disc hangs for programs that are started."""
    library, hangs = tmp_path / "slow_disc.so", tmp_path / "hangs"
    source = Path(__file__).with_name("slow_disc.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("SLOW_DISC", str(hangs))
    return hangs


@pytest.mark.parametrize("channels", ["mixed", "separate"])
def test_a_disc_that_hangs_costs_neither_the_sound_of_a_call_nor_its_recording(channels, tmp_path, hangs):
    sound = {"microphone_file": str(tone_file(tmp_path / "microphone.wav", HERTZ))}
    recording = {"enabled": True, "channels": channels}
    with (
        Daemon(tmp_path / "d", audio=sound, recording=recording, deadlines={"rtp_s": 600}) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        call = far.rung_by(door)
        made = door.next("recording.started", call)["data"]["recording"]
        file = Ear(door.directory / "recordings" / f"{made}.wav", channel=0 if channels == "separate" else None)
        until(lambda: len(file.samples()) > RATE, "a second of sound on disc", log=door.told)
        hangs.touch()
        size = len(file.samples())
        heard(far, PACKETS)
        assert len(file.samples()) <= size + RATE // 2, "the disc does not hang"
        hangs.unlink()
        until(lambda: len(file.samples()) > size + HANGS_S * RATE, "what was recorded meanwhile", log=door.told)
        far.hung_up_by(door, call)
        row = whole(door, made)
        assert row
        assert row["duration_s"] > HANGS_S
        assert not silent(file.samples()), "the recording has a gap"


def test_a_code_of_which_was_said_that_it_could_not_be_saved_opens_nothing_after_the_next_start(tmp_path, hangs):
    def add(digits):
        return station.ask("POST", "/v1/codes", {"digits": digits, "owner": "Anna", "doors": ["front"]})

    def on_disc():
        with closing(sqlite3.connect(station.directory / database.FILE)) as connection:
            return [name for (name,) in connection.execute("SELECT id FROM codes")]

    times = patient(code_saved_s=1.0)
    with Daemon(tmp_path / "d", door={"front": {}}, times=times, within=["env"]) as station:
        until(lambda: station.ask("GET", "/v1/codes")[0] == 200, log=station.told)
        hangs.touch()
        status, said = add("4711")
        assert (status, said["detail"], said["cause"]) == (
            *(503, "The code could not be saved."),
            "The disc takes too long.",
        )
        hangs.unlink()
        status, said = until(lambda: (added := add("0815"))[0] == 201 and added, log=station.told)
        until(lambda: on_disc() == [said["id"]], "only what was saved", log=station.told)
        station.stop()
        station.start()
        station.ready()
        assert [code["id"] for code in station.get("/v1/codes")["codes"]] == [said["id"]]


def heard(far, packets):
    """So many come by RTP from now on, as many as they would if nothing hung."""
    drain(far)
    come = 0

    def enough():
        nonlocal come
        come += drain(far)
        return come >= packets

    until(enough, "the sound of the call")


def drain(far):
    """How many packets of sound came since the last time."""
    far.rtp.setblocking(False)
    come = 0
    with suppress(BlockingIOError):
        while True:
            far.rtp.recv(2048)
            come += 1
    return come


def silent(samples):
    """Whether there are 20 ms without the tone, apart from the begin and the end."""
    turns = np.abs(samples[RATE // 4 : -RATE // 4])
    turns = turns[: len(turns) // (RATE // 50) * (RATE // 50)].reshape(-1, RATE // 50)
    return bool((turns.mean(axis=1) < LOUD).any())
