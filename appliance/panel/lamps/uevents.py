"""Tells that a device of the kernel's goes: by its uevents, as udev gets them (netlink(7), lib/kobject_uevent.c)."""

import asyncio
import logging
import socket
from collections.abc import Callable

log = logging.getLogger(__name__)

NETLINK_KOBJECT_UEVENT, FROM_KERNEL = 15, 1  # include/uapi/linux/netlink.h; the multicast group
LARGEST = 8192  # a uevent has 2 KiB of variables at most, and the path


class Removals:
    """Calls `gone` with the path in /sys of each device that goes, until `close`; costs nothing until one does.

    Lives on the loop's thread. Where the kernel tells nothing, what is gone is noticed when it is used next.
    """

    def __init__(self, gone: Callable[[str], None]) -> None:
        self._gone = gone
        self._socket: socket.socket | None = None
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        try:
            self._socket = socket.socket(socket.AF_NETLINK, kind, NETLINK_KOBJECT_UEVENT)
            self._socket.bind((0, FROM_KERNEL))
        except OSError as error:
            log.info("the removal of a lamp's device will be noticed at its next change: %s", error)
            self.close()
        else:
            asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        """End."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _read(self) -> None:
        if self._socket is None:
            return
        try:
            message, sender = self._socket.recvfrom(LARGEST)
        except OSError:  # more came than the socket keeps
            return
        if path := removed(message) if sender[0] == 0 else None:
            self._gone(path)


def removed(message: bytes) -> str | None:
    """The path in /sys of the device that a uevent says has gone: "remove@/devices/…", then variables."""
    action, _, path = message.split(b"\0", 1)[0].partition(b"@")
    return "/sys" + path.decode(errors="replace") if action == b"remove" else None
