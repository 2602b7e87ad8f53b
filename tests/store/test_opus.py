"""Recordings as Opus files: as long and as loud as before, and whatever comes between, one of both files is whole."""

import asyncio
import hashlib
import os
import struct
import subprocess
import time
from math import pi, sin
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.base import idle_programs
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.inputs import (
    PartFailed,
    PartRecovered,
    RecordingAvailable,
    RecordingConverted,
    RecordingDeleted,
    RecordingPrepared,
)
from appliance.core.model import RecordingFormat
from appliance.core.orders import FinishRecording
from appliance.store import database, recording_files
from appliance.store.finished import opus
from appliance.store.finished.opus import Opus
from appliance.store.finished.work import Work
from appliance.store.quota import Limits
from tests.store.test_recordings import header, order, station
from tests.support.waiting import PATIENCE_S, until, until_async

RATE_HZ = 16_000
HERTZ, LOUD = 1_000, 8_000
DECODED_HZ = 48_000
UNIT_S = 2**-6  # between two looks


def recorded(kept, inbox, number=0, seconds=2.0, wanted=None):
    """A finished recording of a tone. wanted: the format of its order."""
    already = len(inbox.of(RecordingAvailable))
    recording = order(number).recording
    kept.prepare(replace(order(number), format=wanted))
    until(lambda: any(one.recording == recording for one in inbox.of(RecordingPrepared)))
    tone = [int(LOUD * sin(2 * pi * HERTZ * at / RATE_HZ)) for at in range(int(RATE_HZ * seconds))]
    kept.path(recording).write_bytes(header(RATE_HZ) + struct.pack(f"<{len(tone)}h", *tone))
    kept.finish(FinishRecording(recording))
    inbox.wait(RecordingAvailable, already + 1)
    return recording


def convert(kept, inbox, writer, recording):
    asyncio.run(Opus(kept, writer, inbox, time.monotonic).perform(recording))


def decoded(path):
    """Its samples."""
    words = ("opusdec", "--quiet", "--rate", str(DECODED_HZ), str(path), "-")
    sound = subprocess.run(words, check=True, capture_output=True).stdout
    return struct.unpack(f"<{len(sound) // 2}h", sound)


