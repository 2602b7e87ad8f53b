"""What an address means: whether a machine on the Internet has it, one of the house, or none that may be reached.

A URL that somebody gave must reach nothing that its author could not reach. So a name is looked up once, each address
is judged, and the connection goes to what was judged: a second look-up could give another one (DNS rebinding).
"""

import ipaddress
import socket
import time
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

MOST = 4  # addresses of a name that are tried
SITE_BITS = 48  # at most what a house has of IPv6 addresses (RFC 6177 §2)
ON_LINK = 0  # the gateway of a route that needs none
# Unspecified, link-local, multicast, reserved, and where clouds keep the passwords of a machine.
NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "100.100.100.200/32", "168.63.129.16/32"),
            *("::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128"),
        ),
    )
)
SITE_LOCAL = ipaddress.ip_network("fec0::/10")  # deprecated, and in some versions of Python global
# In these the last 32 bits are an address of IPv4 (RFC 6052 §2.1, RFC 8215, RFC 4291 §2.5.5.1).
EMBEDDING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))

Address = IPv4Address | IPv6Address
Found = tuple[socket.AddressFamily, tuple[str, int]]


def look_up(host: str, port: int) -> Sequence[Found]:
    """The addresses of a name, each once. Raises OSError, or UnicodeError for a name that no DNS has."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [*dict.fromkeys((family, (str(where[0]), port)) for family, _, _, _, where in found)]


def is_address(name: str) -> bool:
    """Whether it is an address, and no name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_public(text: str) -> bool:
    """Whether it is of a machine on the Internet, and not in the station's own network."""
    try:
        addresses = meant(text)
    except ValueError:
        return False
    return all(
        each.is_global
        and not each.is_multicast
        and each not in SITE_LOCAL
        and not any(each in network for network in (*NEVER, *own_networks()) if network.version == each.version)
        for each in addresses
    )


def is_never(text: str) -> bool:
    """Whether no setting allows it."""
    return any(each in network for each in meant(text) for network in NEVER if network.version == each.version)


def meant(text: str) -> list[Address]:
    """The address, and the IPv4 addresses inside it."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return [*address.teredo]
    if any(address in network for network in EMBEDDING) and int(address) > 1:  # not ::1 itself
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def connect(found: Sequence[Found], until: float, each_s: float) -> socket.socket:
    """Connect to the first of these that answers. until: on CLOCK_MONOTONIC. Raises OSError."""
    fault: OSError = TimeoutError()
    for family, address in found[:MOST]:
        left_s = min(each_s, until - time.monotonic())
        if left_s <= 0:
            break
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(left_s)
            made.connect(address)  # not by `create_connection`, which would look the address up
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            made.close()
            fault = error
        else:
            return made
    raise fault


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
