"""Which machines a message may go to: a subscription is a URL that a client chose, and must reach nothing in the house.

The name is looked up here, and the connection goes to the address that was looked at: a second look-up could give
another one (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Sequence
from functools import cache
from pathlib import Path

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: the last four bytes are an IPv4 address
METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})  # of Azure: the one of a cloud that is no private address
SITE_BITS = 48  # at most what a house has of IPv6 addresses (RFC 6177 §2)
ON_LINK = 0  # the gateway of a route that needs none

Found = tuple[socket.AddressFamily, tuple[str, int]]


class NotPublicError(Exception):
    """The name leads to a machine that is not on the Internet."""


def checked(host: str, port: int) -> Sequence[Found]:
    """The addresses of a name. Raises NotPublicError if any of them is not public, and OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [(family, (str(where[0]), port)) for family, _, _, _, where in found]
    for _, (address, _) in addresses:
        if not is_public(address):
            raise NotPublicError(address)
    return addresses


def is_public(address: str) -> bool:
    """Whether it is of a machine on the Internet, and not in the station's own network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # with a zone: link-local
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
        inner = found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None and not is_public(str(inner)):
            return False
    if not found.is_global or found.is_private or found.is_multicast or found.is_reserved or found.is_unspecified:
        return False
    if found.is_loopback or found.is_link_local or found in METADATA:
        return False
    return not any(found in each for each in own_networks() if each.version == found.version)


@cache
def own_networks() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The networks of the station's interfaces: a house may have public addresses, as it does by IPv6."""
    return (*_own_v4(_read("route")), *_own_v6(_read("if_inet6")))


def _own_v4(text: str) -> list[ipaddress.IPv4Network]:
    """proc_net_route: the words of each line are hexadecimal, in the byte order of a little-endian machine."""
    found = []
    for line in text.splitlines()[1:]:
        _, to, gateway, _, _, _, _, mask, *_ = line.split()
        if int(gateway, 16) == ON_LINK and int(mask, 16):
            parts = [ipaddress.IPv4Address(int(word, 16).to_bytes(4, "little")) for word in (to, mask)]
            found.append(ipaddress.IPv4Network(f"{parts[0]}/{parts[1]}", strict=False))
    return found


def _own_v6(text: str) -> list[ipaddress.IPv6Network]:
    """proc_net_if_inet6: an address, its interface, the length of its prefix."""
    found = []
    for line in text.splitlines():
        address, _, length, *_ = line.split()
        one = ipaddress.IPv6Address(bytes.fromhex(address))
        if not (one.is_link_local or one.is_loopback):
            found.append(ipaddress.IPv6Network((one, min(int(length, 16), SITE_BITS)), strict=False))
    return found


def _read(name: str) -> str:
    try:
        return (Path("/proc/self/net") / name).read_text(encoding="ascii")
    except OSError:  # a kernel without it has no such addresses
        return ""
