"""The TURN server (RFC 8656) that relays the sound of calls with ICE: a check asks for a relay, and frees it again."""

import hashlib
import hmac
import os
import socket
import struct
from collections.abc import Callable
from functools import partial

from appliance.sip.settings import TurnSettings
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing import stun
from appliance.sip.stack.routing.server_watch import ServerWatch, Watched

ALLOCATE, ALLOCATED, REFUSED, REFRESH = 0x0003, 0x0103, 0x0113, 0x0004
USERNAME, INTEGRITY, ERROR_CODE, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
REALM, NONCE, RELAYED, TRANSPORT = 0x0014, 0x0015, 0x0016, 0x0019
UDP = struct.pack("!Bxxx", 17)
LEAST_ERROR = 4  # bytes: class and number, before the text
SIGNATURE = 24  # bytes of MESSAGE-INTEGRITY with its header
UNAUTHORIZED, STALE = 401, 438
RESOLUTION = (
    "Check sip.turn_server, sip.turn_user and sip.turn_password_file, and that firewalls let UDP to it through; calls "
    "with ICE do without it meanwhile."
)

Answer = tuple[int, bytes]  # the kind of the message, and its attributes


def watch(settings: TurnSettings, address: str, post: Post, wake: Callable[[], None]) -> ServerWatch:
    """Watch the configured server. address: the one that SIP listens on, "" for all."""
    host, port = settings.server
    watched = Watched("turn", f"TURN server {host}:{port}", RESOLUTION, ("turn",))
    return ServerWatch(watched, partial(check, settings, address), post, wake)


def check(settings: TurnSettings, address: str) -> str:
    """Return the IPv4 address and port at which the server relays for us. Raises OSError."""
    with stun.connected(settings.server, address) as (asking, where):
        wanted = attribute(TRANSPORT, UDP)
        kind, body = exchange(asking, wanted)
        signing: Signing | None = None
        for code in (UNAUTHORIZED, STALE):  # the second: a nonce that has become old meanwhile
            if kind == REFUSED and error_of(body) == code:
                signing = Signing(settings, body)
                kind, body = exchange(asking, wanted, signing)
        if kind == REFUSED:
            code = error_of(body)
            raise OSError(
                "it refuses the user or the password (401)" if code == UNAUTHORIZED else f"it refuses with {code}"
            )
        asking.send(request(REFRESH, os.urandom(12), attribute(LIFETIME, bytes(4)), signing))
        if not any(map(stun.is_unicast, stun.addresses(body, RELAYED, RELAYED))):
            raise OSError("it relays at no address to which phones can send sound")
    return where


class Signing:
    """How requests are signed with the long-term credential (RFC 8489 §9.2) for the realm that the server names."""

    def __init__(self, settings: TurnSettings, refusal: bytes) -> None:
        named = dict(stun.attributes(refusal))
        realm, nonce = named.get(REALM, b""), named.get(NONCE, b"")
        user = settings.user.encode()
        self.names = attribute(USERNAME, user) + attribute(REALM, realm) + attribute(NONCE, nonce)
        # MD5 (RFC 8489 §9.2.2), for servers that know no other hash
        whole = b":".join((user, realm, settings.password.encode()))
        self._key = hashlib.md5(whole, usedforsecurity=False).digest()

    def of(self, kind: int, transaction: bytes, body: bytes) -> bytes:
        """The signature of a message: over its header and body, as if the signature were its end."""
        head = stun.HEADER.pack(kind, len(body) + SIGNATURE, stun.COOKIE, transaction)
        return hmac.new(self._key, head + body, hashlib.sha1).digest()

    def fits(self, kind: int, transaction: bytes, body: bytes) -> bool:
        """Whether the server that sent this knows the password too."""
        at = 0
        for each, value in stun.attributes(body):
            if each == INTEGRITY:
                return hmac.compare_digest(value, self.of(kind, transaction, body[:at]))
            at += stun.ATTRIBUTE.size + len(value) + -len(value) % 4
        return False


def exchange(asking: socket.socket, wanted: bytes, signing: Signing | None = None) -> Answer:
    """Ask for a relay; return the answer. Raises OSError."""
    transaction = os.urandom(12)

    def read(data: bytes) -> Answer | None:
        for kind in (ALLOCATED, REFUSED):
            body = stun.body_of(data, kind, transaction)
            if body is not None and (kind == REFUSED or signing is None or signing.fits(kind, transaction, body)):
                return kind, body
        return None

    return stun.ask(asking, request(ALLOCATE, transaction, wanted, signing), read)


def request(kind: int, transaction: bytes, body: bytes, signing: Signing | None) -> bytes:
    """A request, signed if the server wants it so."""
    if signing is not None:
        body += signing.names
        body += attribute(INTEGRITY, signing.of(kind, transaction, body))
    return stun.message(kind, transaction, body)


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute (RFC 8489 §14)."""
    return stun.ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def error_of(body: bytes) -> int:
    """The code of a refusal (RFC 8489 §14.8); 0 for none."""
    value = dict(stun.attributes(body)).get(ERROR_CODE, b"")
    return (value[2] & 7) * 100 + value[3] if len(value) >= LEAST_ERROR else 0
