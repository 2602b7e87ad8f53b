"""The demonstration: two stations on this machine, one scripted call between them, then time to look around."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

import tomli

from appliance.base import signals
from appliance.base.errors import IntercomError
from appliance.demo import workspace
from appliance.demo.expectations import FRONT, KITCHEN, Scene, Side
from appliance.demo.player import NotSeenError, play
from appliance.demo.scenario import STEPS
from appliance.demo.stations import CODE, DemoStation, free_sip_port, running
from appliance.demo.timeline import Timeline

PATIENCE_S = 20.0  # steps of milliseconds may take seconds on a busy board
SOUNDS = Path(__file__).with_name("sounds")
FILES = {FRONT: "simulated.toml", KITCHEN: "simulated-indoor.toml"}
VOICES = {FRONT: "visitor.wav", KITCHEN: "resident.wav"}
TARGETS = {FRONT: "kitchen", KITCHEN: "front"}


def main(arguments: list[str] | None = None) -> int:
    """Play the call; the exit status: 0 every step was seen, 1 one was not, 2 wrong usage."""
    made = argparse.ArgumentParser(
        prog="python -m appliance.demo",
        description="Starts a door station and an indoor station and plays one call between them, over real SIP.",
    )
    made.add_argument("--once", action="store_true", help="end after the call: status 0 if every step succeeded")
    made.add_argument("--step", action="store_true", help="wait for Enter before each step")
    made.add_argument(
        "--directory", type=Path, help="directory of state and recordings (default ~/.local/state/intercomd-demo)"
    )
    # For the tests: a longer time for each step, and configurations with errors.
    made.add_argument("--patience", type=float, default=PATIENCE_S, help=argparse.SUPPRESS)
    made.add_argument("--hardware", type=Path, default=CODE / "hardware", help=argparse.SUPPRESS)
    given = made.parse_args(arguments)
    try:
        return asyncio.run(_until_signal(given))
    except IntercomError as error:
        print(error, file=sys.stderr)
        return 1


async def _until_signal(given: argparse.Namespace) -> int:
    """The whole demonstration; a signal ends it properly."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    assert this
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end() -> None:
        signals.ignore(numbers, loop)
        this.cancel()

    for number in numbers:
        loop.add_signal_handler(number, end)
    status = 1
    directory = (given.directory or workspace.default()).absolute()
    with workspace.kept(directory):
        try:
            scene = scene_in(directory, given.hardware)
            async with running(*(side.station for side in scene.values())):
                status = await _call(scene, given.patience, await _keyboard() if given.step else None)
                if not given.once:
                    status = await _stay([side.station for side in scene.values()])
        except asyncio.CancelledError:
            if given.directory is None:
                workspace.remove(directory)
    return status


async def _stay(stations: list[DemoStation]) -> int:
    """Wait until one of the stations ends by itself, and say so; the exit status."""
    if all(station.ended is None for station in stations):
        print("Both stations keep running; Ctrl-C ends them.", flush=True)
    waiting = {asyncio.create_task(station.lasts()): station for station in stations}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    for task in done:
        station, status = waiting[task], task.result()
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        print(f"{station.name} has ended {how}; so ends all. Its log: {station.log}", file=sys.stderr)
    return 1


async def _keyboard() -> asyncio.StreamReader:
    """Lines of standard input; not in a thread, which Ctrl-C could not end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _call(scene: Scene, patience_s: float, keyboard: asyncio.StreamReader | None) -> int:
    timeline = Timeline(scene)
    start, *others = STEPS
    try:
        timeline.step(await play(start, scene, PATIENCE_S))
        timeline.stations()
        for step in others:
            if keyboard:
                timeline.ask(step)
                await keyboard.readline()
            timeline.step(await play(step, scene, patience_s))
    except NotSeenError as error:
        timeline.failed(error)
        return 1
    timeline.end()
    return 0


def scene_in(directory: Path, hardware: Path) -> Scene:
    """Make both stations from the shipped files, with their own ports, directories and paths."""
    ports: dict[str, int] = {}
    for name in FILES:
        ports[name] = free_sip_port(set(ports.values()))
    scene = {}
    for name, file in FILES.items():
        config: dict[str, Any] = tomli.loads((hardware / file).read_text())
        config["sip"] |= {"port": ports[name], "trace": True}
        config["http"] |= {"port": 0, "socket": True}
        config["audio"]["microphone_file"] = str(SOUNDS / VOICES[name])
        config.setdefault("recording", {}).setdefault("enabled", True)
        far = TARGETS[name]
        with contextlib.suppress(KeyError):  # a test's configuration may lack it
            config["target"][far]["uri"] = f"sip:{far}@127.0.0.1:{ports[far]}"
        scene[name] = Side(DemoStation(directory / name, config))
    return scene


if __name__ == "__main__":
    sys.exit(main())
