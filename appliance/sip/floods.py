"""Turns away who asks too often, in the kernel: each call that pjsip has to refuse costs it memory for half a minute.

A socket filter (socket(7), SO_ATTACH_FILTER) drops the source's requests as they come in by UDP; what belongs to a call
that is there passes.
Another one has nobody but registrars connect by TCP: idle connections alone would use up all descriptors.
"""

import ctypes
import ipaddress
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable

from appliance.core import inputs
from appliance.sip import busy

LOG = logging.getLogger(__name__)
PER_S = 10.0  # calls and the like from one address
AT_ONCE = 30
SHUT_S = 30.0
SHUT_KEPT = 64  # addresses at once; a jump in a filter reaches 255 instructions
KNOWN_KEPT = 256

# Classic BPF: instructions of code, jump if true, jump if false (how many to pass over), and value.
Step = tuple[int, int, int, int]
ATTACH = 26  # SO_ATTACH_FILTER, which Python does not name
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
PAYLOAD = 8  # behind the UDP header (RFC 768)
SOURCE = 0xFFF0000C  # SKF_NET_OFF + 12: where the IPv4 header has it (RFC 791)
# How those begin that make pjsip keep something for each.
REQUESTS = [int.from_bytes(word, "big") for word in (b"INVI", b"MESS", b"OPTI", b"SUBS")]
ALL, NOTHING = 0xFFFFFFFF, 0


class Floods:
    """Counts requests by the address they come from. `listen` says at which UDP port, once all sockets are there."""

    def __init__(self, post: Callable[[inputs.AccessDenied], None]) -> None:
        self._post = post
        self._sockets: list[socket.socket] = []
        self._listening: list[socket.socket] = []
        self._registrars: set[str] = set()
        self._known: dict[str, tuple[float, float]] = {}  # calls it may make at once, and when that was so
        self._shut: dict[str, float] = {}  # until when

    def listen(self, port: int) -> None:
        """Filter this port of our own, and what takes connections."""
        self._sockets, self._listening = busy.own(port), busy.listening()
        self.admit(self._registrars)

    def admit(self, registrars: set[str]) -> None:
        """Let these addresses, and no others, connect by TCP."""
        self._registrars = registrars
        attach(self._listening, only_from(numbers(registrars)))

    def refuses(self, source: str, now: float) -> bool:
        """Whether a request from address:port is one too many. Those that follow it do not come here any more."""
        address = source.rpartition(":")[0]
        if address in self._shut:  # it was in the socket's queue already, or came by TCP
            return True
        left, since = self._known.pop(address, (float(AT_ONCE), now))
        left = min(left + (now - since) * PER_S, float(AT_ONCE))
        if left < 1.0:
            self._shut[address] = now + SHUT_S
            self._filter()
            self._post(inputs.AccessDenied(at=time.monotonic(), who="caller", source=address, scope="call"))
            return True
        self._known[address] = left - 1.0, now
        while len(self._known) > KNOWN_KEPT:
            del self._known[next(iter(self._known))]
        return False

    def turn(self, now: float) -> None:
        """Let those call again whose time is over."""
        over = [address for address, until in self._shut.items() if now >= until]
        for address in over:
            del self._shut[address]
        if over:
            self._filter()

    def close(self) -> None:
        """Let go of the sockets, before they are closed for good."""
        for sock in [*self._sockets, *self._listening]:
            sock.close()
        self._sockets, self._listening = [], []

    def _filter(self) -> None:
        while len(self._shut) > SHUT_KEPT:
            del self._shut[next(iter(self._shut))]
        attach(self._sockets, requests_not_from(numbers(self._shut)))


def numbers(addresses: Iterable[str]) -> list[int]:
    """IPv4 addresses as a filter compares them."""
    return [int(ipaddress.IPv4Address(address)) for address in addresses]


def attach(sockets: list[socket.socket], steps: list[Step]) -> None:
    """Have the kernel look at each packet for these sockets, in place of what it did before."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    for sock in sockets:
        try:
            sock.setsockopt(socket.SOL_SOCKET, ATTACH, struct.pack("HP", len(steps), ctypes.addressof(code)))
        except OSError as error:  # too many calls are refused here then, each by itself
            LOG.warning("The kernel takes no filter for SIP: %s", error)


def requests_not_from(addresses: list[int]) -> list[Step]:
    """Everything by UDP but REQUESTS of these."""
    count, kinds = len(addresses), len(REQUESTS)
    return [
        (LOAD, 0, 0, PAYLOAD),
        *((IF_EQUAL, kinds - place, 0, word) for place, word in enumerate(REQUESTS)),
        (RETURN, 0, 0, ALL),
        (LOAD, 0, 0, SOURCE),
        *((IF_EQUAL, count - place, 0, address) for place, address in enumerate(addresses)),
        (RETURN, 0, 0, ALL),
        (RETURN, 0, 0, NOTHING),
    ]


def only_from(addresses: list[int]) -> list[Step]:
    """Nothing but what comes from these."""
    count = len(addresses)
    return [
        (LOAD, 0, 0, SOURCE),
        *((IF_EQUAL, count - place, 0, address) for place, address in enumerate(addresses)),
        (RETURN, 0, 0, NOTHING),
        (RETURN, 0, 0, ALL),
    ]
