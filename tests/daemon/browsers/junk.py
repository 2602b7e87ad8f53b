"""A stranger who sends packets that nobody can verify to the ports at which a station hears its calls."""

import os
import random
import re
import threading
from pathlib import Path
from typing import Self

from tests.support.daemon import Daemon
from tests.support.peers.namespaces import DOOR, Machine
from tests.support.waiting import paced

FULL = bool(os.environ.get("LOAD_FULL"))  # by make test-load
JUNK_PER_S, FLOOD_S, LOOK_EVERY = (10_000, 500.0, 500) if FULL else (2_000, 300.0, 100)
COOKIE = bytes.fromhex("2112a442")
HEARING = re.compile(r" (?:00000000|0700090A):([0-9A-F]{4}) 00000000:0000 07 ")


class Stranger:
    """`with Stranger(door, machine, address)`: one at this address sends junk. sent: so many packets."""

    def __init__(self, door: Daemon, machine: Machine, address: str) -> None:
        self.sent, self._door, self._over = 0, door, threading.Event()
        self._machine, self._address = machine, address
        self._sending = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._sending.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._sending.join()

    @property
    def sends(self) -> bool:
        """Whether it still does."""
        return self._sending.is_alive()

    def _send(self) -> None:
        dice = random.Random(1)
        packets = [_junk(dice) for _ in range(1000)]
        with self._machine.socket(self._address) as far:
            for number in paced(JUNK_PER_S, FLOOD_S):
                if self._over.is_set():
                    return
                if number % LOOK_EVERY == 0:
                    ports = _media_ports(self._door)
                for port in ports:
                    far.sendto(packets[number % len(packets)], (DOOR, port))
                    self.sent += 1


def _junk(dice: random.Random) -> bytes:
    """A packet that looks like one of the kinds that come to the port: STUN, DTLS, RTP, RTCP; or like none."""
    body = dice.randbytes(dice.randrange(0, 200))
    match dice.randrange(6):
        case 0:  # RFC 8489 §5
            return dice.choice((b"\x00\x01", b"\x01\x01", b"\x01\x11")) + len(body).to_bytes(2) + COOKIE + body
        case 1:  # RFC 9147 §4
            return bytes([dice.randrange(20, 64)]) + b"\xfe\xfd" + dice.randbytes(8) + len(body).to_bytes(2) + body
        case 2:
            return b"\x80" + bytes([dice.choice((111, 0, 8, 239))]) + dice.randbytes(10) + body
        case 3:
            return b"\x81" + bytes([dice.randrange(200, 208)]) + dice.randbytes(6) + body
        case 4:
            return b""
        case _:
            return body


def _media_ports(door: Daemon) -> set[int]:
    """The UDP ports at which the SIP process hears its calls."""
    table = Path(f"/proc/{door.sip()}/net/udp").read_text()
    open_to_all = {int(port, 16) for port in HEARING.findall(table)}
    return open_to_all - {door.config["sip"]["port"]}
