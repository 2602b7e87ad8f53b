"""Detects removed kernel devices by their uevents, as udev gets them (netlink(7), lib/kobject_uevent.c)."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.base.uevents import FROM_KERNEL, LARGEST, listen

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)


class Removals:
    """Calls `gone` with the path in /sys of each removed device, until `close`; costs nothing otherwise.

    Lives on the loop's thread. If the kernel reports nothing, a removed device is noticed at its next use.
    """

    def __init__(self, gone: Callable[[str], None]) -> None:
        self._gone = gone
        self._socket: socket.socket | None = None
        try:
            self._socket = listen(FROM_KERNEL)
        except OSError as error:
            log.info("the removal of a lamp's device will be noticed at its next change: %s", error)
        else:
            asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        """Stop listening."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _read(self) -> None:
        if self._socket is None:
            return
        try:
            message, sender = self._socket.recvfrom(LARGEST)
        except OSError:  # overflow: more came than the socket stores
            return
        if path := removed(message) if sender[0] == 0 else None:
            self._gone(path)


def removed(message: bytes) -> str | None:
    """The path in /sys of the device that a uevent reports as removed: "remove@/devices/…", then variables."""
    action, _, path = message.split(b"\0", 1)[0].partition(b"@")
    return "/sys" + path.decode(errors="replace") if action == b"remove" else None
