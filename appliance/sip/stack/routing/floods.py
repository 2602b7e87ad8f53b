"""Limits the rate of requests: each call that pjsip has to refuse costs it memory for half a minute.

Our build of pjsua2 counts them before pjsip's transaction layer (packaging/pjsua2/src/gate.cpp). A stranger that sends
too many is shut out. As each of its packets still wakes the process, a socket filter (socket(7), SO_ATTACH_FILTER) then
makes the kernel drop its UDP requests; messages that belong to existing calls pass. Strangers together have one budget
as well, since by UDP a sender may write any source address: a sender that changes it with each packet is never shut
out, but only that budget passes the gate. Known addresses are never shut out, as others may write them into their
packets: each has a small budget of its own, and all requests beyond these budgets share one. Another filter lets only
registrars connect by TCP: idle connections alone would use up all descriptors.
"""

import ctypes
import ipaddress
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable

import pjsua2 as pj

from appliance.base import times
from appliance.base.errors import reason
from appliance.core import inputs
from appliance.core.model import AccessScope
from appliance.sip.stack.routing import port_owner

LOG = logging.getLogger(__name__)
PER_S, AT_ONCE = 10.0, 30  # calls and the like from one address
STRANGERS_PER_S, STRANGERS_AT_ONCE = 5.0, 20  # from all unknown addresses together: calls, and answers to anything
KNOWN_PER_S, KNOWN_AT_ONCE = 5.0, 20  # from each known address: a registrar, a target, the far end of a call
SURPLUS_PER_S, SURPLUS_AT_ONCE = 10.0, 100  # what all known addresses together send beyond that
SILENT_S = 60.0  # after so much silence an address may send again
FILTERED_S = 30.0
FILTERED = 64  # addresses at once
COUNT_S = 5.0
LIBC = ctypes.CDLL(None)

# Classic BPF: instructions of code, jump if true, jump if false (how many to skip), and value.
Step = tuple[int, int, int, int]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
ATTACH, MEMINFO = 26, 55  # SO_ATTACH_FILTER and SO_MEMINFO, which Python does not export
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
PAYLOAD = 8  # after the UDP header (RFC 768)
NETWORK = 0xFFF00000  # SKF_NET_OFF: from here on, offsets are into the IP header
SOURCE = {4: 12, 6: 8}  # offset of the source address (RFC 791 §3.1, RFC 8200 §3)
WORD = struct.Struct("!I")
COUNTS = struct.Struct("=9I")  # SK_MEMINFO_VARS
# The first bytes of requests for each of which pjsip keeps state or sends an answer.
REQUESTS = [int.from_bytes(word, "big") for word in (b"INVI", b"MESS", b"OPTI", b"REGI", b"SUBS")]
ALL, NOTHING = 0xFFFFFFFF, 0


