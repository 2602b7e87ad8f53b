"""Spoilt offers of browsers at a SIP process, in a network namespace of its own: `python -m tests.fuzz.offers SEED S`.

What `for_station` lets through becomes a call, which is answered and hung up. Prints what became of them, as JSON.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter

from appliance.base import ids
from appliance.core import inputs
from appliance.core.model import CallId
from appliance.core.orders import Answer, HangUp
from appliance.sip.browser_offers import UnfitError, for_browser, for_station
from appliance.sip.wire import Offer
from tests.fuzz.test_ports import spoiled
from tests.sip.test_browser_offers import OFFER
from tests.support.peers.namespaces import DOOR, PBX
from tests.support.stations import PATIENCE_S, Station, stations

FEW = 150
CALLS = 100  # of one process: more in so short a time would be turned away as a flood
GOOD = [re.sub(r"192\.0\.2\.9|198\.51\.100\.7", PBX, line) for line in OFFER]
NUMBERS = [0, 1, 8, 9, 127, 128, 255, 256, 65535, 65536, 1 << 31, (1 << 32) - 1, 1 << 32, 10**20]
ODD = ["%n%s", "=" * 300, " ", ";", ":", "\t", "\\", '"', "/", "a=" * 60, "\u00fc", "\x00", "..", "-1", "0x10", ",,"]


def spoilt(dice: random.Random) -> str:
    """An offer in which some lines lack, come twice, stand elsewhere, or have another content."""
    made = list(GOOD)
    for _ in range(dice.randrange(1, 5)):
        at, other = dice.randrange(len(made)), dice.randrange(len(made))
        match dice.randrange(7):
            case 0 if len(made) > 1:
                del made[at]
            case 1:
                made.insert(other, made[at])
            case 2:
                made[at], made[other] = made[other], made[at]
            case 3:
                made[at] = bytes(spoiled(dice, made[at].encode() or b"x")).decode("latin-1")
            case 4:
                made[at] += dice.choice(ODD)
            case 5:
                made[at] = made[at].partition(":")[0] + ":" + made[other].partition(":")[2]
            case _:
                numbers = list(re.finditer(r"\d+", made[at]))
                if numbers:
                    old = dice.choice(numbers)
                    made[at] = f"{made[at][: old.start()]}{dice.choice(NUMBERS)}{made[at][old.end() :]}"
    return "\r\n".join([*made, ""])


async def answered(door: Station, sdp: str) -> tuple[int, str]:
    """Call with an offer: the code and the station's own description; the call is over then."""
    call = CallId(ids.new("c"))
    asked = asyncio.ensure_future(door.link.offer(Offer(call, "http:anna", sdp)))
    arrived = asyncio.ensure_future(door.wait(inputs.CallArrived, call=call))
    await asyncio.wait({asked, arrived}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    if arrived.done():
        door.link.order(Answer(call))
    answer = await asyncio.wait_for(asked, PATIENCE_S)
    if arrived.done() and not by_pjsua(arrived.result()):
        if answer.code == 200:
            door.link.order(HangUp(call))
        await door.wait(inputs.CallEnded, call=call)
    arrived.cancel()
    door.all.clear()
    door._unseen.clear()
    return answer.code, answer.sdp


def by_pjsua(came: inputs.CallArrived) -> bool:
    """Whether pjsua refused the call on its own, which is then over."""
    return bool(came.refused) and came.sound is None


async def some(dice: random.Random, found: Counter[str], end: float) -> None:
    """Spoil offers for one process; a good one is answered in the end."""
    async with stations({"user": "door", "address": "0.0.0.0"}) as (door,):
        before, calls = door.link.pid, 0
        while calls < CALLS and (found.total() < FEW or time.monotonic() < end):
            offer = spoilt(dice)
            try:
                passed = for_station(offer, DOOR)
            except UnfitError:
                found["unfit"] += 1
                continue
            calls += 1
            code, answer = await answered(door, passed)
            if code == 200:
                for_browser(answer, passed)
            found[str(code)] += 1
            assert door.link.pid == before, f"the SIP process ended: {offer!r}"
        code, answer = await answered(door, for_station("\r\n".join([*GOOD, ""]), DOOR))
        assert (code, "a=fingerprint:" in answer, door.link.pid) == (200, True, before), (code, answer)


async def run(number: int, seconds: float) -> Counter[str]:
    """Spoil offers for so long, and a few at least."""
    dice, found, end = random.Random(number), Counter[str](), time.monotonic() + seconds
    while found.total() < FEW or time.monotonic() < end:
        await some(dice, found, end)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(int(sys.argv[1]), float(sys.argv[2])))))