def can_be_played(kept, recording, seconds=2.0):
    """What is served now is a whole file of this length, and what the index says."""
    path, row = kept.sound(recording), kept.get(recording)
    assert (row.bytes, row.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert row.duration_s == seconds
    length = len(decoded(path)) / DECODED_HZ if row.format == "opus" else (row.bytes - 44) / 2 / RATE_HZ
    assert length == pytest.approx(seconds, abs=0.001)
    assert path.suffix == f".{row.format}"
    return row.format


def names(kept, recording):
    return {path.name.removeprefix(recording) for path in kept.path(recording).parent.iterdir()}


def test_a_converted_recording_is_as_long_and_as_loud_much_smaller_and_described_everywhere(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        kept.protect(recording, "http:unix", wanted=True)
        before = kept.get(recording)
        convert(kept, inbox, writer, recording)
        assert (can_be_played(kept, recording), before.format) == ("opus", "wav")
        row = kept.get(recording)
        assert row.bytes < before.bytes / 4
        assert row.protected
        assert names(kept, recording) == {".opus", ".json", ".keep"}
        (converted,) = inbox.wait(RecordingConverted)
        assert (converted.recording, converted.duration_s, converted.bytes) == (recording, 2.0, row.bytes)
        middle = decoded(kept.sound(recording))[DECODED_HZ // 2 : -DECODED_HZ // 2]
        assert LOUD * 0.7 < max(middle) < LOUD * 1.4
        shown = asyncio.run(kept.peaks(recording))
        assert 900 < shown["length"] <= 1000
        assert max(shown["data"]) == pytest.approx(LOUD >> 8, abs=8)
        kept.protect(recording, "http:unix", wanted=False)
        kept.delete(recording, "http:unix")
        assert inbox.wait(RecordingDeleted)[0].bytes == row.bytes
        assert names(kept, recording) == set()


@pytest.mark.parametrize("facts", [True, False])
def test_a_converted_recording_outlasts_the_index_and_its_facts(tmp_path, facts):
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        convert(kept, inbox, writer, recording)
        before = kept.get(recording)
    (tmp_path / database.FILE).unlink()
    if not facts:
        kept.path(recording).with_suffix(".json").unlink()
    with station(tmp_path) as (kept, inbox, _):
        until(lambda: [row.id for row in kept.list() if row.complete] == [recording])
        assert can_be_played(kept, recording) == "opus"
        assert (kept.get(recording) == before) == facts


class Killed(BaseException):
    """In place of the end of the process."""


def end(*_, **__):
    raise Killed


@pytest.mark.parametrize(
    "last",
    ["idle_programs.run", "_begin", "Writer.ask", "durable.sync", "recording_index.change", "write_facts", "act"],
)
def test_whatever_ends_the_service_the_recording_can_be_played_and_is_converted_after_the_next_start(
    tmp_path, monkeypatch, last
):
    """`last`: where it ends."""
    module = "recordings" if last == "write_facts" else "finished.opus"
    where, _, name = f"appliance.store.{module}.{last}".rpartition(".")
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        with monkeypatch.context() as patched:
            if name == "act":  # the index has the new file, and the old one is there still
                patched.setattr(opus, "act", lambda _: None)
                convert(kept, inbox, writer, recording)
            elif name in {"sync", "change", "write_facts"}:  # in the writer's thread, whose transaction fails
                patched.setattr(f"{where}.{name}", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "I/O error")))
                with pytest.raises(IntercomError):
                    convert(kept, inbox, writer, recording)
            else:
                patched.setattr(f"{where}.{name}", end)
                with pytest.raises(Killed):
                    convert(kept, inbox, writer, recording)
        assert ".wav" in names(kept, recording)
        assert inbox.of(RecordingConverted) == []
    with station(tmp_path) as (kept, inbox, writer):
        can_be_played(kept, recording)
        convert(kept, inbox, writer, recording)
        assert can_be_played(kept, recording) == "opus"
        assert names(kept, recording) == {".opus", ".json"}
        assert inbox.of(RecordingAvailable) == []


def test_a_file_that_is_shorter_than_the_recording_does_not_take_its_place(tmp_path, monkeypatch):
    async def half(*words, **limits):
        os.truncate(words[-2], 44 + RATE_HZ * 2)
        return await run(*words, **limits)

    run = idle_programs.run
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        whole = kept.path(recording).read_bytes()
        monkeypatch.setattr(idle_programs, "run", half)
        with pytest.raises(IntercomError, match="not as long"):
            convert(kept, inbox, writer, recording)
        kept.path(recording).write_bytes(whole)
        assert can_be_played(kept, recording) == "wav"
        assert names(kept, recording) == {".wav", ".json"}


@pytest.mark.parametrize("cut", [1, 100])
def test_a_file_that_was_cut_off_in_its_last_page_does_not_take_the_recordings_place(tmp_path, monkeypatch, cut):
    async def cutting(*words, **limits):
        done = await run(*words, **limits)
        new = kept.path(recording).with_suffix(".opus.new")
        os.truncate(new, new.stat().st_size - cut)
        return done

    run = idle_programs.run
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        monkeypatch.setattr(idle_programs, "run", cutting)
        with pytest.raises(IntercomError) as caught:
            convert(kept, inbox, writer, recording)
        assert caught.value.cause == "The new file was cut off."
        assert can_be_played(kept, recording) == "wav"
        assert names(kept, recording) == {".wav", ".json"}


def test_a_recording_that_is_deleted_while_it_is_converted_leaves_nothing(tmp_path, monkeypatch):
    async def deleting(*words, **limits):
        done = await run(*words, **limits)
        new = kept.path(recording).with_suffix(".opus.new").read_bytes()
        await asyncio.to_thread(kept.delete, recording, "http:unix")
        kept.path(recording).with_suffix(".opus.new").write_bytes(new)  # as if it was opened before
        return done

    run = idle_programs.run
    monkeypatch.setattr(idle_programs, "run", deleting)
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        convert(kept, inbox, writer, recording)
        convert(kept, inbox, writer, recording)  # there is none
        assert kept.list() == ()
        assert names(kept, recording) == set()
        assert inbox.of(RecordingConverted) == []


def test_a_new_file_has_no_name_yet_when_its_recording_can_be_deleted_so_that_nothing_is_left(tmp_path, monkeypatch):
    """`delete` may have looked for the files before."""

    def deleting(*_, **__):
        monkeypatch.undo()
        before.update(names(kept, recording))
        kept.delete(recording, "http:unix")
        raise Killed

    before = set()
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        monkeypatch.setattr(opus.Writer, "ask", deleting)
        with pytest.raises(Killed):
            convert(kept, inbox, writer, recording)
        assert before == {".wav", ".json", ".opus.new"}
        assert names(kept, recording) == set()


def test_a_wav_file_that_cannot_be_removed_does_no_harm_and_goes_later(tmp_path, monkeypatch):
    def refused(path, **options):
        if path.suffix == ".wav":
            raise OSError(5, "Input/output error")
        unlink(path, **options)

    unlink = Path.unlink
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", refused)
            convert(kept, inbox, writer, recording)
            assert inbox.of(RecordingConverted)
            assert kept.sound(recording).suffix == ".opus"
            assert names(kept, recording) == {".wav", ".opus", ".json"}
        convert(kept, inbox, writer, recording)
        assert can_be_played(kept, recording) == "opus"
        assert names(kept, recording) == {".opus", ".json"}


def test_a_recording_that_is_converted_while_its_file_is_looked_for_is_found(tmp_path, monkeypatch):
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        looks, size = iter([True]), recording_files.size

        def converted_before(path):
            if next(looks, False):
                convert(kept, inbox, writer, recording)
            return size(path)

        monkeypatch.setattr(recording_files, "size", converted_before)
        assert kept.sound(recording).suffix == ".opus"


def test_the_waveform_of_a_recording_that_is_converted_meanwhile_is_counted(tmp_path, monkeypatch):
    async def converting(*words, **limits):
        if words[-2] == str(kept.path(recording)) and words[0] != opus.PROGRAM:
            await Opus(kept, writer, inbox, time.monotonic).perform(recording)
        return await run(*words, **limits)

    run = idle_programs.run
    monkeypatch.setattr(idle_programs, "run", converting)
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox)
        shown = asyncio.run(kept.peaks(recording))
        assert max(shown["data"]) == pytest.approx(LOUD >> 8, abs=8)
        assert can_be_played(kept, recording) == "opus"
        assert names(kept, recording) == {".opus", ".json", ".peaks"}


