"""The client library at a real station: each of its examples, and a station that starts again meanwhile."""

import asyncio
import math
import random
import re
from contextlib import aclosing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from intercomd_client import Station
from tests.api.chromium import chromium
from tests.api.conftest import log_in
from tests.daemon.appliance.how_tos import HOW_TO, blocks
from tests.support.cutter import Cutter
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.waiting import PATIENCE_S, until, until_async

README = Path(__file__).resolve().parents[3] / "client/README.md"
START = "\n\nasyncio.run(main())\n"
CUTS = 200
UP_TO = 1_500  # bytes: the answer to a handshake and a few events, so that some cuts are in the middle of either
AHEAD = 50  # events that the station may be ahead


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("d"), door={"front": {"pulse_s": 1.0}}) as daemon:
        yield daemon


@pytest.fixture(autouse=True)
def _shut(station):
    """Its door is ready and shut, whatever another test has opened."""

    def shut():
        door = station.get("/v1/doors/front")
        return door["available"] and door["state"] == "locked"

    until(shut)
    station.caught_up()


def programs():
    guides = "write-programs-in-python.md", "make-a-voice-menu.md"
    found = [block for guide in guides for block in blocks(guide) if block.startswith("import ")]
    return [*found, *re.findall(r"(?ms)^```python\n(.*?)^```$", README.read_text())]


def example(which, station, tmp_path):
    """The main function of an example, for this station."""
    source = programs()[which]
    assert source.endswith(START)
    source = source.removesuffix(START).replace("/run/intercomd/http.sock", str(station.directory / "http.sock"))
    source = source.replace("https://door.example:8443", (station.directory / "http.address").read_text().strip())
    names = {}
    exec(compile(source.replace('"last-event"', f'"{tmp_path}/last-event"'), "example", "exec"), names)
    return names["main"]


def shown(main, enough=None, act=None):
    """What an example prints until it ends, or has printed enough; act: what happens once it has printed anything."""

    async def run():
        async with asyncio.timeout(PATIENCE_S):
            running = asyncio.ensure_future(main())
            if act is not None:
                await until_async(lambda: running.done() or printed.getvalue())
                await asyncio.to_thread(act)
            if enough is not None:
                await until_async(lambda: running.done() or enough in printed.getvalue())
                running.cancel()
                await asyncio.wait({running})
            else:
                await running

    with redirect_stdout(StringIO()) as printed:
        asyncio.run(run())
    return printed.getvalue()


def test_there_are_as_many_examples_as_tests_of_them():
    assert len(programs()) == 5
    assert (HOW_TO / "write-programs-in-python.md").read_text().count("```python") == 3


def test_the_example_that_opens_a_door(station, tmp_path):
    station.begin()
    printed = shown(example(0, station, tmp_path))
    assert "['front']" in printed
    assert [line.split()[1] for line in printed.splitlines()[1:]][-1] == "door.locked"
    assert station.wait("door.unlocked")["data"]["means"] == "api"


def test_the_example_that_is_a_bell_misses_no_ring_while_it_was_away(station, tmp_path):
    last = tmp_path / "last-event"
    last.write_text(str(station.get("/v1/state")["last_event"]))
    station.begin()
    station.ring()
    ring = station.wait("ring.started")["data"]["ring"]
    assert f"ring.started {ring}\n" in shown(example(1, station, tmp_path), enough=f"ring.started {ring}\n")
    station.hang_up_all()
    ended = station.wait("ring.ended", ring=ring)
    assert shown(example(1, station, tmp_path), enough="ring.ended") == f"ring.ended {ring}\n"
    assert int(last.read_text()) == ended["id"]


def test_the_example_with_a_token_opens_the_door_or_says_what_to_do(station, tmp_path, monkeypatch):
    monkeypatch.setenv("INTERCOM_TOKEN", (station.directory / "http.token").read_text().strip())
    main = example(2, station, tmp_path)
    assert shown(main) == "open\n"
    station.post("/v1/doors/front/lock")
    try:
        assert shown(main).startswith("locked down: ")
    finally:
        station.post("/v1/doors/front/unlock")
    monkeypatch.setenv("INTERCOM_TOKEN", "wrong")
    assert shown(main).startswith("unauthorized ")


def test_the_example_of_the_readme_shows_events(station, tmp_path):
    opening = lambda: station.post("/v1/doors/front/open")  # noqa: E731
    printed = shown(example(4, station, tmp_path), "door.unlocked", opening)
    assert printed.startswith("Door ")
    assert "'door': 'front'" in printed


def followers(door):
    """How many clients follow the events."""
    status, text = door.ask("GET", "/metrics")
    assert status == 200
    return float(re.search(rb"(?m)^intercomd_event_subscribers (.*)$", text)[1])


def pressed(far, number, digit):
    body = f"Signal={digit}\r\nDuration=160\r\n"
    packet = far.request("INFO", number, body=body, kind="application/dtmf-relay")
    far.ask(packet, "SIP/2.0 200", "INFO")


