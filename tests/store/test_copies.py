"""Recordings elsewhere, by the real rclone: whole, whatever comes between, and removed here by rule only."""

import asyncio
import configparser
import json
import subprocess
import time
from contextlib import closing

import pytest

from appliance.base import idle_programs
from appliance.base.errors import IntercomError
from appliance.config import copies as rclone
from appliance.config.schema import Config
from appliance.core.inputs import (
    PartFailed,
    PartRecovered,
    RecordingCopied,
    RecordingCopyFailed,
    RecordingDeleted,
)
from appliance.store import database, recording_index, recordings
from appliance.store.finished import copies
from appliance.store.finished.copies import Copies, Destination
from appliance.store.finished.opus import Opus
from appliance.store.finished.work import Work
from appliance.store.quota import Limits
from tests.store.test_recordings import made, station
from tests.support.rclone import PASSWORD, configuration, obscured
from tests.support.waiting import PATIENCE_S, until, until_async

REMOVED = Limits(free_bytes=0, copied=True)


class Elsewhere:
    """A directory of rclone's, `nas:`, and what is in it."""

    def __init__(self, tmp_path, **remotes):
        self.directory = tmp_path / "elsewhere"
        self.file = configuration(tmp_path / "rclone.conf", nas={"type": "local"}, **remotes)
        self.remote = f"nas:{self.directory}"

    def obstruct(self):
        """Put a file in the way of its directory."""
        self.remote += "/door"
        self.directory.write_text("in the way")

    def __call__(self):
        table = Config(recording={"copy_to": self.remote, "copy_config_file": self.file}).recording
        return Destination(self.remote, self.file, rclone.secrets(table))

    def names(self):
        return sorted(path.name for path in self.directory.iterdir())


@pytest.fixture
def elsewhere(tmp_path):
    return Elsewhere(tmp_path)


def copying(kept, inbox, writer, elsewhere, **options):
    return Copies(kept, writer, inbox, time.monotonic, elsewhere, **options)


def copy(kept, inbox, writer, elsewhere, recording):
    asyncio.run(copying(kept, inbox, writer, elsewhere).perform(recording))


def refused(kept, inbox, writer, elsewhere, recording):
    """Why it could not be copied, as the error, the index and the event say."""
    with pytest.raises(IntercomError) as caught:
        copy(kept, inbox, writer, elsewhere, recording)
    writer.ask(lambda _: None, PATIENCE_S)
    failed, row = inbox.of(RecordingCopyFailed)[-1], kept.get(recording)
    assert (failed.recording, failed.why, failed.tries) == (recording, row.copy_error, row.copy_tries)
    assert row.copied is None
    assert caught.value.cause in row.copy_error
    return caught.value.cause


def test_a_recording_is_copied_once_with_what_is_known_of_it(tmp_path, elsewhere):
    with station(tmp_path) as (kept, inbox, writer):
        recording, later = made(kept, inbox), made(kept, inbox, 1)
        job = copying(kept, inbox, writer, elsewhere)
        assert job.pending() == [recording, later]
        asyncio.run(job.perform(recording))
        assert job.pending() == [later]
        path, row = kept.path(recording), kept.get(recording)
        assert elsewhere.names() == [f"{recording}.json", f"{recording}.wav"]
        assert (elsewhere.directory / path.name).read_bytes() == path.read_bytes()
        described = json.loads((elsewhere.directory / f"{recording}.json").read_text())
        assert (described["remote"], described["sha256"]) == (row.remote, row.sha256)
        (copied,) = inbox.of(RecordingCopied)
        assert (copied.recording, copied.duration_s, copied.bytes) == (recording, 1.0, row.bytes)
        assert copied.to == f"{elsewhere.remote}/{recording}.wav"
        assert row.copied.endswith("Z") and (row.copy_tries, row.copy_error) == (1, "")


def in_place_of_rclone(tmp_path, monkeypatch, script):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(copies, "PROGRAM", str(program))