def test_a_converted_file_that_was_cut_off_is_listed_as_long_as_it_is_and_one_without_sound_is_not_served(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox, seconds=5.0)
        convert(kept, inbox, writer, recording)
        path = kept.sound(recording)
        os.truncate(path, path.stat().st_size * 3 // 4)
        assert kept.sound(recording) == path
        assert 0 < kept.get(recording).duration_s < 5.0
        for rubbish in (b"", b"OggS", b"rubbish" * 999):
            path.write_bytes(rubbish)
            with pytest.raises(IntercomError, match="no sound"):
                kept.sound(recording)


def test_the_oldest_go_beyond_a_limit_converted_or_not(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        for number in range(3):
            recorded(kept, inbox, number, seconds=0.5)
        convert(kept, inbox, writer, order(0).recording)
        convert(kept, inbox, writer, order(2).recording)
    with station(tmp_path, limits=Limits(0, count=1)) as (kept, inbox, writer):
        assert [one.recording for one in inbox.wait(RecordingDeleted, 2)] == [order(0).recording, order(1).recording]
        writer.ask(lambda _: None)
        assert names(kept, order(2).recording) == {".opus", ".json"}


def test_all_that_are_left_are_converted_and_links_are_left_alone(tmp_path):
    async def scenario():
        worker = Work(Opus(kept, writer, inbox, time.monotonic), lambda: wanted[0], inbox, time.monotonic)
        worker.look()
        writer.ask(lambda _: None)
        assert inbox.of(RecordingConverted) == []
        wanted[0] = True
        worker.look()
        await until_async(lambda: len(inbox.of(RecordingConverted)) == 2)
        recorded(kept, inbox, 2, seconds=0.5)
        worker.look()
        await until_async(lambda: len(inbox.of(RecordingConverted)) == 3)
        await worker.stop()

    wanted = [False]
    with station(tmp_path) as (kept, inbox, writer):
        for number in range(2):
            recorded(kept, inbox, number, seconds=0.5)
        kept.prepare(order(3))
        until(lambda: kept.path(order(3).recording).exists())
        link = kept.path("r-link")
        link.symlink_to(tmp_path / "secret")
        asyncio.run(scenario())
        done = [one.recording for one in inbox.of(RecordingConverted)]
        assert done == [order(number).recording for number in range(3)]
        assert link.is_symlink() and kept.path(order(3).recording).exists()
        kept.finish(FinishRecording(order(3).recording))
        until(lambda: [row.id for row in kept.list()] == [order(number).recording for number in (2, 1, 0)])


def test_without_the_tool_recordings_stay_and_the_reason_is_reported_until_it_is_there(
    tmp_path, monkeypatch, set_times
):
    async def scenario():
        worker = Work(Opus(kept, writer, inbox, time.monotonic), lambda: True, inbox, time.monotonic)
        worker.look()
        await until_async(lambda: len(inbox.of(PartFailed)) >= 2)
        monkeypatch.setattr(opus, "PROGRAM", "opusenc")
        await until_async(lambda: inbox.of(PartRecovered))
        await worker.stop()

    set_times(finished_again_s=0.01)
    monkeypatch.setattr(opus, "PROGRAM", "there-is-no-opusenc")
    with station(tmp_path) as (kept, inbox, writer):
        recording = recorded(kept, inbox, seconds=0.5)
        asyncio.run(scenario())
        assert can_be_played(kept, recording, 0.5) == "opus"
    (failed, *_) = inbox.of(PartFailed)
    assert (failed.part, failed.resolution) == ("recordings", "apt install opus-tools")
    assert "there-is-no-opusenc is not installed." in failed.why


def test_one_that_cannot_be_converted_does_not_hold_up_the_others(tmp_path, monkeypatch, set_times):
    async def broken(*words, **limits):
        done = await run(*words, **limits)
        return (1, b"", "Broken.") if order(0).recording in words[-2] else done

    def post(given):
        if isinstance(given, PartFailed):
            left.append(names(kept, order(0).recording))
        inbox(given)

    async def scenario():
        worker = Work(Opus(kept, writer, inbox, time.monotonic), lambda: True, post, time.monotonic)
        worker.look()
        await until_async(lambda: len(inbox.of(RecordingConverted)) == 2)
        await worker.stop()

    run, left = idle_programs.run, []
    set_times(finished_again_s=0.01)
    monkeypatch.setattr(idle_programs, "run", broken)
    with station(tmp_path) as (kept, inbox, writer):
        for number in range(3):
            recorded(kept, inbox, number, seconds=0.5)
        asyncio.run(scenario())
        assert can_be_played(kept, order(0).recording, 0.5) == "wav"
    assert "Broken." in inbox.of(PartFailed)[0].why
    assert ".wav" in left[0] and ".opus.new" not in left[0]


class Broken:
    """Converts nothing."""

    part = "recordings"
    longest_retry_s = 16 * UNIT_S

    def __init__(self, look):
        self.tries = 0
        self.pending = look

    def may_begin(self):
        return True

    async def perform(self, recording):
        self.tries += 1
        raise IntercomError(ErrorCode.UNAVAILABLE, f"{recording} cannot be converted.")


def test_what_never_succeeds_is_tried_after_twice_as_long_each_time_up_to_a_day(tmp_path, set_times):
    looks, now = [], [0.0]

    def noted():
        looks.append(now[0])
        return kept.to_convert()

    async def settled():
        """What is due now has been tried."""
        seen = len(looks)
        await until_async(lambda: len(looks) > seen + 2)

    async def scenario():
        worker = Work(broken, lambda: True, inbox, lambda: now[0])
        worker.look()
        await settled()
        for times in range(1, 4):
            for _ in range(2 ** (times - 1)):
                assert broken.tries == times
                now[0] += UNIT_S
                await settled()
        for times in range(4, 8):  # the last ones would wait longer without a limit
            assert broken.tries == times
            now[0] += broken.longest_retry_s
            await settled()
        assert broken.tries == 8
        await worker.stop()

    broken = Broken(noted)
    set_times(finished_again_s=UNIT_S)
    with station(tmp_path) as (kept, inbox, _):
        recorded(kept, inbox, seconds=0.5)
        asyncio.run(scenario())
        assert inbox.of(PartRecovered) == []


@pytest.mark.parametrize("by_default", [True, False])
def test_an_order_decides_for_its_recording_and_the_configuration_for_the_others(tmp_path, by_default):
    wanted = [None, *RecordingFormat]
    with station(tmp_path) as (kept, inbox, writer):
        names = [recorded(kept, inbox, number, 0.5, each) for number, each in enumerate(wanted)]
        for_default, wav, opus_file = names
        expected = {for_default, opus_file} if by_default else {opus_file}
        until(lambda: kept.opus_ordered)
        job = Opus(kept, writer, inbox, time.monotonic, lambda: by_default)
        assert set(job.pending()) == expected
        for name in names:
            asyncio.run(job.perform(name))
        assert {name for name in names if kept.get(name).format == "opus"} == expected
        assert job.pending() == ()
        assert (kept.get(wav).wanted_format, kept.get(opus_file).wanted_format) == ("wav", "")
    with station(tmp_path) as (kept, inbox, writer):
        done = []
        kept.completed = lambda: done.append(kept.opus_ordered)
        kept.open()  # once more, as the comparison of the first time may be over
        until(lambda: done)
        assert done[0] is False


def test_an_order_for_an_opus_file_is_found_after_a_restart_and_without_the_index(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = recorded(kept, inbox, seconds=0.5, wanted=RecordingFormat.OPUS)
    for _ in range(2):
        with station(tmp_path) as (kept, _, _):
            until(lambda: kept.opus_ordered)
            assert kept.to_convert(by_default=False) == (recording,)
        (tmp_path / database.FILE).unlink()
    kept.path(recording).unlink()
    with station(tmp_path) as (kept, _, _):
        assert kept.to_convert(by_default=False) == ()


def test_recordings_are_converted_once_their_directory_is_back(tmp_path, monkeypatch, set_times):
    def noted(**options):
        found = to_convert(**options)
        looks.append(found)
        return found

    async def scenario():
        worker = Work(Opus(kept, writer, inbox, time.monotonic), lambda: True, inbox, time.monotonic)
        await until_async(lambda: len(looks) > 1)
        (tmp_path / "away").rename(directory)
        await until_async(lambda: inbox.of(RecordingConverted))
        await worker.stop()

    looks = []
    set_times(finished_again_s=0.01)
    with station(tmp_path) as (kept, inbox, writer):
        directory = kept.path(recorded(kept, inbox, seconds=0.5)).parent
        directory.rename(tmp_path / "away")
        to_convert = kept.to_convert
        monkeypatch.setattr(kept, "to_convert", noted)
        asyncio.run(scenario())
    assert looks[0] == ()


def test_the_end_does_not_wait_for_a_program_that_the_kernel_cannot_end(tmp_path, monkeypatch, set_times):
    async def stuck(*_, **__):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()

    async def scenario():
        worker = Work(Opus(kept, writer, inbox, time.monotonic), lambda: True, inbox, time.monotonic)
        async with asyncio.timeout(PATIENCE_S):
            await begun.wait()
            await worker.stop()

    begun = asyncio.Event()
    set_times(finished_ends_s=0.01)
    monkeypatch.setattr(idle_programs, "run", stuck)
    with station(tmp_path) as (kept, inbox, writer):
        recorded(kept, inbox, seconds=0.5)
        asyncio.run(scenario())
