"""The simulated panel over its socket: presses go the way of real ones, lamps are seen as they are."""

import asyncio
import json
import re
from contextlib import aclosing, asynccontextmanager

import pytest

from appliance.base.errors import IntercomError
from appliance.core.inputs import ButtonEdge, CardRead, KeypadKey
from appliance.core.model import ButtonId, LampId, LampOutput, Pattern
from appliance.panel.contacts.buttons import Buttons, ButtonWiring
from appliance.panel.gpio.factory import lines
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.lamps.lamps import Lamps, LampWiring
from appliance.simulator.keypads_and_readers import SimulatedEntry
from appliance.simulator.panel import SimulatedPanel, SimulatedPin, ask, watch_lamps
from tests.panel.support import LONG
from tests.support.waiting import until_async

RING, OPEN = ButtonWiring(ButtonId("ring"), 17), ButtonWiring(ButtonId("open"), 22, "down")
NONE = SimulatedEntry(frozenset(), frozenset(), lambda given: None)
RED, GREEN = LampWiring(LampId("red"), (23,)), LampWiring(LampId("green"), (24,), active_low=True)


class Station:
    def __init__(self, path, factory):
        self.path, self.posted = path, []
        self.panel = SimulatedPanel(
            path,
            factory,
            {button.id: SimulatedPin(button.pin, button.active_low) for button in (RING, OPEN)},
            {lamp.id: SimulatedPin(lamp.lights[0], lamp.active_low) for lamp in (RED, GREEN)},
            SimulatedEntry(frozenset({"gate"}), frozenset({"gate"}), self.posted.append),
        )
        claims = Claims(factory, self.posted.append)
        self.buttons = Buttons((RING, OPEN), claims, self.posted.append)
        self.lamps = Lamps((RED, GREEN), claims, lambda _: None)

    @property
    def edges(self):
        return [(i.button, i.active) for i in self.posted if isinstance(i, ButtonEdge)]


@asynccontextmanager
async def station(tmp_path):
    factory = lines("simulated")
    factory.reset()
    station = Station(tmp_path / "panel.sock", factory)
    await station.panel.start()
    try:
        yield station
    finally:
        await station.panel.stop()
        station.lamps.close()
        station.buttons.close()
        factory.reset()


@pytest.mark.parametrize("button", ["ring", "open"])
async def test_press_is_an_edge_down_and_an_edge_up(tmp_path, button):
    async with station(tmp_path) as front:
        answer = await ask(front.path, {"press": button, "seconds": 0.2})
        assert front.edges == [(button, True), (button, False)]
        down, up = front.posted
        assert down.at - 1 < answer["at"] <= down.at
        assert up.at - down.at > 0.15


async def test_edges_are_driven_one_by_one(tmp_path):
    async with station(tmp_path) as front:
        await ask(front.path, {"edge": "ring", "active": True})
        assert front.edges == [("ring", True)]
        await ask(front.path, {"edge": "ring", "active": False})
        assert front.edges == [("ring", True), ("ring", False)]


async def test_press_ends_even_if_who_asked_for_it_leaves(tmp_path):
    async with station(tmp_path) as front:
        _, writer = await asyncio.open_unix_connection(front.path)
        writer.write(b'{"press": "ring", "seconds": 60}\n')
        await until_async(lambda: front.edges == [("ring", True)])
        writer.close()
    assert front.edges == [("ring", True), ("ring", False)]


async def test_lamps_are_reported_as_they_are(tmp_path):
    async with station(tmp_path) as front:
        assert (await ask(front.path, {"lamps": True}))["lamps"] == {"red": False, "green": False}
        front.lamps.desire(((RED.id, LampOutput(Pattern.ON)), (GREEN.id, LampOutput(Pattern.ON))))
        assert (await ask(front.path, {"lamps": True}))["lamps"] == {"red": True, "green": True}


async def test_watcher_sees_each_change_of_a_blinking_lamp_in_order(tmp_path):
    async with station(tmp_path) as front:
        async with asyncio.timeout(LONG), aclosing(watch_lamps(front.path)) as changes:
            first = await anext(changes)
            assert first["lamps"] == {"red": False, "green": False}
            front.lamps.desire(((GREEN.id, LampOutput(Pattern.FAST)),))
            seen = [await anext(changes) for _ in range(6)]
            assert [(c["lamp"], c["lit"]) for c in seen] == [("green", lit) for lit in (True, False) * 3]
            assert [c["at"] for c in seen] == sorted(c["at"] for c in seen)
            assert seen[0]["at"] >= first["at"]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"press": "bell"}, "the buttons are: ring, open"),
        ({"edge": "ring"}, "'active'"),
        ({"press": "ring", "seconds": -1}, "0 to 60 seconds"),
        ({"press": "ring", "seconds": "long"}, "could not convert"),
        ({"press": ["ring"]}, "not a request"),
        ({"dance": True}, "not a request"),
        ([], "not a request"),
        (5, "not a request"),
    ],
)
async def test_wrong_request_is_answered_with_what_is_wrong(tmp_path, request_, said):
    async with station(tmp_path) as front:
        with pytest.raises(IntercomError) as error:
            await ask(front.path, request_)
        assert said in error.value.cause
        assert front.edges == []


async def test_line_that_is_no_json_does_not_end_the_panel(tmp_path):
    async with station(tmp_path) as front:
        reader, writer = await asyncio.open_unix_connection(front.path)
        writer.write(b"hello\n")
        assert "error" in json.loads(await reader.readline())
        writer.write(b"x" * 200_000)
        await asyncio.wait_for(reader.read(), LONG)
        writer.close()
        await ask(front.path, {"lamps": True})


async def test_panel_that_is_not_there_is_named(tmp_path):
    with pytest.raises(IntercomError) as error:
        await ask(tmp_path / "none.sock", {"lamps": True})
    assert "--demo" in error.value.resolution


async def test_keys_and_cards_are_inputs(tmp_path):
    async with station(tmp_path) as front:
        at = (await ask(front.path, {"keys": "12#", "keypad": "gate"}))["at"]
        for bits in (26, 0):
            await ask(front.path, {"card": "1234567", "reader": "gate", "bits": bits})
        *keys, card, typed = front.posted
        assert keys == [KeypadKey(at=at, keypad="gate", key=key) for key in "12#"]
        assert [(read.reader, read.number, read.bits) for read in (card, typed)] == [
            ("gate", "1234567", 26),
            ("gate", "1234567", 0),
        ]
        assert isinstance(card, CardRead)


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"keys": "1", "keypad": "yard"}, "no keypad 'yard'; there is: gate"),
        ({"keys": "A", "keypad": "gate"}, "keys are 0 to 9, \\* and #"),
        ({"card": "1", "reader": "yard"}, "no reader 'yard'; there is: gate"),
    ],
)
async def test_keys_and_cards_that_cannot_be_are_reported(tmp_path, request_, why):
    async with station(tmp_path) as front:
        with pytest.raises(IntercomError) as error:
            await ask(front.path, request_)
        assert re.search(why, error.value.cause)
        assert not front.posted


async def test_socket_is_its_users_own_and_gone_after_the_stop(tmp_path):
    async with station(tmp_path) as front:
        assert front.path.stat().st_mode & 0o777 == 0o600
    assert not front.path.exists()


async def test_place_that_cannot_be_listened_on_is_named(tmp_path):
    panel = SimulatedPanel(tmp_path / ("x" * 120), lines("simulated"), {}, {}, NONE)
    with pytest.raises(IntercomError) as error:
        await panel.start()
    assert "shorter path" in error.value.resolution
