"""The self-test on a PCM that is paced in real time: a sound server whose microphone hears its speaker."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.core import inputs
from appliance.core.desired import Sound, SoundTest
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.processes import children
from tests.support.stations import stations
from tests.support.waiting import until_async

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
BOTH = {"capture": "pulse", "playback": "pulse"}
# A process that makes a sweep, or looks for it, says so by one file and waits for another.
HELD = """
import sys
import threading
from pathlib import Path

if "appliance.audio.sweep" in sys.orig_argv:
    order = sys.orig_argv[-2]
    Path({directory!r}, order + " waits").touch()
    while not Path({directory!r}, order).exists():
        threading.Event().wait(0.02)
"""


@pytest.fixture
def server(monkeypatch):
    with serving(SoundServer, monkeypatch) as made:
        yield made


def in_memory(pid):
    """What the process has open without a name."""
    return [name for name in opened(pid) if "self-test" in name]


def opened(pid):
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.append(str(link.readlink()))
    return found


async def measured(door, number):
    """One test, whose sound may have gaps on a busy machine."""
    before = len(door.of(inputs.SoundTested))
    door.link.desire(Sound(test=SoundTest(f"test {number}", 1.0)))
    (found,) = await until_async(lambda: door.of(inputs.SoundTested)[before:], "the end of the test")
    assert (found.test, found.why) == (f"test {number}", "")
    door.link.desire(Sound())
    return found.measured


def echo(found):
    """The level of the echo in dB, which is 0 if all comes back."""
    return -99.0 if found.echo_db is None else found.echo_db


async def until_measured(door, fits):
    """Test until a result fits: a busy machine takes parts of the sweep away."""
    results = []

    async def once():
        results.append(await measured(door, len(results)))
        return fits(results[-1]) and results[-1]

    return await until_async(once, "a result that fits", log=lambda: "\n".join(map(str, results)))


def test_the_speaker_is_found_in_the_microphone_and_nothing_is_left_of_the_recording(server, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    async def scenario():
        async with stations(BOTH) as (door,):
            found = await until_measured(door, lambda found: echo(found) > -2.0)
            assert found.echo_delay_ms >= 0
            assert found.clipped == 0
            server.ask("set-source-volume", "null.monitor", "0.25")
            await until_measured(door, lambda found: -16.0 < echo(found) < -10.0)
            server.ask("set-source-volume", "null.monitor", "10.0")
            await until_measured(door, lambda found: found.clipped > 0.1)
            server.ask("set-source-mute", "null.monitor", "1")
            assert (await measured(door, "muted")).tone_dbfs is None
            await server.until_open(0, 0)
            await until_async(lambda: not in_memory(door.link.pid), "no recording")
            assert list(tmp_path.iterdir()) == []

    asyncio.run(scenario())


def test_a_digital_gain_of_the_microphone_is_not_in_the_result(server):
    async def scenario():
        async with stations({**BOTH, "boost_db": 24.0}) as (door,):
            server.ask("set-source-volume", "null.monitor", "0.25")
            found = await until_measured(door, lambda found: -16.0 < echo(found) < -10.0)
            assert found.clipped == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("moment", ["making the sweep", "playing it", "looking for it"])
def test_a_test_that_is_no_longer_wanted_ends_at_once_without_a_report(server, monkeypatch, tmp_path, moment):
    (tmp_path / "sitecustomize.py").write_text(HELD.format(directory=str(tmp_path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")

    async def scenario():
        async with stations(BOTH) as (door,):
            pid = door.link.pid
            door.link.desire(Sound(test=SoundTest("cut", 20.0 if moment == "playing it" else 0.5)))
            await until_async((tmp_path / "make waits").exists, "the process that makes the sweep")
            if moment != "making the sweep":
                (tmp_path / "make").touch()
            if moment == "playing it":
                await until_async(lambda: not children(pid), "the sweep")
                await server.until_open(1, 1)
            if moment == "looking for it":
                await until_async((tmp_path / "measure waits").exists, "the process that looks for it")
            door.link.desire(Sound())
            await until_async(lambda: not in_memory(pid) and not children(pid), "the end")
            await server.until_open(0, 0)
            assert not door.of(inputs.SoundTested) + door.of(inputs.SipLost)

    asyncio.run(scenario())


def test_where_no_file_can_be_named_the_test_fails_with_the_reason_and_leaves_nothing(server, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "full"))

    async def scenario():
        async with stations(BOTH) as (door,):
            door.link.desire(Sound(test=SoundTest("no room", 0.5)))
            failed = await door.wait(inputs.SoundTested)
            assert failed.why.startswith("No such file or directory: ")
            door.link.desire(Sound())
            await until_async(lambda: not in_memory(door.link.pid), "no memory")
            await server.until_open(0, 0)
            assert not door.of(inputs.SipLost)

    asyncio.run(scenario())
