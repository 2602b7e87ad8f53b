import asyncio
import os
import signal

import pytest

from appliance.core import inputs
from appliance.core.model import CallId
from appliance.core.orders import HangUp, Place
from tests.support.peers.sipp import Sipp
from tests.support.stations import stations, talk

DOOR = {"user": "door"}
CALL = CallId("c-1")


async def connected(door, peer):
    door.link.order(Place(CALL, peer.uri))
    await door.wait(inputs.CallProgressed, call=CALL, code=180, early_media=False)
    await door.wait(inputs.CallConfirmed, call=CALL)
    await door.wait(inputs.MediaStarted, call=CALL, held=False)
    door.link.desire(talk(CALL))


def test_we_end_the_call(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-answer") as peer:
                await connected(door, peer)
                door.link.order(HangUp(CALL))
                ended = await door.wait(inputs.CallEnded, call=CALL)
                assert (ended.code, ended.remote) == (200, False)
                await peer.finished()

    asyncio.run(scenario())


def test_it_ends_the_call(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-ends") as peer:
                await connected(door, peer)
                ended = await door.wait(inputs.CallEnded, call=CALL)
                assert (ended.code, ended.remote) == (200, True)
                await peer.finished()

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [404, 408, 480, 486, 503, 603])
def test_it_refuses(code, tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-refuse", code=code) as peer:
                door.link.order(Place(CALL, peer.uri))
                ended = await door.wait(inputs.CallEnded, call=CALL)
                assert (ended.code, ended.reason, ended.remote) == (code, "Refused", True)
                await peer.finished()

    asyncio.run(scenario())


def test_it_never_answers_and_we_give_up(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-ring") as peer:
                door.link.order(Place(CALL, peer.uri))
                await door.wait(inputs.CallProgressed, call=CALL, code=180)
                door.link.order(HangUp(CALL))
                ended = await door.wait(inputs.CallEnded, call=CALL)
                assert (ended.code, ended.remote) == (487, False)
                await peer.finished()

    asyncio.run(scenario())


def test_it_sends_early_media(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-early") as peer:
                door.link.order(Place(CALL, peer.uri))
                await door.wait(inputs.CallProgressed, call=CALL, code=183, early_media=True)
                await door.wait(inputs.MediaStarted, call=CALL, held=False)
                await door.wait(inputs.CallConfirmed, call=CALL)
                door.link.order(HangUp(CALL))
                await peer.finished()

    asyncio.run(scenario())


@pytest.mark.parametrize("hold", ["sendonly", "inactive"])
def test_we_hold_and_resume(hold, tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-held", hold=hold) as peer:
                await connected(door, peer)
                door.link.desire(talk(CALL, held=True))
                await door.wait(inputs.MediaStarted, call=CALL)
                door.link.desire(talk(CALL))
                await door.wait(inputs.MediaStarted, call=CALL, held=False)
                door.link.order(HangUp(CALL))
                await peer.finished()
            assert not door.of(inputs.HoldFailed)

    asyncio.run(scenario())


def test_it_refuses_to_be_held_and_is_not_asked_again(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-hold-refused") as peer:
                await connected(door, peer)
                door.link.desire(talk(CALL, held=True))
                failed = await door.wait(inputs.HoldFailed, call=CALL)
                assert (failed.code, failed.reason, failed.held) == (488, "Not Acceptable Here", False)
                with pytest.raises(AssertionError, match="no HoldFailed"):
                    await door.wait(inputs.HoldFailed, patience=0.5)
                door.link.order(HangUp(CALL))
                await peer.finished()

    asyncio.run(scenario())


def test_a_hold_that_meets_its_own_request_is_tried_again(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-hold-glare") as peer:
                await connected(door, peer)
                door.link.desire(talk(CALL, held=True))
                await door.wait(inputs.MediaStarted, call=CALL)
                door.link.order(HangUp(CALL))
                await peer.finished()
            assert not door.of(inputs.HoldFailed)

    asyncio.run(scenario())


def test_it_vanishes_in_mid_call(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uas-answer") as peer:
                await connected(door, peer)
                os.kill(peer.process.pid, signal.SIGKILL)
                await door.wait(inputs.RtpStopped, call=CALL)

    asyncio.run(scenario())
