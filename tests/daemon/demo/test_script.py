import asyncio
import os
import re
import shutil
import signal
import sys
import wave
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import tomli

from appliance.base.toml import dump
from appliance.demo.scenario import STEPS
from appliance.demo.stations import CODE
from tests.support.daemon import Daemon
from tests.support.pairs import merged, place
from tests.support.processes import children, command, living, tree
from tests.support.waiting import PATIENCE_S, until_async

NAMES = [step.name for step in STEPS]
IMPATIENT_S = 40.0  # for a step that will not be seen; the others take 2.5 s at most on a quiet machine


class Runner:
    """The demonstration as a process; `step` lets it play the next step."""

    def __init__(self, directory, process):
        self.directory, self.process = directory, process
        self.printed, self.complained = [], []

    async def read(self):
        async def lines(stream, into):
            async for line in stream:
                into.append(line.decode())

        await asyncio.gather(lines(self.process.stdout, self.printed), lines(self.process.stderr, self.complained))

    async def prints(self, text, times=1):
        def printed():
            return sum(text in line for line in self.printed) >= times or self.process.returncode is not None

        await until_async(printed, f"{text!r} in print", 3 * PATIENCE_S, lambda: f"{self.printed} {self.complained}")
        assert sum(text in line for line in self.printed) >= times, (self.printed, self.complained)

    async def status(self):
        return await asyncio.wait_for(self.process.wait(), 3 * PATIENCE_S)

    def station(self, name):
        """The station's daemon, seen from here."""
        found = Daemon(self.directory / name)
        pids = [pid for pid in children(self.process.pid) if str(found.directory) in command(pid)]
        assert len(pids) == 1, pids
        found.daemon = pids[0]
        return found

    def guard(self):
        return next(pid for pid in children(self.station("front").daemon) if "guard.py" in command(pid))


@asynccontextmanager
async def demonstration(*options, hardware=None, own_directory=True):
    """The runner with what is changed in the shipped files; without `own_directory` it takes its default."""
    with place() as top:
        directory, files = top / "state" / "intercomd-demo", top / "hardware"
        shutil.copytree(CODE / "hardware", files)
        change(files, "simulated.toml", {"door": {"front": {"pulse_s": 2.0}}})
        for file, changes in (hardware or {}).items():
            change(files, file, changes)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "appliance.demo", *options),
            *(("--directory", str(directory)) if own_directory else ()),
            *("--hardware", str(files)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "XDG_STATE_HOME": str(directory.parent)},
            cwd=CODE,
        )
        runner = Runner(directory, process)
        reading = asyncio.create_task(runner.read())
        try:
            yield runner
            left = tree(process.pid)
            if process.returncode is None:
                process.terminate()
                await runner.status()
            await until_async(lambda: not living(left), "the end of all processes")
            sockets = [path for path in directory.rglob("*") if path.is_socket()]
            assert not sockets
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await reading


def change(files, name, changes):
    config = tomli.loads((files / name).read_text())
    (files / name).write_text(dump(merged(config, changes)))


def test_every_step_of_the_call_is_seen_and_its_recording_is_there():
    async def scenario():
        async with demonstration("--once") as runner:
            assert await runner.status() == 0, runner.complained
            text = "".join(runner.printed)
            told = [text.index(f" s  {name}: ") for name in NAMES]
            assert told == sorted(told)
            assert text.count("#token=") == 2
            recording = Path(text.rpartition("The recording: ")[2].strip())
            with wave.open(str(recording)) as file:
                assert file.getnframes() > file.getframerate()
            assert (runner.directory / "front" / "relay-front").read_text()[:1] == "0"
            logs = [(runner.directory / name / "daemon.log").read_text() for name in ("front", "kitchen")]
            assert "muted=false" in "".join(logs) or "active=true" in "".join(logs)
            assert not re.findall(r".*\\b(?:True|False|None)\\b.*", "".join(logs)), "words of Python"

    asyncio.run(scenario())


