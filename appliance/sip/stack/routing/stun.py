"""The STUN server (RFC 8489) that calls with ICE ask for their public address: checked beside the calls.

pjsua waits for its STUN server at its start and in each call. So a thread checks the server, and pjsua gets its address
only while it answers (packaging/pjsua2/patches, stun-server-never-waited-for).
"""

import ipaddress
import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pjsua2 as pj

from appliance.base.errors import reason
from appliance.core import inputs
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing.floods import vector

PART = "stun"
CHECK_S, CHECK_AGAIN_S = 30.0, 10.0  # between two checks, and after one in vain
ASK_S, ASKED = 0.5, 4  # the pause before a request is repeated, and how often it is sent
HEADER = struct.Struct("!HHI12s")
BINDING, ANSWER, COOKIE = 0x0001, 0x0101, 0x2112A442
ATTRIBUTE, ADDRESS = struct.Struct("!HH"), struct.Struct("!xBHI")  # RFC 8489 §14, §14.1
MAPPED_ADDRESS, XOR_MAPPED_ADDRESS, IPV4 = 0x0001, 0x0020, 1
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")  # RFC 791
LONGEST = 2048
NO_ANSWER = "it does not answer with an address to which phones can send sound"
RESOLUTION = "Check sip.stun_server, and that firewalls let UDP to it through; calls with ICE do without it meanwhile."


class StunServer:
    """The configured server. wake: called in the thread that checks, so that `turn` comes soon."""

    def __init__(self, server: tuple[str, int], address: str, post: Post, wake: Callable[[], None]) -> None:
        self._server, self._address, self._post, self._wake = server, address, post, wake
        self._found: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._again = threading.Event()
        self._open = threading.Lock()  # held where the engine must still exist
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def look_again(self) -> None:
        """The network has changed: check now."""
        self._again.set()

    def turn(self, now: float) -> None:
        """Use what the last check has found."""
        while not self._found.empty():
            address, why = self._found.get()
            # An empty address: no server. False: without waiting.
            pj.Endpoint.instance().natUpdateStunServers(vector([address]), False)
            if address:
                self._post(inputs.PartRecovered(at=now, part=PART))
            else:
                host, port = self._server
                text = f"The STUN server {host}:{port} cannot be used: {why}"
                self._post(inputs.PartFailed(at=now, part=PART, why=text, resolution=RESOLUTION))

    def close(self) -> None:
        """End the checks. One that a name server delays ends with the process."""
        with self._open:
            self._closed = True
        self._again.set()

    def _watch(self) -> None:
        """Check again and again, in a separate thread, which must not touch pjsua2."""
        while not self._closed:
            try:
                found = check(self._server, self._address), ""
            except OSError as error:
                found = "", reason(error)
            with self._open:
                if not self._closed:
                    self._found.put(found)
                    self._wake()
            self._again.wait(CHECK_S if found[0] else CHECK_AGAIN_S)
            self._again.clear()


def check(server: tuple[str, int], address: str) -> str:
    """Return the IPv4 address and port at which the server answers. Raises OSError, also if the name has no address."""
    where = socket.getaddrinfo(*server, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    transaction = os.urandom(12)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((address, 0))
        asking.connect(where)  # the kernel then drops what comes from elsewhere
        for _ in range(ASKED):
            asking.send(HEADER.pack(BINDING, 0, COOKIE, transaction))
            end = time.monotonic() + ASK_S
            while (left := end - time.monotonic()) > 0:
                asking.settimeout(left)
                try:
                    data = asking.recv(LONGEST)
                except TimeoutError:
                    break
                if answers(data, transaction):
                    return ":".join(map(str, where))
    raise TimeoutError(NO_ANSWER)


def answers(data: bytes, transaction: bytes) -> bool:
    """Whether the packet answers this transaction with an address to which phones can send sound."""
    if len(data) < HEADER.size:
        return False
    kind, length, cookie, its = HEADER.unpack_from(data)
    if (kind, cookie, its, length) != (ANSWER, COOKIE, transaction, len(data) - HEADER.size):
        return False
    return any(_is_unicast(address) for address in _addresses(data[HEADER.size :]))


def _addresses(attributes: bytes) -> Iterator[ipaddress.IPv4Address]:
    """The addresses that the server has seen; RFC 3489 servers send MAPPED-ADDRESS only."""
    while len(attributes) >= ATTRIBUTE.size:
        kind, length = ATTRIBUTE.unpack_from(attributes)
        value = attributes[ATTRIBUTE.size : ATTRIBUTE.size + length]
        if kind in (MAPPED_ADDRESS, XOR_MAPPED_ADDRESS) and len(value) == ADDRESS.size:
            family, _, host = ADDRESS.unpack(value)
            if family == IPV4:
                yield ipaddress.IPv4Address(host ^ COOKIE if kind == XOR_MAPPED_ADDRESS else host)
        attributes = attributes[ATTRIBUTE.size + length + -length % 4 :]


def _is_unicast(address: ipaddress.IPv4Address) -> bool:
    """As in packaging/pjsua2/patches, stun-answers-of-the-server-only. Reserved are broadcast and what precedes it."""
    return not (
        address in THIS_NETWORK
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    )
