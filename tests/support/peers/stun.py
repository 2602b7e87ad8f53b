"""STUN, message by message (RFC 8489), for far ends and servers that do what no well-behaved one does."""

import hashlib
import hmac
import os
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Address = tuple[str, int]

COOKIE = 0x2112A442
BINDING, ANSWER, REFUSAL = 0x0001, 0x0101, 0x0111
MAPPED, INTEGRITY, FINGERPRINT = 0x0020, 0x0008, 0x8028


def attribute(kind: int, value: bytes) -> bytes:
    """RFC 8489 §14."""
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(kind: int, *attributes: bytes, transaction: bytes | None = None) -> bytes:
    """RFC 8489 §5; by default of a transaction that nobody knows."""
    body = b"".join(attributes)
    return struct.pack("!HHI", kind, len(body), COOKIE) + (transaction or os.urandom(12)) + body


def mapped(address: Address, kind: int = MAPPED) -> bytes:
    """XOR-MAPPED-ADDRESS of IPv4 (RFC 8489 §14.2), or another attribute of that form."""
    host = int.from_bytes(socket.inet_aton(address[0])) ^ COOKIE
    return attribute(kind, struct.pack("!BBHI", 0, 1, address[1] ^ COOKIE >> 16, host))


def longer(told: bytes, by: int) -> bytes:
    """The message as if so many bytes were still to come."""
    return told[:2] + struct.pack("!H", len(told) - 20 + by) + told[4:]


def signed(told: bytes, password: bytes) -> bytes:
    """With MESSAGE-INTEGRITY and FINGERPRINT, as the checks of ICE need them (RFC 8489 §14.5, §14.7)."""
    told = longer(told, 24) + attribute(INTEGRITY, hmac.new(password, longer(told, 24), hashlib.sha1).digest())
    check = zlib.crc32(longer(told, 8)) ^ 0x5354554E
    return longer(told, 8) + attribute(FINGERPRINT, struct.pack("!I", check))


@contextmanager
def answers(receiver: socket.socket, answer: Callable[[bytes, Address], bytes], kind: int = BINDING) -> Iterator[None]:
    """Each request of that kind that comes to the socket gets that answer, if it is not empty, until the end."""
    gone = threading.Event()

    def run() -> None:
        while not gone.is_set():
            try:
                data, source = receiver.recvfrom(2000)
            except TimeoutError:
                continue
            if data[:2] == struct.pack("!H", kind) and (told := answer(data, source)):
                receiver.sendto(told, source)

    receiver.settimeout(0.1)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        gone.set()
        thread.join()
