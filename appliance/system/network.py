"""The machine's network and its changes, from the kernel (rtnetlink(7)) and the resolver's file.

The kernel's messages only wake us; the present state is then queried as a whole, so that a lost message does no harm.
"""

import asyncio
import ipaddress
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.base.errors import reason
from appliance.core import inputs
from appliance.system.folders import FolderWatch

LOG = logging.getLogger(__name__)
SETTLED_S = 0.3  # messages come in bursts: an address goes and comes, then its route
RESOLVER = Path("/etc/resolv.conf")

# linux/rtnetlink.h, linux/netlink.h, linux/if_addr.h, linux/if.h
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE = 1, 0x10, 0x40, 0x100, 0x400
GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE
NEW_LINK, GET_LINK, NEW_ADDRESS, GET_ADDRESS = 16, 18, 20, 22
REQUEST, DUMP = 0x01, 0x300
DONE, ERROR = 3, 2
HEADER, LINK, ADDRESS, ATTRIBUTE = (
    struct.Struct("=IHHII"),
    struct.Struct("=BxHiII"),
    struct.Struct("=BBBBI"),
    struct.Struct("=HH"),
)
UP, LOOPBACK, LOWER_UP = 0x1, 0x8, 0x10000
FLAWED = 0x08 | 0x20 | 0x40  # IFA_F_DADFAILED, _DEPRECATED, _TENTATIVE
OF_HOST, OF_LINK = 254, 253  # scopes
IFA_ADDRESS, IFA_LOCAL = 1, 2
LONGEST = 65536


class NetworkMonitor:
    """Posts NetworkChanged: once when it starts, and whenever addresses or nameservers have changed."""

    def __init__(self, post: Callable[[inputs.Input], None]) -> None:
        self._post = post
        self._reported: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._notices: socket.socket | None = None
        self._files: FolderWatch | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start to listen. Without netlink (a sandbox that forbids it) nothing is reported."""
        loop = asyncio.get_running_loop()
        try:
            self._notices = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
            self._notices.bind((0, GROUPS))
        except OSError as error:
            LOG.warning("The kernel does not report network changes: %s", reason(error))
            self.stop()
            return
        loop.add_reader(self._notices, self._noticed)
        # Its folder, and the one that it points to: it is usually replaced by renaming.
        self._files = FolderWatch((RESOLVER.parent, RESOLVER.resolve().parent), self._soon)
        self._look()

    def stop(self) -> None:
        """Stop listening."""
        if self._timer is not None:
            self._timer.cancel()
        if self._notices is not None:
            asyncio.get_running_loop().remove_reader(self._notices)
            self._notices.close()
            self._notices = None
        if self._files is not None:
            self._files.stop()
            self._files = None

    def _noticed(self) -> None:
        assert self._notices is not None
        try:
            while self._notices.recv(LONGEST):
                pass
        except BlockingIOError:
            pass
        except OSError as error:  # ENOBUFS: some messages were lost
            LOG.debug("Notifications about the network were lost: %s", error)
        self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLED_S, self._look)

    def _look(self) -> None:
        self._timer = None
        try:
            now = addresses(), nameservers(RESOLVER)
        except OSError as error:
            LOG.warning("The network cannot be examined: %s", reason(error))
            return
        if now != self._reported:
            self._reported = now
            change = inputs.NetworkChanged(at=time.monotonic(), addresses=now[0], nameservers=now[1])
            self._post(change)


def addresses() -> tuple[str, ...]:
    """The addresses that others can reach: of interfaces that are up and have a carrier. Raises OSError."""
    links = {index for index, flags in _links() if flags & UP and flags & LOWER_UP and not flags & LOOPBACK}
    return tuple(sorted(address for index, address in _addresses() if index in links))


def nameservers(path: Path) -> tuple[str, ...]:
    """The nameservers in resolv.conf(5)."""
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ()
    return tuple(words[1] for words in lines if words[:1] == ["nameserver"] and len(words) > 1)


def _links() -> Iterator[tuple[int, int]]:
    for body in _dump(GET_LINK, NEW_LINK):
        _, _, index, flags, _ = LINK.unpack_from(body)
        yield index, flags


def _addresses() -> Iterator[tuple[int, str]]:
    for body in _dump(GET_ADDRESS, NEW_ADDRESS):
        family, _, flags, scope, index = ADDRESS.unpack_from(body)
        found = dict(_attributes(body[ADDRESS.size :]))
        raw = found.get(IFA_LOCAL, found.get(IFA_ADDRESS))
        if raw is None or flags & FLAWED or scope == OF_HOST or (family == socket.AF_INET6 and scope == OF_LINK):
            continue
        yield index, str(ipaddress.ip_address(raw))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        if length < ATTRIBUTE.size:
            return
        yield kind, data[ATTRIBUTE.size : length]
        data = data[(length + 3) & ~3 :]


def _dump(asked: int, wanted: int) -> Iterator[bytes]:
    """Yield all the kernel's entries of a kind. The kernel answers within the call, so this function never waits."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE) as asking:
        body = LINK.pack(0, 0, 0, 0, 0)
        asking.send(HEADER.pack(HEADER.size + len(body), asked, REQUEST | DUMP, 1, 0) + body)
        while True:
            data = asking.recv(LONGEST)
            while len(data) >= HEADER.size:
                length, kind, _, _, _ = HEADER.unpack_from(data)
                if kind == DONE:
                    return
                if kind == ERROR or length < HEADER.size:
                    raise OSError("the kernel refuses to list links and addresses")
                if kind == wanted:
                    yield data[HEADER.size : length]
                data = data[(length + 3) & ~3 :]
