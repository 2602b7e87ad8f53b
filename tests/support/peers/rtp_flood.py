"""Sends RTP into a call: `python rtp_flood.py ADDRESS PORT EVENTS PER_S SECONDS FROM…`, from each of these addresses.

One packet of ten is a whole digit 1, of the payload type EVENTS. Prints how many packets went, in how many seconds.
A program of its own, so that its test can listen meanwhile.
"""

import socket
import sys
import time

from tests.support.peers.voices import FRAME, PCMA, event, packet
from tests.support.waiting import paced


def main(to: str, port: str, events: str, per_s: str, seconds: str, *sources: str) -> None:
    senders = []
    for source in sources:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.bind((source, 0))
        sender.connect((to, int(port)))
        senders.append(sender)
    sound = packet(PCMA, 1, FRAME, 0xBAD, b"\x2a" * FRAME)
    digit = packet(int(events), 2, FRAME, 0xBAD, event("1", 960, end=True))
    sent, begin = 0, time.monotonic()
    for sent in paced(int(per_s), float(seconds)):
        senders[sent % len(senders)].send(sound if sent % 10 else digit)
    print(sent + 1, round(time.monotonic() - begin, 2))


if __name__ == "__main__":
    main(*sys.argv[1:])