def test_rclone_has_its_home_in_our_directory_and_takes_no_name_for_an_option(tmp_path, elsewhere, monkeypatch):
    monkeypatch.setenv("RCLONE_DRY_RUN", "true")
    script = 'while [ "$1" != -- ]; do shift; done; echo "$HOME $# $RCLONE_DRY_RUN" >&2; exit 1'
    in_place_of_rclone(tmp_path, monkeypatch, script)
    with station(tmp_path) as (kept, inbox, writer):
        assert refused(kept, inbox, writer, elsewhere, made(kept, inbox)) == f"{tmp_path} 3."


def test_a_program_that_says_nothing_has_its_status_reported(tmp_path, elsewhere, monkeypatch):
    in_place_of_rclone(tmp_path, monkeypatch, "exit 7")
    with station(tmp_path) as (kept, inbox, writer):
        assert refused(kept, inbox, writer, elsewhere, made(kept, inbox)) == "rclone ended with status 7."


@pytest.mark.parametrize(("remote", "path"), [("n:", "n:r"), ("n:a", "n:a/r"), ("n:a/", "n:a/r"), ("n:/", "n:/r")])
def test_the_path_of_a_copy_is_below_that_of_the_remote(remote, path):
    assert Destination(remote, "").path("r") == path


def test_a_copy_that_failed_says_why_and_is_made_later(tmp_path, elsewhere):
    elsewhere.obstruct()
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        why = refused(kept, inbox, writer, elsewhere, recording)
        assert recording not in why and "not a directory" in why, why
        assert refused(kept, inbox, writer, elsewhere, recording) == why
        assert inbox.of(RecordingCopied) == []
        elsewhere.directory.unlink()
    with station(tmp_path) as (kept, inbox, writer):
        assert copying(kept, inbox, writer, elsewhere).pending() == [recording]
        copy(kept, inbox, writer, elsewhere, recording)
        row = kept.get(recording)
        assert row.copied and (row.copy_tries, row.copy_error) == (3, "")


def test_that_it_was_copied_outlasts_the_index(tmp_path, elsewhere):
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        copy(kept, inbox, writer, elsewhere, recording)
        before = kept.get(recording)
    (tmp_path / database.FILE).unlink()
    with station(tmp_path) as (kept, inbox, _):
        until(lambda: [row.id for row in kept.list() if row.complete] == [recording])
        assert kept.get(recording) == before


def test_what_is_elsewhere_is_removed_by_rule_unless_it_is_protected(tmp_path, elsewhere):
    with station(tmp_path, limits=REMOVED) as (kept, inbox, writer):
        names = [made(kept, inbox, number) for number in range(3)]
        kept.protect(names[1], "http:unix", wanted=True)
        for recording in names[:2]:
            copy(kept, inbox, writer, elsewhere, recording)
        (deleted,) = inbox.wait(RecordingDeleted)
        assert (deleted.recording, deleted.why, deleted.by) == (names[0], "copied", "")
        kept.tidy()
        writer.ask(lambda _: None, PATIENCE_S)
        assert [row.id for row in kept.list()] == [names[2], names[1]]
        assert not kept.path(names[0]).exists() and kept.path(names[1]).exists()
        assert f"{names[0]}.wav" in elsewhere.names()
        kept.protect(names[1], "http:unix", wanted=False)
        assert inbox.wait(RecordingDeleted, 2)[1].recording == names[1]
        assert kept.path(names[2]).exists(), "it was copied nowhere"


def test_a_copy_that_was_cut_off_does_not_count_and_is_made_whole(tmp_path, elsewhere, monkeypatch):
    async def cut_off():
        task = asyncio.create_task(copying(kept, inbox, writer, elsewhere).perform(recording))
        await until_async(lambda: there.exists() and there.stat().st_size > 0, "some of the copy")
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    with station(tmp_path, limits=REMOVED) as (kept, inbox, writer):
        recording = made(kept, inbox, seconds=120)  # two minutes by the slow line
        there, whole = elsewhere.directory / f"{recording}.wav", kept.path(recording).read_bytes()
        with monkeypatch.context() as patched:
            in_place_of_rclone(tmp_path, patched, 'exec rclone --bwlimit=16k "$@"')
            asyncio.run(cut_off())
        assert there.stat().st_size < len(whole)
        kept.tidy()
        writer.ask(lambda _: None, PATIENCE_S)
        assert kept.get(recording).copied is None and kept.path(recording).read_bytes() == whole
        copy(kept, inbox, writer, elsewhere, recording)
        assert there.read_bytes() == whole
        inbox.wait(RecordingDeleted)


