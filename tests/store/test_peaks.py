"""The waveform of a recording: right, counted once and one at a time, and gone with the recording."""

import asyncio
import json
import os
import struct
import wave
from math import pi, sin

import pytest

from appliance.base import idle_programs
from appliance.base.errors import IntercomError
from appliance.core.inputs import RecordingPrepared
from appliance.core.orders import FinishRecording
from appliance.store.finished import count_peaks, peaks
from tests.store.test_recordings import RATE_HZ, header, made, order, station


def counted(kept, recording):
    return asyncio.run(kept.peaks(recording))


def loud_in_its_middle(seconds=3):
    """Silence, but for the second second: a full 1,000 Hz."""
    beat = [int(32_000 * sin(2 * pi * number / 8)) if number // RATE_HZ == 1 else 0 for number in range(RATE_HZ * 3)]
    return header() + struct.pack(f"<{RATE_HZ * seconds}h", *beat)


def test_the_waveform_is_low_where_nothing_is_heard_and_high_where_it_is_loud(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        kept.path(recording).write_bytes(loud_in_its_middle())
        found = counted(kept, recording)
        assert {name: found[name] for name in ("version", "channels", "sample_rate", "bits")} == {
            "version": 2,
            "channels": 1,
            "sample_rate": RATE_HZ,
            "bits": 8,
        }
        assert (found["samples_per_pixel"], found["length"], len(found["data"])) == (24, 1000, 2000)
        lowest, highest = found["data"][::2], found["data"][1::2]
        assert set(lowest[:333] + lowest[667:] + highest[:333] + highest[667:]) == {0}
        assert (min(lowest[334:666]), max(lowest[334:666])) == (-125, -125)
        assert set(highest[334:666]) == {125}


def test_it_is_counted_once_and_again_only_if_it_was_damaged_or_the_recording_is_another(tmp_path, monkeypatch):
    runs = []

    async def noted(*words, **limits):
        runs.append(words)
        return await run(*words, **limits)

    run = idle_programs.run
    monkeypatch.setattr(idle_programs, "run", noted)
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        first = counted(kept, recording)
        file = kept.path(recording).with_suffix(".peaks")
        assert (counted(kept, recording), len(runs)) == (first, 1)
        assert json.loads(file.read_text()) == first
        for damaged in ("{", "[1]", '{"data": 7}'):
            file.write_text(damaged)
            assert counted(kept, recording) == first
        assert len(runs) == 4
        os.truncate(kept.path(recording), 44 + RATE_HZ)
        assert counted(kept, recording)["samples_per_pixel"] == first["samples_per_pixel"] // 2
        kept.delete(recording, "http:unix")
        assert list(file.parent.iterdir()) == []


def test_a_link_in_place_of_the_kept_waveform_is_neither_read_nor_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text('{"data": []}')
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        file = kept.path(recording).with_suffix(".peaks")
        file.symlink_to(secret)
        assert counted(kept, recording)["length"] == 1000
        assert not file.is_symlink()
        assert secret.read_text() == '{"data": []}'


@pytest.mark.parametrize("wanted", ["../secret", "r-none", ""])
def test_what_is_no_recording_has_no_waveform(tmp_path, wanted):
    with station(tmp_path) as (kept, _, _):
        with pytest.raises(IntercomError) as caught:
            counted(kept, wanted)
        assert caught.value.code == "recording-not-found"


def test_a_recording_that_runs_has_no_waveform_yet(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        kept.prepare(order())
        inbox.wait(RecordingPrepared)
        with pytest.raises(IntercomError) as caught:
            counted(kept, order().recording)
        assert caught.value.code == "conflict"
        kept.finish(FinishRecording(order().recording))


def test_one_is_counted_at_a_time_and_too_many_requests_are_refused(tmp_path, monkeypatch):
    running, most = [], []

    async def slow(*words, **limits):
        running.append(words)
        most.append(len(running))
        await asyncio.sleep(0)
        await go.wait()
        running.remove(words)
        return 0, b'{"data": []}', ""

    async def scenario():
        asked = [asyncio.create_task(kept.peaks(recording)) for recording in recordings[:-1]]
        while not most or kept._peaks._waiting < peaks.MOST_WAITING:
            await asyncio.sleep(0.01)
        with pytest.raises(IntercomError) as caught:
            await kept.peaks(recordings[-1])
        assert caught.value.code == "rate-limited"
        go.set()
        await asyncio.gather(*asked)

    monkeypatch.setattr(idle_programs, "run", slow)
    go = asyncio.Event()
    with station(tmp_path) as (kept, inbox, _):
        recordings = [made(kept, inbox, number) for number in range(peaks.MOST_WAITING + 1)]
        asyncio.run(scenario())
    assert set(most) == {1}


@pytest.mark.parametrize(("program", "within_s"), [("raise SystemExit(3)", 30), ("import signal; signal.pause()", 0.2)])
def test_a_count_that_fails_or_takes_too_long_is_an_error_and_nothing_is_kept(
    tmp_path, monkeypatch, set_times, program, within_s
):
    stand_in = tmp_path / "program.py"
    stand_in.write_text(program)
    monkeypatch.setattr(peaks, "PROGRAM", stand_in)
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        set_times(waveform_s=within_s)
        monkeypatch.setattr(idle_programs, "run", lambda *words, **_: run(*words, cpu_s=30))
        with pytest.raises(IntercomError) as caught:
            counted(kept, recording)
        assert caught.value.code == "unavailable"
        assert not kept.path(recording).with_suffix(".peaks").exists()


run = idle_programs.run


def test_of_a_long_recording_not_every_sample_is_looked_at_and_both_channels_are(tmp_path, monkeypatch):
    monkeypatch.setattr(count_peaks, "LOOKED_AT", 6_000)
    file = tmp_path / "stereo.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((2, 2, RATE_HZ, 0, "NONE", ""))
        sound.writeframes(struct.pack("<hh", -12_800, 6_400) * 10_000)
    with wave.open(str(file)) as sound:
        found = count_peaks.waveform(sound, sound.getnframes())
    assert (found["length"], found["samples_per_pixel"]) == (1000, 10)
    assert set(found["data"][::2]) == {-50} and set(found["data"][1::2]) == {25}