def test_without_once_the_stations_run_on_until_ctrl_c_which_leaves_nothing_behind():
    async def scenario():
        async with demonstration(own_directory=False) as runner:
            await runner.prints("Ctrl-C ends them")
            both = tree(runner.process.pid)
            assert len(both) >= 6  # with two daemons, two SIP processes, a relay guard
            runner.process.send_signal(signal.SIGINT)
            assert await runner.status() == 0, runner.complained
            assert not living(both)
            assert not list(runner.directory.parent.iterdir())

    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_more_signals_do_not_disturb_the_stations_orderly_end(number):
    async def scenario():
        async with demonstration("--step", own_directory=False) as runner:
            await runner.prints("Enter: ")
            both = tree(runner.process.pid)
            while runner.process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(runner.process.pid, number)  # send_signal would take the status away from asyncio
                await asyncio.sleep(0.01)
            assert runner.process.returncode == 1 and not "".join(runner.complained)
            assert not living(both)
            assert not list(runner.directory.parent.iterdir())

    asyncio.run(scenario())


def test_a_station_that_dies_ends_the_demonstration_which_says_so():
    async def scenario():
        async with demonstration() as runner:
            await runner.prints("Ctrl-C ends them")
            os.kill(runner.station("front").daemon, signal.SIGKILL)
            assert await runner.status() == 1
            said = "".join(runner.complained)
            assert " has ended by SIGKILL" in said and str(runner.directory / "front" / "daemon.log") in said

    asyncio.run(scenario())


def test_the_stations_end_with_a_demonstration_that_is_killed():
    async def scenario():
        async with demonstration("--step") as runner:
            await runner.prints("Enter: ")
            both = tree(runner.process.pid)
            runner.process.kill()
            await runner.status()
            await until_async(lambda: not living(both), "the end of all processes")

    asyncio.run(scenario())


def test_a_directory_that_is_not_its_own_is_left_alone(tmp_path):
    (tmp_path / "front").mkdir()

    async def scenario():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "appliance.demo", "--once", "--directory", str(tmp_path)),
            stderr=asyncio.subprocess.PIPE,
            cwd=CODE,
        )
        _, complained = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 1
        assert b"is not empty" in complained

    asyncio.run(scenario())
    assert [path.name for path in tmp_path.iterdir()] == ["front"]


# -- a step that is broken ---------------------------------------------------------------------------------------------


async def kitchen_dies(runner):
    os.kill(runner.station("kitchen").daemon, signal.SIGKILL)


async def guard_stops(runner):
    os.kill(runner.guard(), signal.SIGSTOP)


# Each thing that a step expects is left out in tests/demo/test_player.py; here real stations do.
BROKEN = [
    ("ready", None, {"simulated-indoor.toml": {"sip": {"address": "127.0.0.300"}}}),
    ("ring", kitchen_dies, {}),
    ("door", guard_stops, {}),
]


@pytest.mark.parametrize(
    ("name", "act", "hardware"), BROKEN, ids=[f"{n}-{a.__name__ if a else 'configured'}" for n, a, _ in BROKEN]
)
def test_a_step_that_fails_is_named_with_status_1(name, act, hardware):
    async def scenario():
        options = ("--once", "--step", "--patience", str(IMPATIENT_S))
        async with demonstration(*options, hardware=hardware) as runner:
            for number in range(1, NAMES.index(name) + 1):
                await runner.prints("Enter: ", number)
                if NAMES[number] == name and act:
                    await act(runner)
                runner.process.stdin.write(b"\n")
            assert await runner.status() == 1
            complained = "".join(runner.complained)
            assert f"Step {name} failed" in complained
            assert all(word in complained for word in ("expected:", "seen:", "look in:"))
            printed = "".join(runner.printed)
            assert [n for n in NAMES if f" s  {n}: " in printed] == NAMES[: NAMES.index(name)]

    asyncio.run(scenario())
