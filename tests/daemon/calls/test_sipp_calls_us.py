import asyncio

import pytest

from appliance.core import inputs
from appliance.core.orders import Answer, HangUp, Refuse, Ring
from tests.support.peers.sipp import Sipp
from tests.support.stations import stations, talk

DOOR = {"user": "door"}


async def ringing(door):
    arrived = await door.wait(inputs.CallArrived)
    door.link.order(Ring(arrived.call))
    return arrived.call


async def answered(door):
    call = await ringing(door)
    door.link.order(Answer(call))
    await door.wait(inputs.CallConfirmed, call=call)
    await door.wait(inputs.MediaStarted, call=call, held=False)
    door.link.desire(talk(call))
    return call


def test_it_calls_and_ends_the_call(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-call", door.address) as peer:
                arrived = await door.wait(inputs.CallArrived)
                assert arrived.uri.startswith("sip:sipp@127.0.0.1")
                assert arrived.source == f"127.0.0.1:{peer.port}"
                assert arrived.headers == (("X-Floor", "2"),)
                door.link.order(Ring(arrived.call))
                door.link.order(Answer(arrived.call))
                ended = await door.wait(inputs.CallEnded, call=arrived.call)
                assert (ended.code, ended.remote) == (200, True)
                await peer.finished()
            assert [started.codec.name for started in door.of(inputs.MediaStarted)] == ["PCMA"]

    asyncio.run(scenario())


def test_it_calls_and_we_end_the_call(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-answered-ends", door.address) as peer:
                call = await answered(door)
                door.link.order(HangUp(call))
                ended = await door.wait(inputs.CallEnded, call=call)
                assert (ended.code, ended.remote) == (200, False)
                await peer.finished()

    asyncio.run(scenario())


def test_it_gives_up_while_we_ring(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-cancel", door.address) as peer:
                call = await ringing(door)
                ended = await door.wait(inputs.CallEnded, call=call)
                assert (ended.code, ended.remote) == (487, True)
                await peer.finished()

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [403, 486, 603])
def test_we_refuse_it(code, tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-refused", door.address, code=code) as peer:
                call = (await door.wait(inputs.CallArrived)).call
                door.link.order(Refuse(call, code))
                ended = await door.wait(inputs.CallEnded, call=call)
                assert (ended.code, ended.remote) == (code, False)
                await peer.finished()

    asyncio.run(scenario())


@pytest.mark.parametrize("hold", ["sendonly", "inactive", "zero"])
def test_it_holds_and_resumes(hold, tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-hold", door.address, hold=hold) as peer:
                call = await answered(door)
                await door.wait(inputs.MediaStarted, call=call, held=True)
                await door.wait(inputs.MediaStarted, call=call, held=False)
                await door.wait(inputs.CallEnded, call=call)
                await peer.finished()

    asyncio.run(scenario())


def test_it_offers_late(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-late-offer", door.address) as peer:
                call = await answered(door)
                await door.wait(inputs.CallEnded, call=call)
                await peer.finished()

    asyncio.run(scenario())


def test_it_would_have_us_call_somebody_else_and_is_refused(tmp_path):
    async def scenario():
        trace = tmp_path / "trace"
        async with stations({**DOOR, "trace": str(trace)}) as (door,):
            with Sipp(tmp_path, "uac-refer", door.address) as peer:
                call = await answered(door)
                await door.wait(inputs.CallEnded, call=call)
                await peer.finished()
        sent = [line for line in trace.read_text().splitlines() if " TX " in line]
        assert any("603/REFER" in line for line in sent)
        assert not any("Request msg INVITE" in line for line in sent)

    asyncio.run(scenario())


def test_it_asks_what_we_can(tmp_path):
    async def scenario():
        async with stations(DOOR) as (door,):
            with Sipp(tmp_path, "uac-options", door.address) as peer:
                await peer.finished()
            assert not door.of(inputs.CallArrived)

    asyncio.run(scenario())