class Floods:
    """The addresses that are shut out. `listen` names the UDP port, once all sockets exist."""

    def __init__(self, post: Callable[[inputs.AccessDenied | inputs.RequestsDropped], None]) -> None:
        self._post = post
        self._sockets: list[socket.socket] = []
        self._listening: list[socket.socket] = []
        self._registrars: set[str] = set()
        self._known: set[str] = set()
        self._endpoint: pj.Endpoint | None = None
        self._filtered: dict[str, float] = {}  # by the kernel, until when
        self._reported: dict[str, float] = {}  # when it was shut out, or last sent a request
        self._dropped, self._counted_at = 0, 0.0
        self._trim_at: float | None = None

    def listen(self, endpoint: pj.Endpoint, port: int) -> None:
        """Begin to count requests, and filter our own UDP port and our listening TCP sockets."""
        self._endpoint = endpoint
        self._sockets, self._listening = port_owner.own(port), port_owner.listening()
        self.admit(self._registrars)
        self.know(self._known)
        limits = pj.FloodLimits()
        limits.perS, limits.atOnce, limits.shutS = PER_S, AT_ONCE, SILENT_S
        limits.strangersPerS, limits.strangersAtOnce = STRANGERS_PER_S, STRANGERS_AT_ONCE
        limits.knownPerS, limits.knownAtOnce = KNOWN_PER_S, KNOWN_AT_ONCE
        limits.surplusPerS, limits.surplusAtOnce = SURPLUS_PER_S, SURPLUS_AT_ONCE
        endpoint.floodsLimit(limits)

    def admit(self, registrars: set[str]) -> None:
        """Let only these addresses connect by TCP."""
        self._registrars = registrars
        attach(self._listening, registrars, only_from)

    def know(self, addresses: set[str]) -> None:
        """Never shut these out: registrars, the configured targets, and who has shown a password."""
        self._known = addresses
        if self._endpoint is not None:
            self._endpoint.floodsKnow(vector(addresses))
        if self._filtered.keys() & addresses:
            self._admit_again(addresses)
            self._filter()

    def turn(self, now: float) -> None:
        """Report addresses that pjsip shuts out, and have the kernel drop their packets for a while."""
        if self._endpoint is None:
            return
        before = set(self._filtered)
        self._filtered = {address: until for address, until in self._filtered.items() if now < until}
        if self._filtered:  # a call may have begun since
            self._admit_again(set(map(str, self._endpoint.farEnds())))
        self._reported = {address: at for address, at in self._reported.items() if now - at < SILENT_S}
        for address in self._endpoint.floodsShut():
            self.shut(str(address), now)
        if before != set(self._filtered):
            self._filter()
        if now - self._counted_at >= COUNT_S:
            self._counted_at = now
            if self._count(self._endpoint.floodsDropped()):
                self._trim_at = now + times.current.flood_memory_again_s
        if self._trim_at is not None and now >= self._trim_at:
            self._trim_at = None
            LIBC.malloc_trim(0)

    def shut(self, address: str, now: float) -> None:
        """Shut an address out; reported if it is the first time in a while."""
        if address not in self._reported:
            self._post(inputs.AccessDenied(at=time.monotonic(), who="caller", source=address, scope=AccessScope.CALL))
        self._reported[address], self._filtered[address] = now, now + FILTERED_S
        while len(self._filtered) > FILTERED:
            del self._filtered[next(iter(self._filtered))]

    def close(self) -> None:
        """Release the sockets, before they are closed for good."""
        for sock in [*self._sockets, *self._listening]:
            sock.close()
        self._sockets, self._listening = [], []

    def _admit_again(self, addresses: set[str]) -> None:
        self._filtered = {address: until for address, until in self._filtered.items() if address not in addresses}

    def _filter(self) -> None:
        attach(self._sockets, self._filtered, requests_not_from)

    def _count(self, by_pjsip: int) -> int:
        """Report how many requests were dropped, if any were, and return it."""
        by_kernel = sum(map(drops, self._sockets))
        count, self._dropped = by_pjsip + by_kernel - self._dropped, by_kernel
        if count:
            self._post(inputs.RequestsDropped(at=time.monotonic(), count=count))
        return count


def vector(texts: Iterable[str]) -> pj.StringVector:
    """Texts as a pjsua2 vector."""
    made = pj.StringVector()
    for text in texts:
        made.append(text)
    return made


def drops(sock: socket.socket) -> int:
    """How many packets the kernel has dropped for a socket (sock_diag(7), SK_MEMINFO_DROPS); 0 if it does not say.

    qemu-user answers with the first word only.
    """
    counts = sock.getsockopt(socket.SOL_SOCKET, MEMINFO, COUNTS.size)
    return int(COUNTS.unpack(counts)[8]) if len(counts) == COUNTS.size else 0


def attach(
    sockets: list[socket.socket], addresses: Iterable[str], program: Callable[[list[Address]], list[Step]]
) -> None:
    """Attach a filter to these sockets, in place of the earlier one."""
    every = [ipaddress.ip_address(address) for address in addresses]
    for sock in sockets:
        version = 6 if sock.family == socket.AF_INET6 else 4
        steps = program([address for address in every if address.version == version])
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
        try:
            sock.setsockopt(socket.SOL_SOCKET, ATTACH, struct.pack("HP", len(steps), ctypes.addressof(code)))
        except OSError as error:  # pjsip then handles all packets
            LOG.warning("The kernel rejects the filter for SIP: %s", reason(error))


def requests_not_from(addresses: list[Address]) -> list[Step]:
    """A filter that drops the UDP requests of these addresses."""
    kinds = len(REQUESTS)
    return [
        (LOAD, 0, 0, PAYLOAD),
        *((IF_EQUAL, kinds - place, 0, word) for place, word in enumerate(REQUESTS)),
        (RETURN, 0, 0, ALL),
        *(step for address in addresses for step in came_from(address, NOTHING)),
        (RETURN, 0, 0, ALL),
    ]


def only_from(addresses: list[Address]) -> list[Step]:
    """A filter that passes only packets of these addresses."""
    return [*(step for address in addresses for step in came_from(address, ALL)), (RETURN, 0, 0, NOTHING)]


def came_from(address: Address, verdict: int) -> list[Step]:
    """Steps that return `verdict` if the packet came from the address; otherwise the next steps follow."""
    words = [word for (word,) in WORD.iter_unpack(address.packed)]
    at = NETWORK + SOURCE[address.version]
    steps: list[Step] = []
    for place, word in enumerate(words):
        behind = 2 * (len(words) - place) - 1
        steps += [(LOAD, 0, 0, at + WORD.size * place), (IF_EQUAL, 0, behind, word)]
    return [*steps, (RETURN, 0, 0, verdict)]
