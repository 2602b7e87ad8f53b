"""The STUN server (RFC 8489) that calls by ICE ask for their public address: asked beforehand whether it answers.

pjsua waits for its STUN server at its start and in each call. So it only gets the address of one that has just answered
here, in a thread of its own, and none while the server is silent (packaging/pjsua2/patches,
stun-server-never-waited-for).
"""

import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable

import pjsua2 as pj

from appliance.base.errors import reason
from appliance.core import inputs
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing.floods import vector

PART = "stun"
CHECK_S, CHECK_AGAIN_S = 30.0, 10.0  # between two checks, and after one in vain
ASK_S, ASKED = 0.5, 4  # a request is repeated so soon, and so often sent
HEADER = struct.Struct("!HHI12s")
BINDING, ANSWER, COOKIE = 0x0001, 0x0101, 0x2112A442
LONGEST = 2048
NO_ANSWER = "It does not answer"
RESOLUTION = "Check sip.stun_server, and that firewalls let UDP to it through; until then, ICE works without it."


class StunServer:
    """The configured server. wake: called in another thread, so that `turn` comes soon."""

    def __init__(self, server: tuple[str, int], address: str, post: Post, wake: Callable[[], None]) -> None:
        self._server, self._address, self._post, self._wake = server, address, post, wake
        self._found: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._again = threading.Event()
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def look_again(self) -> None:
        """The network has changed: check now."""
        self._again.set()

    def turn(self, now: float) -> None:
        """Use what the last check has found."""
        while not self._found.empty():
            address, why = self._found.get()
            # "" for none; False: without waiting
            pj.Endpoint.instance().natUpdateStunServers(vector([address]), False)
            if address:
                self._post(inputs.PartRecovered(at=now, part=PART))
            else:
                host, port = self._server
                text = f"The STUN server {host}:{port} cannot be used: {why}."
                self._post(inputs.PartFailed(at=now, part=PART, why=text, resolution=RESOLUTION))

    def close(self) -> None:
        """End the checks."""
        self._closed = True
        self._again.set()

    def _watch(self) -> None:
        """Runs in a separate thread: must not touch pjsua2."""
        while not self._closed:
            try:
                found = asked(self._server, self._address), ""
            except OSError as error:
                found = "", NO_ANSWER if isinstance(error, TimeoutError) else reason(error)
            if not self._closed:
                self._found.put(found)
                self._wake()
            self._again.wait(CHECK_S if found[0] else CHECK_AGAIN_S)
            self._again.clear()


def asked(server: tuple[str, int], address: str) -> str:
    """The IPv4 address and port at which the server answers. Raises OSError, also for a name that is not resolved."""
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
    raise TimeoutError


def answers(data: bytes, transaction: bytes) -> bool:
    """Whether the packet is the answer to this transaction, as long as it says."""
    if len(data) < HEADER.size:
        return False
    kind, length, cookie, its = HEADER.unpack_from(data)
    return (kind, cookie, its, length) == (ANSWER, COOKIE, transaction, len(data) - HEADER.size)
