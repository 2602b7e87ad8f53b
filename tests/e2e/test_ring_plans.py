"""A visitor rings two stations at once, and is heard by one of them whatever becomes of his own SIP process."""

import asyncio
import random
from collections import Counter

import pytest

from appliance.demo.stations import free_sip_port
from tests.e2e.harness import KITCHEN, appliances, kill, merged, pair, ring
from tests.e2e.test_kills import FINAL, FIRST, calls, quiet
from tests.sip.stations import Ear, tone_file
from tests.support.waiting import until_async

SEEDS, KILLS = range(4), 5
WITHIN_S = 1.0  # of the press
VISITOR_HZ, ASKED_HZ = 440, 700  # as the visitor speaks; of the tone that asks for a digit
AS_PLAYED, HEARD, ABSENT = (-1.0, 1.0), (-40.0, 0.0), (-200.0, -50.0)


def house(front=None, kitchen=None):
    """A front door that rings kitchen and hall at once."""
    plan = {"plan": {"house": {"steps": [["kitchen", "hall"]]}}, "panel": {"button": {"ring": {"target": "house"}}}}
    door, inside = pair(merged(plan, front or {}), kitchen)
    port = free_sip_port({door["sip"]["port"], inside["sip"]["port"]})
    hall = merged(KITCHEN, {"station": {"name": "Hall", "user": "hall"}, "sip": {"port": port}})
    hall["target"]["front"]["uri"] = inside["target"]["front"]["uri"]
    door["target"]["hall"] = {"uri": f"sip:hall@127.0.0.1:{port}"}
    return door, inside, hall


async def answering(station):
    """Somebody takes each call that rings there, by a client."""
    seen = set()
    while True:
        for event in station.of("call.ringing"):
            if event["call"] not in seen:
                seen.add(event["call"])
                await asyncio.sleep(0.3)
                await station.request("POST", f"/v1/calls/{event['call']}/answer")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_visitor_is_heard_though_the_sip_process_is_killed_at_any_moment(seed, record_property):
    chance = random.Random(seed)

    async def scenario():
        async with appliances(*house()) as (front, kitchen, hall):
            person = asyncio.create_task(answering(kitchen))
            for _ in range(KILLS):
                front.forget()
                sip = await front.sip()
                await front.press("ring")
                await asyncio.sleep(chance.uniform(0, WITHIN_S))
                kill(sip)
                ended = await front.wait("ring.ended")
                assert ended["data"]["result"] == "answered", front.told()
                await quiet(front, kitchen, hall)
            person.cancel()
            assert len(front.of("ring.started")) == len(front.of("ring.ended")) == KILLS
            for station in (front, kitchen, hall):
                assert calls(station, FIRST) == calls(station, FINAL), station.told()
            told = ((station, event) for station in (front, kitchen, hall) for event in station.events)
            seen = Counter(f"{s.name}: {event['data']['cause']}" for s, event in told if event["type"] in FINAL)
            record_property("figures", f"{KILLS} kills: {dict(seen)}")

    asyncio.run(scenario())


def test_a_phone_that_rang_when_the_sip_process_was_killed_rings_for_the_next_call_only():
    async def scenario():
        async with appliances(*pair()) as (front, kitchen):
            _, first = await ring(front, kitchen)
            kill(await front.sip())
            await kitchen.wait("call.canceled", call=first, cause="canceled", by="remote")
            second = (await kitchen.wait("call.ringing"))["call"]
            await kitchen.press("answer")
            await kitchen.wait("call.connected", call=second)
            await front.wait("ring.ended", result="answered")
            told = [event["type"] for event in kitchen.events if event["type"] in {"call.incoming", "call.canceled"}]
            assert told == ["call.incoming", "call.canceled", "call.incoming"], kitchen.told()

    asyncio.run(scenario())


def test_who_answers_hears_the_tone_that_asks_for_a_digit_and_the_visitor_only_after_it(tmp_path):
    voice = str(tone_file(tmp_path / "voice.wav", VISITOR_HZ))
    front = {"audio": {"microphone_file": voice}, "target": {"kitchen": {"confirm": "1"}}}

    async def scenario():
        async with appliances(*house(front)) as (door, kitchen, _):
            await door.press("ring")
            theirs = (await kitchen.wait("call.ringing"))["call"]
            await kitchen.press("answer")
            recording = (await kitchen.wait("recording.started", call=theirs))["data"]["recording"]
            ear = Ear(kitchen.directory / "recordings" / f"{recording}.wav")
            await ear.hears(ASKED_HZ, *HEARD)
            await ear.hears(VISITOR_HZ, *ABSENT)
            assert not door.of("ring.ended")
            await kitchen.press("door")  # its digit is the one asked for
            assert (await door.wait("ring.ended"))["data"]["target"] == "kitchen"
            await ear.hears(VISITOR_HZ, *AS_PLAYED)
            await ear.hears(ASKED_HZ, *ABSENT)
            await until_async(lambda: door.of("call.canceled", cause="answered_elsewhere"), "the hall's rest")

    asyncio.run(scenario())
