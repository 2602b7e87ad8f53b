"""Sound and digits as RTP, packet by packet, from whatever socket a test likes."""

import random
import re
import socket
import struct
import threading
import time

import numpy as np

from tests.support.peers.sounds import AMPLITUDE, to_a_law

PCMA, FRAME, FRAME_S = 8, 160, 0.02
SSRC = 0xFA12


def place(sdp):
    """Address and port that a message's SDP wants RTP at."""
    found = re.search(r"^c=IN IP[46] (\S+)", sdp, re.MULTILINE)
    return found[1], int(sdp.partition("m=audio ")[2].split()[0])


def event_type(sdp):
    """The payload type of telephone-events in a message's SDP."""
    return int(re.search(r"^a=rtpmap:(\d+) telephone-event/8000", sdp, re.MULTILINE)[1])


def opened(address):
    """A socket for RTP there."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made


class Voice:
    """`with Voice(socket, sdp) as voice`: a tone is sent to where the SDP says, 50 packets a second, until the end.

    What a test wants between its packets it gives to `also`.
    """

    def __init__(self, sender, sdp, hertz=440, ssrc=SSRC):
        self.socket, self.to, self.events = sender, place(sdp), event_type(sdp)
        self.ssrc, self.sequence = ssrc, random.randrange(1 << 16)
        self.time = FRAME * random.randrange(1 << 20)  # else digits of two voices may begin at the same time
        wave = AMPLITUDE * np.sin(2 * np.pi * hertz * np.arange(8000) / 8000)
        self._tone, self._digits, self._gone = to_a_law(wave), [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._gone.set()
        self._thread.join()

    def press(self, digits):
        """Send these in the tone's place, as soon as those before have gone."""
        self._digits += [*digits]

    def send(self, kind, payload, *, marker=False):
        """One packet of the stream."""
        self.sequence += 1
        self.socket.sendto(
            packet(kind | (0x80 if marker else 0), self.sequence, self.time, self.ssrc, payload), self.to
        )

    def digit(self, digit):
        """A whole digit at once, as packets of the stream (RFC 4733): its end three times."""
        for step in range(6):
            self.send(self.events, event(digit, 160 * (step + 1), end=step >= 3), marker=step == 0)
        self.time += 6 * FRAME

    def _run(self):
        due = time.monotonic()
        while not self._gone.wait(max(due - time.monotonic(), 0)):
            due += FRAME_S
            if self._digits:
                self.digit(self._digits.pop(0))
            begin = self.time % len(self._tone)
            self.send(PCMA, self._tone[begin : begin + FRAME])
            self.time += FRAME


def packet(kind, sequence, timestamp, ssrc, payload):
    """RFC 3550 §5.1."""
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def event(digit, duration, *, end):
    """RFC 4733 §2.3."""
    return struct.pack("!BBH", "0123456789*#ABCD".index(digit), 10 | (0x80 if end else 0), duration)


def report(ssrc):
    """A sender report about nothing (RFC 3550 §6.4.1)."""
    return struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, 0, 0, 0, 0)


def drained(receiver):
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
