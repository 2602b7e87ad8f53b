"""A cable that loses, delays, reorders and doubles packets: carries frames between two interfaces of its namespace.

The kernel has netem for this, where it was built with it.
"""

import array
import ast
import errno
import fcntl
import heapq
import itertools
import random
import select
import socket
import struct
import sys
import time

ALL, IPV4, UDP = 0x0003, b"\x08\x00", 17  # linux/if_ether.h, linux/in.h
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17  # linux/sockios.h, linux/ethtool.h
PROMISCUOUS = 1  # PACKET_MR_PROMISC, linux/if_packet.h
SOL_PACKET, ADD_MEMBERSHIP = 263, 1
OUTGOING = 4


def sums(name: str) -> None:
    """Have the kernel write checksums itself: no card does it later, and the other side would drop what lacks them."""
    off = array.array("I", [ETHTOOL_STXCSUM, 0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", name.encode(), off.buffer_info()[0]))


def opened(name: str) -> socket.socket:
    """All frames of an interface."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    link.bind((name, 0))
    link.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, struct.pack("IHH8s", socket.if_nametoindex(name), PROMISCUOUS, 0, b""))
    link.setblocking(False)
    return link


def contents(frame: bytes) -> int:
    """Where the contents of UDP begin in a frame: behind the headers of Ethernet, IPv4 and UDP."""
    return 14 + 4 * (frame[14] & 15) + 8


def is_handshake(frame: bytes) -> bool:
    """Whether it has a message of a DTLS handshake (RFC 9147 §4) over UDP."""
    begin = contents(frame)
    return frame[23] == UDP and len(frame) > begin + 1 and 20 <= frame[begin] < 64 and frame[begin + 1] == 0xFE


def is_sound(frame: bytes) -> bool:
    """Whether it has RTP (RFC 7983 §7), and no RTCP (RFC 5761 §4), over UDP."""
    begin = contents(frame)
    if frame[23] != UDP or len(frame) <= begin + 12:
        return False
    return 128 <= frame[begin] < 192 and not 192 <= frame[begin + 1] < 224


def next_forged(frame: bytes) -> bytes:
    """A packet of RTP as the next of its stream would begin, which nobody can verify; without a checksum of UDP."""
    begin = contents(frame)
    number = (int.from_bytes(frame[begin + 2 : begin + 4]) + 1) % 2**16
    return frame[: begin - 2] + bytes(2) + frame[begin : begin + 2] + number.to_bytes(2) + frame[begin + 4 :]


def carry(loss: float, double: float, delay_s: float, jitter_s: float, handshakes: float, forged: float) -> None:
    """Forever. What is no IPv4, as ARP, goes through as it is: nobody would repeat it soon.

    handshakes: so many of the door's messages of DTLS are lost, the first ones. forged: after the first sound to the
    door, forged sound goes there every so many seconds, or more often.
    """
    ends = opened("door"), opened("pbx")
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    dice, order = random.Random(1), itertools.count()
    sound: bytes | None = None
    late: list[tuple[float, int, socket.socket, bytes]] = []
    print("ready", flush=True)
    while True:
        wait = max(late[0][0] - time.monotonic(), 0) if late else None
        if sound:
            wait = forged if wait is None else min(wait, forged)
            sound = next_forged(sound)
            send(ends[0], sound)
        for end in select.select(ends, (), (), wait)[0]:
            frame, (_, _, direction, *_) = end.recvfrom(65535)
            if direction == OUTGOING:
                continue
            if frame[12:14] != IPV4:
                send(other[end], frame)
                continue
            if handshakes and end is ends[0] and is_handshake(frame):
                handshakes -= 1
                continue
            if forged and sound is None and end is ends[1] and is_sound(frame):
                sound = frame
            for _ in range(2 if dice.random() < double else 1):
                if dice.random() >= loss:
                    due = time.monotonic() + delay_s + dice.random() * jitter_s
                    heapq.heappush(late, (due, next(order), other[end], frame))
        while late and late[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(late)
            send(end, frame)


def send(end: socket.socket, frame: bytes) -> None:
    """Send it; a link whose queue is full loses it."""
    try:
        end.send(frame)
    except OSError as error:
        if error.errno != errno.ENOBUFS:
            raise


if __name__ == "__main__":
    if sys.argv[1] == "sums":
        sums(sys.argv[2])
    else:
        carry(**ast.literal_eval(sys.argv[2]))