@pytest.mark.parametrize("last", ["change", "write_facts"])
def test_an_end_between_the_copy_and_the_index_costs_another_copy(tmp_path, elsewhere, monkeypatch, last):
    def fails(*_, **__):
        raise OSError(5, "I/O error")

    with station(tmp_path, limits=REMOVED) as (kept, inbox, writer):
        recording = made(kept, inbox)
        with monkeypatch.context() as patched:
            patched.setattr(recording_index if last == "change" else recordings, last, fails)
            with pytest.raises(IntercomError):
                copy(kept, inbox, writer, elsewhere, recording)
        assert kept.path(recording).exists() and kept.get(recording).copied is None
        copy(kept, inbox, writer, elsewhere, recording)
        inbox.wait(RecordingDeleted)
        assert f"{recording}.wav" in elsewhere.names()


def test_a_file_that_changed_meanwhile_is_copied_again(tmp_path, elsewhere, monkeypatch):
    async def mended(*words, **limits):
        done = await run(*words, **limits)
        if words[-2].endswith(".wav"):
            with kept.path(recording).open("ab") as file:
                file.write(bytes(1600))
            await asyncio.to_thread(kept.sound, recording)
        return done

    run = idle_programs.run
    with station(tmp_path, limits=REMOVED) as (kept, inbox, writer):
        recording = made(kept, inbox)
        with monkeypatch.context() as patched:
            patched.setattr(idle_programs, "run", mended)
            assert refused(kept, inbox, writer, elsewhere, recording) == "Its file changed meanwhile."
        whole = kept.path(recording).read_bytes()
        copy(kept, inbox, writer, elsewhere, recording)
        assert (elsewhere.directory / f"{recording}.wav").read_bytes() == whole


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recording_that_is_deleted_while_it_is_copied_is_no_failure(tmp_path, elsewhere, monkeypatch, when):
    async def deleting(*words, **limits):
        if when == "before":
            await asyncio.to_thread(kept.delete, recording, "http:unix")
        done = await run(*words, **limits)
        if when == "after" and words[-2].endswith(".wav"):
            await asyncio.to_thread(kept.delete, recording, "http:unix")
        return done

    run = idle_programs.run
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        monkeypatch.setattr(idle_programs, "run", deleting)
        copy(kept, inbox, writer, elsewhere, recording)
        assert inbox.of(RecordingCopied) == inbox.of(RecordingCopyFailed) == []


