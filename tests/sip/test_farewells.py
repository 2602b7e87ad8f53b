"""Farewells sent to a socket that hears them, answers or has gone."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from appliance.core.model import CallId
from appliance.sip.farewells import Farewells
from appliance.sip.wire import Farewell
from tests.support.waiting import until_async

PATIENCE_S = 120.0


@asynccontextmanager
async def far(host="127.0.0.1"):
    """A far end that reads when asked."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((host, 0))
        udp.setblocking(False)
        yield udp


async def heard(udp):
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.sock_recvfrom(udp, 65535), PATIENCE_S)


def said(udp, text="BYE", call="c-1"):
    return Farewell(CallId(call), *udp.getsockname()[:2], text)


async def over(sender):
    await until_async(lambda: all(going.over for going in sender._going))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_each_living_call_has_its_last_one_said_until_it_is_answered(host, caplog):
    caplog.set_level("INFO")

    async def scenario():
        sender = Farewells(host)
        async with far(host) as first, far(host) as second:
            for farewell in (said(first, "CANCEL"), said(first, "BYE"), said(second, "BYE 2", "c-2")):
                sender.keep(farewell)
            sender.keep(said(second, "none", "c-3"))
            sender.drop(CallId("c-3"))
            sender.drop(CallId("c-4"))
            sender.send()
            for udp, text in ((first, b"BYE"), (second, b"BYE 2")):
                told, source = await heard(udp)
                assert told == text
                udp.sendto(b"SIP/2.0 100 Trying", source)
                assert await heard(udp) == (text, source)  # a provisional answer is none
                udp.sendto(b"SIP/2.0 481 Call/Transaction Does Not Exist", source)
            await over(sender)
            sender.send()
            assert not sender._going
            assert f"c-1: BYE to {host}" in caplog.text

    asyncio.run(scenario())


def test_one_that_is_never_answered_is_given_up(set_times):
    set_times(farewell_again_s=(0.01, 0.01))

    async def scenario():
        sender = Farewells("")
        async with far() as udp:
            sender.keep(said(udp))
            sender.send()
            for _ in range(2):
                await heard(udp)
            await over(sender)

    asyncio.run(scenario())


def test_where_no_one_is_or_can_be_none_is_repeated():
    async def scenario():
        sender = Farewells("127.0.0.1")
        async with far() as udp:
            gone = said(udp)
        for farewell in (
            gone,
            Farewell(CallId("c-2"), "192.0.2.1", 99999, "BYE"),
            Farewell(CallId("c-3"), "2001:db8::1", 5060, "BYE"),
            Farewell(CallId("c-4"), "no address", 5060, "BYE"),
        ):
            sender.keep(farewell)
        sender.send()
        assert len(sender._going) == 1
        await over(sender)

    asyncio.run(scenario())


def test_the_daemon_s_end_ends_them():
    async def scenario():
        sender = Farewells("")
        async with far() as udp:
            sender.keep(said(udp))
            sender.send()
            sender.close()
            sender.close()
            await over(sender)

    asyncio.run(scenario())
