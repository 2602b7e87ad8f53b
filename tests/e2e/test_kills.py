import asyncio
import io
import random
import wave
from contextlib import suppress

import pytest

from appliance.base.errors import IntercomError
from tests.e2e.harness import appliances, connect, kill, living, pair, tree
from tests.support.waiting import until_async

SEEDS = range(4)
KILLS_OF_DAEMON, KILLS_OF_SIP = 5, 5  # for each seed
WITHIN_S = 1.2  # of the press: a call is placed, rings, is answered, recorded, held and resumed, with the door open
PULSE_S = 0.8
FIRST = {"call.dialing", "call.incoming"}
FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}


async def live(front, kitchen):
    """A call with all that can go on in it, for as long as it can."""
    with suppress(IntercomError, OSError, AssertionError):
        await front.order("/v1/doors/front/open", {"seconds": PULSE_S})
        await connect(front, kitchen)
        for _ in range(2):
            await kitchen.press("hold")


async def quiet(*stations):
    """End what calls there are left, at whichever end, and wait until all is at rest."""

    async def no_call():
        found = [(station, call) for station in stations for call in (await station.get("/v1/calls"))["calls"]]
        for station, call in found:
            await station.request("POST", f"/v1/calls/{call['id']}/hangup")
        return not found

    await until_async(no_call, "the end of all calls")


async def at_a_moment_of_a_call(chance, front, kitchen, act):
    living_call = asyncio.create_task(live(front, kitchen))
    await asyncio.sleep(chance.uniform(0, WITHIN_S))
    await act()
    living_call.cancel()
    await asyncio.gather(living_call, return_exceptions=True)


def ids_never_come_again(station):
    ids = [event["id"] for event in station.events]
    assert ids == sorted(set(ids)), station.told()


def calls(station, kinds):
    return sorted(event["call"] for event in station.events if event["type"] in kinds)


async def every_recording_can_be_played(station):
    async def finished():
        recordings[:] = (await station.get("/v1/recordings?limit=200"))["recordings"]
        return all(recording["complete"] for recording in recordings)

    recordings = []
    await until_async(finished, "the end of all recordings")
    for recording in recordings:
        with wave.open(io.BytesIO(await station.get(recording["url"]))) as file:
            assert file.getnframes() > 0
    return len(recordings)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_daemon_that_is_killed_leaves_the_door_shut_and_nothing_running_and_comes_back_whole(seed):
    chance = random.Random(seed)

    async def scenario():
        async with appliances(*pair()) as (front, kitchen):
            for _ in range(KILLS_OF_DAEMON):
                # It, the SIP process, the relay guard.
                processes = await until_async(lambda: len(found := tree(front.pid)) == 3 and found, "all processes")

                async def act():
                    await front.kill()

                await at_a_moment_of_a_call(chance, front, kitchen, act)
                await until_async(lambda: front.relay() == "0", "the relay at rest", log=front.told)
                await until_async(lambda gone=processes: not living(gone), "the end of its processes", log=front.told)
                await front.start()
                await front.ready()
                await quiet(front, kitchen)
                assert front.relay() == "0"
            ids_never_come_again(front)
            ids_never_come_again(kitchen)
            assert await every_recording_can_be_played(kitchen) > 0
            await every_recording_can_be_played(front)
            await connect(front, kitchen)

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sip_process_that_is_killed_costs_its_call_and_nothing_else(seed):
    chance = random.Random(100 + seed)

    async def scenario():
        async with appliances(*pair()) as (front, kitchen):
            victims = []
            for _ in range(KILLS_OF_SIP):

                async def act():
                    victims.append(await front.sip())
                    kill(victims[-1])

                await at_a_moment_of_a_call(chance, front, kitchen, act)
                await front.wait("appliance.recovered", part="sip")
                await quiet(front, kitchen)
                await until_async(lambda: front.relay() == "0", "the relay at rest", log=front.told)
            assert len(set(victims)) == KILLS_OF_SIP
            for station in (front, kitchen):
                ids_never_come_again(station)
                calls = {
                    event["call"] for event in station.events if event["type"] in {"call.dialing", "call.incoming"}
                }
                ends = [event["call"] for event in station.events if event["type"] in FINAL]
                assert sorted(calls) == sorted(ends)
                await every_recording_can_be_played(station)
            await connect(front, kitchen)

    asyncio.run(scenario())
