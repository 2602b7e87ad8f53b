"""A TURN server, message by message (RFC 8656): honest, and with what no well-behaved one answers."""

import hashlib
import struct
from collections.abc import Callable

from tests.support.peers import stun

USER, PASSWORD, REALM = "door", "a secret", b"house"
RELAY = "192.0.2.77"
ALLOCATE, ALLOCATED, REFUSAL = 0x0003, 0x0103, 0x0113
USERNAME, ERROR, LIFETIME, REALM_IS, NONCE, RELAYED = 0x0006, 0x0009, 0x000D, 0x0014, 0x0015, 0x0016
KEY = hashlib.md5(b":".join((USER.encode(), REALM, PASSWORD.encode())), usedforsecurity=False).digest()
UNREACHABLE = ("0.0.0.0", "127.0.0.1", "169.254.7.7", "239.255.255.250", "255.255.255.255")

Address = stun.Address
Lie = Callable[[bytes, Address], bytes]


def refusal(request: bytes, code: int, *more: bytes) -> bytes:
    """A refusal (RFC 8489 §14.8)."""
    number = stun.attribute(ERROR, struct.pack("!HBB", 0, code // 100, code % 100) + b"No")
    return stun.message(REFUSAL, number, *more, transaction=request[8:20])


def challenge(request: bytes, code: int = 401, realm: bytes = REALM) -> bytes:
    """The refusal that names the realm for which to sign."""
    return refusal(request, code, stun.attribute(REALM_IS, realm), stun.attribute(NONCE, b"a nonce"))


def allocated(request: bytes, source: Address, relay: str = RELAY, key: bytes = KEY) -> bytes:
    """A relay, signed."""
    lasts = stun.attribute(LIFETIME, struct.pack("!I", 600))
    where = stun.mapped((relay, source[1]), RELAYED), stun.mapped(source)
    return stun.signed(stun.message(ALLOCATED, *where, lasts, transaction=request[8:20]), key)


def signs(request: bytes) -> bool:
    """Whether the request names a user."""
    return struct.pack("!H", USERNAME) in request[20:]


def honest(request: bytes, source: Address, relay: str = RELAY, key: bytes = KEY) -> bytes:
    """The answer of a server on another network."""
    return allocated(request, source, relay, key) if signs(request) else challenge(request)


def at(host: str) -> Lie:
    """The answer that names a relay there."""
    return lambda request, source: honest(request, source, relay=host)


LIES: dict[str, Lie] = {
    "silence": lambda _request, _source: b"",
    "half of it": lambda request, _source: b"" if signs(request) else challenge(request),
    "401 for ever": lambda request, _source: challenge(request),
    "438 for ever": lambda request, _source: challenge(request, 438),
    "300": lambda request, _source: challenge(request, 300),
    "another realm": lambda request, source: (
        allocated(request, source) if signs(request) else challenge(request, realm=b"other")
    ),
    "long realm": lambda request, _source: challenge(request, realm=b"r" * 60000),
    "wrong signature": lambda request, source: honest(request, source, key=b"another"),
    "endless": lambda request, source: honest(request, source) + bytes(50000),
    "cut": lambda request, source: honest(request, source)[:-3],
    "no relay": lambda request, _source: stun.signed(stun.message(ALLOCATED, transaction=request[8:20]), KEY),
    **{host: at(host) for host in UNREACHABLE},
}
