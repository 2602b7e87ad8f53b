"""Bytes at the SIP and RTP ports of a SIP process in a call: it stays, and the call does."""

import asyncio
import random
import re
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.core import inputs
from tests.fuzz.budget import SECONDS
from tests.support.stations import connect, stations

pytestmark = pytest.mark.far_end

FEW = 300
SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parent / "seeds/print").iterdir())]


def spoiled(dice, packet):
    """A packet with some bytes changed, cut out, or said twice."""
    made = bytearray(packet)
    for _ in range(dice.randrange(1, 6)):
        place, length = dice.randrange(len(made)), dice.randrange(1, 30)
        match dice.randrange(3):
            case 0:
                made[place] = dice.randrange(256)
            case 1 if len(made) > length + 1:
                del made[place : place + length]
            case _:
                made[place:place] = made[place : place + length]
    return bytes(made)


def rtp_port(pid, sip_port):
    """An even UDP port of the process other than that of SIP: where it hears its call."""
    inodes = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(each.readlink())):
                inodes.add(found[1])
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    ports = {int(row[1].partition(":")[2], 16) for row in rows if row[9] in inodes}
    return next(port for port in sorted(ports) if port % 2 == 0 and port != sip_port)


def test_spoiled_packets_end_neither_the_process_nor_its_call():
    number = random.getrandbits(32) if SECONDS else 1
    dice = random.Random(number)

    async def scenario():
        async with stations({"user": "door"}, {"user": "kitchen"}) as (door, kitchen):
            ours, _ = await connect(door, kitchen)
            before = door.link.pid
            host, _, port = door.address.partition(":")
            rtp = rtp_port(before, int(port))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
                far.bind((host, 0))
                end, sent = time.monotonic() + SECONDS, 0
                while sent < FEW or time.monotonic() < end:
                    far.sendto(spoiled(dice, dice.choice(SEEDS)), (host, int(port)))
                    far.sendto(spoiled(dice, bytes([0x80, dice.randrange(256)]) + dice.randbytes(180)), (host, rtp))
                    far.sendto(
                        spoiled(dice, bytes([0x81, 200 + dice.randrange(8)]) + dice.randbytes(60)), (host, rtp + 1)
                    )
                    sent += 1
                    await asyncio.sleep(0.001)  # so that the sockets' buffers take all
            assert door.link.pid == before, number
            assert not [each for each in door.of(inputs.CallEnded) if each.call == ours], number
            await connect(door, kitchen)
            assert door.link.pid == before, number

    asyncio.run(scenario())
