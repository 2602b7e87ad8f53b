"""The STUN server (RFC 8489) that calls with ICE ask for their public address, and STUN messages."""

import ipaddress
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from appliance.base import times
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing.server_watch import ServerWatch, Watched

ASKED = 4  # how often a request is sent
HEADER = struct.Struct("!HHI12s")
BINDING, ANSWER, COOKIE = 0x0001, 0x0101, 0x2112A442
ATTRIBUTE, ADDRESS = struct.Struct("!HH"), struct.Struct("!xBHI")  # RFC 8489 §14, §14.1
MAPPED_ADDRESS, XOR_MAPPED_ADDRESS, IPV4 = 0x0001, 0x0020, 1
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")  # RFC 791
LONGEST = 2048
NO_ANSWER = "it does not answer with an address to which phones can send sound"
RESOLUTION = "Check sip.stun_server, and that firewalls let UDP to it through; calls with ICE do without it meanwhile."

Found = TypeVar("Found")


def watch(server: tuple[str, int], address: str, post: Post, wake: Callable[[], None]) -> ServerWatch:
    """Watch the configured server. address: the one that SIP listens on, "" for all."""
    host, port = server
    watched = Watched("stun", f"STUN server {host}:{port}", RESOLUTION)
    return ServerWatch(watched, partial(check, server, address), post, wake)


def check(server: tuple[str, int], address: str) -> str:
    """Return the IPv4 address and port at which the server answers. Raises OSError, also if the name has no address."""
    transaction = os.urandom(12)
    with connected(server, address) as (asking, where):
        ask(asking, message(BINDING, transaction), lambda data: answers(data, transaction) or None)
    return where


@contextmanager
def connected(server: tuple[str, int], address: str) -> Iterator[tuple[socket.socket, str]]:
    """Open a socket to the server, with the server's address. The kernel drops packets from other senders."""
    host, port = server
    # As bytes: Python would raise UnicodeError for a text with two dots in a row, or with a part that is too long.
    where = socket.getaddrinfo(host.encode(), port, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((address, 0))
        asking.connect(where)
        yield asking, ":".join(map(str, where))


def ask(asking: socket.socket, request: bytes, read: Callable[[bytes], Found | None]) -> Found:
    """Send the request repeatedly until `read` accepts an answer, and return its result. Raises OSError."""
    for _ in range(ASKED):
        asking.send(request)
        end = time.monotonic() + times.current.ice_server_answers_s
        while (left := end - time.monotonic()) > 0:
            asking.settimeout(left)
            try:
                data = asking.recv(LONGEST)
            except TimeoutError:
                break
            if (found := read(data)) is not None:
                return found
    raise TimeoutError(NO_ANSWER)


def message(kind: int, transaction: bytes, attributes: bytes = b"") -> bytes:
    """A request (RFC 8489 §5)."""
    return HEADER.pack(kind, len(attributes), COOKIE, transaction) + attributes


def body_of(data: bytes, kind: int, transaction: bytes) -> bytes | None:
    """The attributes of a message of that kind and transaction; None for any other packet."""
    if len(data) < HEADER.size:
        return None
    its_kind, length, cookie, its = HEADER.unpack_from(data)
    if (its_kind, cookie, its, length) != (kind, COOKIE, transaction, len(data) - HEADER.size):
        return None
    return data[HEADER.size :]


def answers(data: bytes, transaction: bytes) -> bool:
    """Whether the packet answers this transaction with an address to which phones can send sound."""
    body = body_of(data, ANSWER, transaction) or b""
    return any(is_unicast(address) for address in addresses(body, MAPPED_ADDRESS, XOR_MAPPED_ADDRESS))


def attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Kinds and values of the attributes (RFC 8489 §14); one that is longer than the body is cut, and the last."""
    while len(body) >= ATTRIBUTE.size:
        kind, length = ATTRIBUTE.unpack_from(body)
        yield kind, body[ATTRIBUTE.size : ATTRIBUTE.size + length]
        body = body[ATTRIBUTE.size + length + -length % 4 :]


def addresses(body: bytes, plain: int, xored: int) -> Iterator[ipaddress.IPv4Address]:
    """The addresses in attributes of these kinds; RFC 3489 servers send MAPPED-ADDRESS only."""
    for kind, value in attributes(body):
        if kind in (plain, xored) and len(value) == ADDRESS.size:
            family, _, host = ADDRESS.unpack(value)
            if family == IPV4:
                yield ipaddress.IPv4Address(host ^ COOKIE if kind == xored else host)


def is_unicast(address: ipaddress.IPv4Address) -> bool:
    """As in packaging/pjsua2/patches, stun-answers-of-the-server-only.

    "Reserved" is 240.0.0.0/4, which includes broadcast.
    """
    return not (
        address in THIS_NETWORK
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    )