def test_a_file_that_is_gone_or_a_link_is_not_copied(tmp_path, elsewhere, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        path = kept.path(recording)
        monkeypatch.setattr(kept, "sound", lambda _: path)  # it was there a moment before
        path.unlink()
        assert refused(kept, inbox, writer, elsewhere, recording) == "Its file is gone."
        path.symlink_to(secret)
        assert refused(kept, inbox, writer, elsewhere, recording) == "Its file is gone."
        assert elsewhere.names() == [f"{recording}.json"]


def test_a_wav_file_that_is_to_become_an_opus_file_is_copied_later(tmp_path, elsewhere):
    with station(tmp_path) as (kept, inbox, writer):
        recording, later = made(kept, inbox, seconds=1), made(kept, inbox, 1)
        asyncio.run(Opus(kept, writer, inbox, time.monotonic).perform(recording))
        converting = [True]
        job = copying(kept, inbox, writer, elsewhere, converting=lambda: kept.to_convert() if converting[0] else ())
        assert job.pending() == [recording]
        asyncio.run(job.perform(recording))
        assert f"{recording}.opus" in elsewhere.names()
        converting[0] = False  # it failed
        assert job.pending() == [later]


def test_a_finished_conversion_has_the_copies_looked_for(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        recording, looked = made(kept, inbox), []
        kept.completed = lambda: looked.append(recording)
        asyncio.run(Opus(kept, writer, inbox, time.monotonic).perform(recording))
        assert looked


def test_all_are_copied_one_failure_is_reported_and_its_end_too(tmp_path, elsewhere, set_times):
    async def scenario():
        worker = Work(copying(kept, inbox, writer, elsewhere, may_begin=lambda: free[0]), lambda: True, inbox, now)
        await until_async(lambda: looks[0] > 2)
        assert inbox.of(PartFailed) == []
        free[0] = True
        await until_async(lambda: len(inbox.of(RecordingCopyFailed)) >= 2)
        elsewhere.directory.unlink()
        await until_async(lambda: inbox.of(PartRecovered))
        await worker.stop()

    def now():
        looks[0] += 1
        return time.monotonic()

    looks, free = [0], [False]
    set_times(finished_again_s=0.01)
    set_times(finished_busy_again_s=0.01)
    elsewhere.obstruct()
    with station(tmp_path) as (kept, inbox, writer):
        names = [made(kept, inbox, number) for number in range(2)]
        asyncio.run(scenario())
        assert {copied.recording for copied in inbox.of(RecordingCopied)} == set(names)
        failed = inbox.of(PartFailed)
        assert {(one.part, one.why) for one in failed} == {("copies", failed[0].why)}
        assert failed[0].resolution.startswith("Try rclone by hand")


def test_without_the_tool_or_its_file_the_remedy_is_named(tmp_path, elsewhere, monkeypatch):
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        with monkeypatch.context() as patched:
            patched.setattr(rclone, "PROGRAM", "there-is-no-rclone")
            assert refused(kept, inbox, writer, elsewhere, recording) == "there-is-no-rclone is not installed."
        elsewhere.file = str(tmp_path / "none.conf")
        assert "There is no " in refused(kept, inbox, writer, elsewhere, recording)


def test_what_rclone_says_is_shown_without_secrets_ids_and_parts_of_addresses(tmp_path):
    file, key = tmp_path / "r-0123.wav", "0123456789abcdef"
    said = f'Failed: r-0123.wav: Put "https://door:pass@nas.local/x?sig={key}&t=1": bad key {key}, token abcdef'
    assert copies._readable(f"2026 first\n{said}\n", file, frozenset({key, "abcdef"})) == (
        'Failed: ID.wav: Put "https://nas.local/x": bad key …, token ….'
    )
    assert copies._readable("", file, frozenset()) == ""
    assert "s3cret" not in repr(Destination("n:", "", frozenset({"s3cret"})))


def test_an_index_of_an_earlier_version_has_copied_nothing(tmp_path):
    with closing(database.connect(tmp_path, database.STEPS[:7])) as connection:
        values = (1, "r-1", "c-1", "sip:x@y", "2026-01-01T00:00:00.000000Z", 1.0, 5, "", True, False, *[""] * 5)
        connection.execute(f"INSERT INTO recordings VALUES ({', '.join('?' * len(values))})", values)
        connection.execute("UPDATE recordings SET clock = 'right'")
    with station(tmp_path) as (kept, *_):
        (row,) = kept.list()
        assert (row.id, row.copied, row.copy_tries, row.copy_error) == ("r-1", None, 0, "")
        assert kept.uncopied() == ("r-1",)


def test_an_encrypted_remote_shows_nothing_of_a_recording_without_its_password(tmp_path):
    crypt = {"type": "crypt", "remote": f"nas:{tmp_path}/elsewhere", "password": obscured(PASSWORD)}
    elsewhere = Elsewhere(tmp_path, secret=crypt, other=crypt | {"password": obscured("another password")})
    elsewhere.remote = "secret:"
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        whole = kept.path(recording).read_bytes()
        copy(kept, inbox, writer, elsewhere, recording)
    for path in elsewhere.directory.iterdir():
        contents = path.read_bytes()
        assert not any(part in contents for part in (b"RIFF", b"\1\2\1\2", b"sip:", recording.encode()))
        assert recording not in path.name

    def read(remote):
        words = ("rclone", "--config", elsewhere.file, "cat", "--", f"{remote}:{recording}.wav")
        return subprocess.run(words, capture_output=True, check=False)

    assert read("secret").stdout == whole
    assert read("other").returncode != 0 and read("other").stdout == b""
    parser = configparser.ConfigParser()
    parser.read(elsewhere.file)
    assert PASSWORD not in (tmp_path / "rclone.conf").read_text()
    assert parser["secret"]["password"] in elsewhere().secrets
