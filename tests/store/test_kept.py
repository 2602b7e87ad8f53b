"""The persistent state: durable before it is confirmed, read back after a restart and a power cut, never trusted."""

import asyncio
import json
import os
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.core.inputs import KeptFailed, KeptWritten
from appliance.core.model import (
    DoorId,
    Forwarding,
    Level,
    Levels,
    PersistentState,
    QuietHours,
    Runtime,
    SensorId,
    TamperBlock,
)
from appliance.store import persistent_state
from appliance.store.persistent_state import Keeper
from tests.support.waiting import until_async

FIXTURES = Path(__file__).parent / "fixtures"
LOCKED = PersistentState(1, locked_down=(DoorId("front"),), blocks=(TamperBlock(SensorId("housing"), 500.0),))
UNLOCKED = PersistentState(2)


@asynccontextmanager
async def keeping(directory):
    posted = []
    keeper = Keeper(directory, posted.append)
    keeper.read()
    try:
        yield keeper, posted
    finally:
        await keeper.stop()


def found(directory):
    return Keeper(directory, lambda _: None).read()


def test_nothing_was_kept_at_the_first_start(tmp_path):
    assert found(tmp_path / "state") == (PersistentState(), "")


def test_what_is_desired_is_read_back_after_a_restart(tmp_path):
    async def run():
        async with keeping(tmp_path / "state") as (keeper, posted):
            keeper.desire(LOCKED)
            (told,) = await until_async(lambda: posted)
            assert (type(told), told.kept) == (KeptWritten, LOCKED)
            assert found(tmp_path / "state") == (LOCKED, "")

    asyncio.run(run())


def test_it_is_reported_only_when_file_and_directory_are_on_disc(tmp_path, monkeypatch):
    done = []
    posted = []
    sync, replace = os.fsync, persistent_state.Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), sync(fd)))
    monkeypatch.setattr(
        persistent_state.Path, "replace", lambda self, to: (done.append("rename"), replace(self, to))[1]
    )

    async def run():
        keeper = Keeper(tmp_path, lambda told: (done.append("told"), posted.append(told)))
        keeper.desire(LOCKED)
        await until_async(lambda: posted)
        await keeper.stop()

    asyncio.run(run())
    assert done == ["fsync", "rename", "fsync", "told"]


def test_the_newest_is_on_disc_in_the_end(tmp_path):
    async def run():
        async with keeping(tmp_path) as (keeper, posted):
            for wanted in (LOCKED, UNLOCKED, PersistentState(3, locked_down=(DoorId("gate"),))):
                keeper.desire(wanted)
            await until_async(lambda: posted and posted[-1].kept.change == 3)

    asyncio.run(run())
    assert found(tmp_path)[0].locked_down == ("gate",)


def test_what_is_not_written_yet_is_written_at_the_end(tmp_path):
    async def run():
        async with keeping(tmp_path) as (keeper, _):
            keeper.desire(LOCKED)

    asyncio.run(run())
    assert found(tmp_path) == (LOCKED, "")


def test_a_disc_that_fails_is_reported_with_cause_and_remedy_and_the_change_made_good(tmp_path):
    state = tmp_path / "state"
    state.write_text("no directory")

    async def run():
        async with keeping(state) as (keeper, posted):
            keeper.desire(LOCKED)
            failed = (await until_async(lambda: posted))[0]
            assert isinstance(failed, KeptFailed)
            assert str(state) in failed.why
            assert failed.resolution
            state.unlink()
            await until_async(lambda: isinstance(posted[-1], KeptWritten))

    asyncio.run(run())
    assert found(state) == (LOCKED, "")


def test_a_disc_that_fails_to_the_end_keeps_no_one_from_stopping(tmp_path):
    state = tmp_path / "state"
    state.write_text("no directory")

    async def run():
        async with keeping(state) as (keeper, posted):
            keeper.desire(LOCKED)
            await until_async(lambda: posted)

    asyncio.run(run())
    assert state.read_text() == "no directory"


def test_a_file_of_format_1_is_read():
    kept = persistent_state.parsed((FIXTURES / "kept-format-1.json").read_bytes(), "another boot", 2000.0)
    assert kept == PersistentState(
        7,
        (DoorId("front"),),
        (TamperBlock(SensorId("lid"), 2300.0),),
        Runtime(Forwarding(busy="cellar", no_answer="200"), QuietHours("22:00", "07:00"), do_not_disturb=True),
        Runtime(),
    )


def test_levels_that_earlier_versions_wrote_side_by_side_are_read():
    content = (FIXTURES / "kept-levels-side-by-side.json").read_bytes()
    kept = persistent_state.parsed(content, "another boot", 2000.0)
    assert kept == PersistentState(
        8,
        changed=Runtime(levels=Levels(Level(70.0, muted=False, change=3), Level(55.0, muted=True, change=3))),
        configured=Runtime(levels=Levels(Level(60.0))),
    )


def test_times_mean_the_same_after_a_restart_of_the_daemon(tmp_path):
    persistent_state.write(tmp_path, LOCKED)
    assert found(tmp_path)[0].blocks[0].until == 500.0


def test_what_was_left_of_a_time_begins_again_after_the_machine_was_switched_off(tmp_path, monkeypatch):
    until_then = time.monotonic() + 200.0
    persistent_state.write(tmp_path, PersistentState(1, blocks=(TamperBlock(SensorId("housing"), until_then),)))
    content = (tmp_path / persistent_state.FILE).read_bytes()
    (block,) = persistent_state.parsed(content, "another boot", 7.0).blocks
    written = json.loads(json.loads(content)["body"])["at"]
    assert block.until == pytest.approx(7.0 + until_then - written)


DAMAGES = {
    "empty": b"",
    "cut off": b'{"format": 1, "crc32"',
    "zeros": bytes(200),
    "no object": b"[1]",
    "of another format": b'{"format": 2, "crc32": 0, "body": ""}',
    "something missing": b'{"format": 1}',
    "a body that is no text": b'{"format": 1, "crc32": 0, "body": 7}',
}


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_reported(tmp_path, content):
    (tmp_path / persistent_state.FILE).write_bytes(content)
    nothing, fault = found(tmp_path)
    assert nothing == PersistentState()
    assert str(tmp_path / persistent_state.FILE) in fault


def test_every_changed_byte_is_noticed(tmp_path):
    persistent_state.write(tmp_path, LOCKED)
    file = tmp_path / persistent_state.FILE
    sound = file.read_bytes()
    for place in range(len(sound)):
        file.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        read, fault = found(tmp_path)
        assert fault or read == LOCKED


def test_a_file_that_may_not_be_read_is_reported(tmp_path):
    (tmp_path / persistent_state.FILE).mkdir()
    assert "Is a directory" in found(tmp_path)[1]
