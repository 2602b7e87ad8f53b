"""The slots in which pjsua holds calls: one that ended is freed after its slot went to another, which goes on."""

import asyncio
import os
import signal
from contextlib import ExitStack

import pytest

from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.orders import Refuse, Ring
from appliance.sip.stack.engine import MAX_CALLS
from tests.support.daemon import loopback
from tests.support.peers.packets import Packets
from tests.support.stations import stations

pytestmark = pytest.mark.far_end
KEPT = 6  # slots that no call from outside gets
AGAIN = 10  # calls that come while the others end: the first take the slots of KEPT, the next those that get free


async def ring(door):
    for _ in range(AGAIN):
        door.link.order(Ring((await door.wait(inputs.CallArrived)).call))


def test_a_call_in_the_slot_of_one_that_has_just_ended_is_not_hung_up():
    async def scenario():
        with ExitStack() as stack:
            async with stations({}) as (door,):
                callers = [stack.enter_context(Packets(loopback(), to=door.address)) for _ in range(MAX_CALLS - KEPT)]
                # Known, they may all call at once.
                door.link.desire(Sound(peers=tuple(f"sip:far@{far.address}" for far in callers)))
                for far in callers:
                    await asyncio.to_thread(far.ask, far.invite(), "SIP/2.0 100", "INVITE")
                _, *former = [(await door.wait(inputs.CallArrived)).call for _ in callers]
                os.kill(door.link.pid, signal.SIGSTOP)
                stays = callers[0]
                for call in former:
                    door.link.order(Refuse(call, 486))
                again = [stays.invite() for stays.dialog in map("again{}".format, range(AGAIN))]
                stays.send(*again)
                os.kill(door.link.pid, signal.SIGCONT)
                for call in former:
                    await door.wait(inputs.CallEnded, call=call, code=486)
                ringing = asyncio.create_task(ring(door))
                for invite in again:  # once more if all slots were still taken: 486
                    await asyncio.to_thread(stays.ask, invite, "SIP/2.0 180", "INVITE")
                await ringing
                assert len(door.of(inputs.CallEnded)) == len(former)
                assert not [answer for answer in stays.seen if answer.startswith("SIP/2.0 6")]

    asyncio.run(scenario())
