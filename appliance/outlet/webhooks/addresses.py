"""Which addresses a receiver may have: the name is resolved here, and what was judged is what is connected to.

So a name whose addresses change between the look and the connection (DNS rebinding) leads nowhere else. An address of
IPv6 that stands for one of IPv4 is judged as that one, too.
"""

import ipaddress
import socket
import time
from ipaddress import IPv4Address, IPv6Address

MOST = 4  # addresses of a name that are tried
# Never a receiver's: unspecified, link-local, multicast, reserved, and where clouds keep the passwords of a machine.
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


class RefusedError(Exception):
    """An address that is not connected to. forbidden: no setting allows it; plain: without TLS it must be local."""

    def __init__(self, address: str, *, forbidden: bool = False, plain: bool = False) -> None:
        super().__init__(address)
        self.address, self.forbidden, self.plain = address, forbidden, plain


def judge(text: str, *, local: bool, plain: bool) -> None:
    """Raise RefusedError for an address that is not allowed. local: also private ones; plain: those only."""
    for address in meant(text):
        if any(address in network for network in NEVER):
            raise RefusedError(text, forbidden=True)
        public = address.is_global and address not in SITE_LOCAL
        if not public and not local:
            raise RefusedError(text)
        if public and plain:
            raise RefusedError(text, plain=True)


def meant(text: str) -> list[IPv4Address | IPv6Address]:
    """The address, or those of IPv4 that it stands for; of a tunnel both, as its own prefix says nothing of them."""
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


def connect(host: str, port: int, until: float, each_s: float, *, local: bool, plain: bool) -> socket.socket:
    """Connect to an address of the host, none of which may be refused. until: on CLOCK_MONOTONIC.

    Raises RefusedError, OSError, or UnicodeError for a name that no DNS has.
    """
    found = dict.fromkeys((each[0], each[4]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    for _, address in found:
        judge(str(address[0]), local=local, plain=plain)
    fault: OSError = TimeoutError()
    for family, address in [*found][:MOST]:
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