@shows("dtmf.redirected", "dtmf.received method=info")
def test_the_voice_menu_gets_the_digits_of_a_far_end_that_may_open_a_door(tmp_path, monkeypatch):
    daemon = Daemon(tmp_path / "d", door={"front": {"digits": "99", "pulse_s": 2.0}}, deadlines={"rtp_s": 600})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        made = door.post("/v1/tokens", {"name": "menu", "scopes": ["view", "call", "digits"]})
        monkeypatch.setenv("INTERCOM_TOKEN", made["text"])
        others = followers(door)

        async def menu():
            running = asyncio.create_task(example(3, door, tmp_path)())
            await asyncio.to_thread(until, lambda: followers(door) > others, "the program follows")
            await asyncio.to_thread(far.send, far.invite())
            await asyncio.to_thread(lambda: far.called(lambda: None))
            await asyncio.to_thread(door.wait, "dtmf.redirected", to="program")
            await asyncio.to_thread(door.wait, "playback.started")
            for number, digit in enumerate("991", 2):
                await asyncio.to_thread(pressed, far, number, digit)
            await until_async(lambda: len(door.of("playback.started")) == 2)
            running.cancel()
            await asyncio.wait({running})

        asyncio.run(menu())
        call = door.wait("dtmf.redirected", by="http:menu", to="codes", why="stream_ended")["call"]
        assert [e["data"]["digit"] for e in door.of("dtmf.received", call)] == [*"991"]
        assert not door.of("door.unlocked")
        for number, digit in enumerate("99", 5):
            pressed(far, number, digit)
        door.wait("door.unlocked", door="front")
        assert [e["data"]["digit"] for e in door.of("dtmf.received", call)] == [*"991", None, None]
        audit = [row["data"] for row in door.get("/v1/log/doors")["events"] if row["type"] == "dtmf.redirected"]
        assert [(row["to"], row["why"]) for row in audit] == [("codes", "stream_ended"), ("program", "order")]
        far.hang_up(7)
        door.final(call, kind="call.ended")


class Impatient(Station):
    """A client that is soon there again."""

    FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.02


def test_a_client_that_is_cut_200_times_at_random_misses_nothing_and_sees_nothing_twice(station, tmp_path):
    address = station.directory / "http.sock"
    ids, end = [], math.inf

    async def go_on(cutter):
        """Begin and end do not disturb until all cuts are made, and once more, so that an event follows `end`."""
        nonlocal end
        async with Station(address) as door:
            while end == math.inf:
                if cutter.cuts == CUTS:
                    end = (await door.read_state())["last_event"]
                await door.change_runtime(do_not_disturb=True)
                await door.change_runtime(do_not_disturb=False)
                await until_async(lambda: station.events[-1]["id"] - ids[-1] < AHEAD)

    async def follow():
        async with (
            asyncio.timeout(PATIENCE_S),
            Cutter(tmp_path / "cut.sock", address, random.Random(1), CUTS, UP_TO) as cutter,
            Impatient(cutter.path) as door,
            aclosing(door.events(before)) as events,
        ):
            going_on = asyncio.create_task(go_on(cutter))
            async for event in events:
                ids.append(event["id"])
                if event["id"] > end:
                    break
            await going_on
            return cutter.cuts

    before = station.get("/v1/state")["last_event"]
    ids.append(before)
    assert asyncio.run(follow()) == CUTS
    assert ids == list(range(before, ids[-1] + 1))


def test_the_page_and_a_program_see_what_the_other_does(station, tmp_path):
    since = station.get("/v1/state")["last_event"]

    async def unlocked(page):
        async with (
            asyncio.timeout(PATIENCE_S),
            Station(station.directory / "http.sock") as door,
            aclosing(door.events(since, types=["door.unlocked"])) as events,
        ):
            await door.report_event(name="lift.called", details={"floor": "3"})
            await asyncio.to_thread(page.shows, "#events", "lift.called")
            await asyncio.to_thread(page.press, '[data-key="front"]')  # held until it opens
            data = (await anext(events))["data"]
            await asyncio.to_thread(page.release, '[data-key="front"]')
            return data

    token = (station.directory / "http.token").read_text().strip()
    with chromium(tmp_path / "chromium") as page:
        log_in(page, f"{(station.directory / 'http.address').read_text().strip()}#token={token}")
        page.shows("#link-text", "live")
        page.shows("#doors", "Hold to open")
        data = asyncio.run(unlocked(page))
    assert (data["door"], data["by"]) == ("front", "http:token")


def test_a_program_that_follows_events_misses_none_while_the_station_starts_again(station):
    before = station.get("/v1/state")["last_event"]
    told = []

    async def follow():
        address = station.directory / "http.sock"
        async with asyncio.timeout(PATIENCE_S), Station(address) as door, aclosing(door.events(before)) as events:
            await door.open_door("front")
            async for event in events:
                told.append(event)
                if len(told) == 1:
                    await asyncio.to_thread(station.stop)
                    await asyncio.to_thread(station.start)
                if event["type"] == "appliance.ready":
                    return

    asyncio.run(follow())
    station.ready()
    kept = station.get(f"/v1/events?since={before}&wait=0")["events"]
    assert told == kept[: len(told)]
    assert {"door.unlocked", "appliance.stopping", "appliance.started"} < {event["type"] for event in told}
    assert next(event for event in told if event["type"] == "door.unlocked")["data"]["door"] == "front"
