"""Sound and digits as RTP, packet by packet, from whatever socket a test likes."""

import random
import socket
import struct
import threading
import time
from typing import Self

import numpy as np

from tests.support.peers.messages import found
from tests.support.peers.sounds import AMPLITUDE, to_a_law

Address = tuple[str, int]

PCMA, FRAME, FRAME_S = 8, 160, 0.02
SSRC = 0xFA12


def place(sdp: str) -> Address:
    """Address and port that a message's SDP wants RTP at."""
    return found(r"^c=IN IP[46] (\S+)", sdp)[1], int(sdp.partition("m=audio ")[2].split()[0])


def event_type(sdp: str) -> int:
    """The payload type of telephone-events in a message's SDP."""
    return int(found(r"^a=rtpmap:(\d+) telephone-event/8000", sdp)[1])


def opened(address: str) -> socket.socket:
    """A socket for RTP there."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made


class Voice:
    """`with Voice(socket, sdp) as voice`: a tone is sent to where the SDP says, 50 packets a second, until the end.

    What a test wants between its packets it gives to `also`.
    """

    def __init__(self, sender: socket.socket, sdp: str, hertz: float = 440, ssrc: int = SSRC) -> None:
        self.socket, self.to, self.events = sender, place(sdp), event_type(sdp)
        self.ssrc, self.sequence = ssrc, random.randrange(1 << 16)
        self.time = FRAME * random.randrange(1 << 20)  # else digits of two voices may begin at the same time
        wave = AMPLITUDE * np.sin(2 * np.pi * hertz * np.arange(8000) / 8000)
        self._tone, self._gone = to_a_law(wave), threading.Event()
        self._digits: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._thread.join()

    def press(self, digits: str) -> None:
        """Send these in the tone's place, as soon as those before have gone."""
        self._digits += [*digits]

    def send(self, kind: int, payload: bytes, *, marker: bool = False) -> None:
        """One packet of the stream."""
        self.sequence += 1
        self.socket.sendto(
            packet(kind | (0x80 if marker else 0), self.sequence, self.time, self.ssrc, payload), self.to
        )

    def digit(self, digit: str) -> None:
        """A whole digit at once, as packets of the stream (RFC 4733): its end three times."""
        for step in range(6):
            self.send(self.events, event(digit, 160 * (step + 1), end=step >= 3), marker=step == 0)
        self.time += 6 * FRAME

    def _run(self) -> None:
        due = time.monotonic()
        while not self._gone.wait(max(due - time.monotonic(), 0)):
            due += FRAME_S
            if self._digits:
                self.digit(self._digits.pop(0))
            begin = self.time % len(self._tone)
            self.send(PCMA, self._tone[begin : begin + FRAME])
            self.time += FRAME


def packet(kind: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    """RFC 3550 §5.1."""
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def event(digit: str, duration: int, *, end: bool) -> bytes:
    """RFC 4733 §2.3."""
    return struct.pack("!BBH", "0123456789*#ABCD".index(digit), 10 | (0x80 if end else 0), duration)


def report(ssrc: int) -> bytes:
    """A sender report about nothing (RFC 3550 §6.4.1)."""
    return struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, 0, 0, 0, 0)


def drained(receiver: socket.socket) -> list[bytes]:
    """All that has come to a socket so far."""
    came = []
    receiver.setblocking(False)
    try:
        while True:
            came.append(receiver.recv(65536))
    except BlockingIOError:
        return came
    finally:
        receiver.setblocking(True)
