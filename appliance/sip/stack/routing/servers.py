"""Servers of a registrar or proxy (RFC 3263): names resolved by the system's own resolver.

These functions may take as long as DNS takes: call them in a separate thread, as they touch nothing of pjsua2.
libresolv queries SRV records; it follows /etc/resolv.conf, and reads it again after changes.
"""

import ctypes
import ipaddress
import random
import re
import socket
import struct
from collections.abc import Callable, Collection, Iterator
from functools import cache

from appliance.base.record import Record
from appliance.core.model import Unanswered

PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
MOST = 8  # servers of one name
IPV4, IPV6 = 4, 6
INTERNET, SRV = 1, 33  # class and type (RFC 1035 §3.2.4, RFC 2782)
LONGEST = 65535
TARGET = re.compile(
    r"sips?:(?:[^@<>\s]*@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^:;?<>@\[\]\s]+)(?::(?P<port>\d{1,5}))?(?P<rest>[;?][^<>\s]*)?"
)
TRANSPORT = re.compile(r";transport=(udp|tcp|tls)(?:[;?]|$)", re.IGNORECASE)
HEADER, FIXED, RECORD = struct.Struct("!6H"), struct.Struct("!HHIH"), struct.Struct("!3H")


class SipServer(Record):
    """A destination. `name`: as configured, which a TLS certificate must match (RFC 5922 §4)."""

    name: str
    address: str
    port: int

    @property
    def version(self) -> int:
        """IP version, 4 or 6."""
        return IPV6 if ":" in self.address else IPV4

    @property
    def at(self) -> str:
        """address:port, as pjsip and people write it (RFC 5952 §6)."""
        return f"[{self.address}]:{self.port}" if self.version == IPV6 else f"{self.address}:{self.port}"

    def route(self, transport: str) -> str:
        """A route to this server that is never written into a message (hide).

        So the address may come from our own resolver, and the name need not exist in the network; TLS verifies the
        certificate for the name. pjsip accepts IPv6 in maddr only without brackets.
        """
        return f"sip:{self.name}:{self.port};maddr={self.address};transport={transport}"


class Destination(Record):
    """The destination in a SIP URI (RFC 3261 §19.1.1); port 0: not given."""

    host: str
    port: int
    transport: str

    @property
    def known(self) -> SipServer | None:
        """The server, if the host is an address."""
        return literal(self.host, self.port, self.transport)


def destination_of(uri: str) -> Destination | None:
    """The destination of a SIP URI; None for other text."""
    found = TARGET.fullmatch(uri)
    if found is None:
        return None
    transport = TRANSPORT.search(found["rest"] or "")
    return Destination(found["host"], int(found["port"] or 0), transport[1].lower() if transport else "udp")


class SrvRecord(Record):
    """An SRV record. Lower priorities first; among equals, chance by weight."""

    priority: int
    weight: int
    port: int
    target: str


def literal(host: str, port: int, transport: str) -> SipServer | None:
    """The server if it is configured by its address (IPv6 in brackets), so that nothing has to be resolved."""
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return SipServer(host, str(address), port or PORTS[transport])


def locate(host: str, port: int, transport: str, versions: Collection[int] = (IPV4, IPV6)) -> list[SipServer]:
    """All servers of that name, the preferred first; port 0: as SRV records say, else the transport's default.

    versions: IP versions that we can use. Raises OSError without a server.
    """
    known = literal(host, port, transport)
    if known is not None:
        return [known]
    if not port:
        found = [server for server in _of_services(host, transport) if server.version in versions]
        if found:
            return found[:MOST]
    every = [SipServer(host, address, port or PORTS[transport]) for address in _addresses(host)]
    usable = [server for server in every if server.version in versions]
    if not usable:
        raise OSError("it has only addresses of a family that SIP does not listen on, see sip.address")
    return usable[:MOST]


def unresolved(error: OSError) -> Unanswered:
    """What was seen where a name led nowhere."""
    if not isinstance(error, socket.gaierror):
        return Unanswered.NO_ADDRESS
    return Unanswered.NO_DNS if error.errno == socket.EAI_AGAIN else Unanswered.NO_NAME


def _of_services(host: str, transport: str) -> Iterator[SipServer]:
    for service in ordered(services(f"{SERVICES[transport]}.{host}"), random.random):
        try:
            addresses = _addresses(service.target)
        except OSError:
            continue
        for address in addresses:
            yield SipServer(host, address, service.port)


def _addresses(host: str) -> list[str]:
    try:
        # In the order of RFC 6724: unreachable addresses are last.
        found = socket.getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_DGRAM)
    except UnicodeError as error:
        raise OSError(f"{error}") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def ordered(records: list[SrvRecord], chance: Callable[[], float]) -> list[SrvRecord]:
    """The order in which RFC 2782 tries them; `chance`: a random number from 0 up to 1."""
    left, order = sorted(records, key=lambda record: (record.priority, record.weight)), []
    while left:
        equals = [record for record in left if record.priority == left[0].priority]
        point, running = chance() * sum(record.weight for record in equals), 0.0
        for record in equals:
            running += record.weight
            if running >= point:
                break
        order.append(record)
        left.remove(record)
    return order


# -- DNS -------------------------------------------------------------------------------------------------------------


def services(name: str) -> list[SrvRecord]:
    """The SRV records of a name; none if it has none, or DNS does not answer."""
    answer = ctypes.create_string_buffer(LONGEST)
    try:
        length = _resolver().res_query(name.encode("idna"), INTERNET, SRV, answer, LONGEST)
    except UnicodeError:
        return []
    return read(answer.raw[:length]) if length > 0 else []


def read(message: bytes) -> list[SrvRecord]:
    """The SRV records in a DNS answer (RFC 1035 §4); none if it is malformed."""
    try:
        return list(_records(message))
    except (struct.error, ValueError):
        return []


def _records(message: bytes) -> Iterator[SrvRecord]:
    _, _, questions, answers, _, _ = HEADER.unpack_from(message)
    at = HEADER.size
    for _ in range(questions):
        at = _name(message, at)[1] + 4
    for _ in range(answers):
        at = _name(message, at)[1]
        kind, _, _, length = FIXED.unpack_from(message, at)
        at += FIXED.size
        if kind == SRV:
            priority, weight, port = RECORD.unpack_from(message, at)
            target = _name(message, at + RECORD.size)[0]
            if target and port:  # "." means that the service does not exist here
                yield SrvRecord(priority, weight, port, target)
        at += length


def _name(message: bytes, at: int) -> tuple[str, int]:
    """A name, which may point to another part of the message, and its end. Raises ValueError."""
    if at >= len(message):
        raise ValueError("cut off")
    text = ctypes.create_string_buffer(1025)  # NS_MAXDNAME
    whole = ctypes.create_string_buffer(message, len(message))
    begin = ctypes.addressof(whole)
    used = _resolver().dn_expand(begin, begin + len(message), begin + at, text, len(text))
    if used < 0:
        raise ValueError("no name")
    return text.value.decode("ascii", "replace"), at + used


@cache
def _resolver() -> ctypes.CDLL:
    library = ctypes.CDLL("libresolv.so.2")
    library.res_query.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    pointer = ctypes.c_void_p
    library.dn_expand.argtypes = [pointer, pointer, pointer, ctypes.c_void_p, ctypes.c_int]
    return library
