"""The station as a service of its network (DNS-SD, RFC 6763), so that Home Assistant finds it without an address.

avahi-daemon has the socket of multicast DNS, and the host's name. What it announces for us ends with our connection to
the bus, also if this process dies. Where avahi does not run, the station is not announced, and that is no fault.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from dbus_fast import Message, MessageType

from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.bus.connection import BusConnection, close, connect

log = logging.getLogger(__name__)

KIND = "_intercomd._tcp"
AVAHI = "org.freedesktop.Avahi"
ANY, NO_FLAGS = -1, 0  # every interface, IPv4 and IPv6
COLLIDES = f"{AVAHI}.CollisionError"
ESTABLISHED, COLLISION = 2, 3  # states of a group; before: not committed, being registered; behind: failed


class _RefusedError(Exception):
    """avahi, or the bus in its place, answers with an error."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def announce(address: str, name: str, port: int, facts: Mapping[str, str]) -> None:
    """Announce the station until this is cancelled, and again after avahi was started again.

    address: of the bus. name: for people. facts: for programs (RFC 6763 section 6).
    """
    said = False
    while True:
        try:
            bus = await connect(address)
        except IntercomError:
            bus = None  # the interface on the bus reports that
        if bus is not None:
            try:
                group = _Group(bus, name, port, facts)
                await group.publish()
                said = False
                log.info("the station is announced as %s", group.name)
                await group.ends()
                name = group.name
            except (_RefusedError, OSError, EOFError, TimeoutError) as err:
                if not said:
                    log.info("the station is not announced in its network: %s", err)
                said = True
            finally:
                close(bus)
        await asyncio.sleep(times.current.avahi_again_s)


class _Group:
    """The entry group of avahi for one connection."""

    def __init__(self, bus: BusConnection, name: str, port: int, facts: Mapping[str, str]) -> None:
        self._bus, self.name, self._port, self._path, self._host = bus, name, port, "", ""
        self._facts = [f"{key}={value}".encode() for key, value in facts.items()]

    async def publish(self) -> None:
        """Announce it, under another name if a service of this machine has that one. Raises _RefusedError."""
        (self._path,) = await self._ask("/", "Server", "EntryGroupNew")
        self._host = await self._host_name()
        named = ANY, ANY, NO_FLAGS
        while True:
            facts = self.name, KIND, "", "", self._port, self._facts
            try:
                await self._ask(self._path, "EntryGroup", "AddService", "iiussssqaay", *named, *facts)
            except _RefusedError as refused:
                if refused.name != COLLIDES:
                    raise
                await self._rename()
            else:
                break
        await self._ask(self._path, "EntryGroup", "Commit")

    async def ends(self) -> None:
        """Wait until it must be announced again, as another machine has its name, or this one has got another.

        avahi leaves a service at the name that the host had, where nobody finds it. Raises _RefusedError without avahi.
        """
        state = ESTABLISHED
        while state <= ESTABLISHED and await self._host_name() == self._host:
            await asyncio.sleep(times.current.avahi_again_s)
            (state,) = await self._ask(self._path, "EntryGroup", "GetState")
        if state == COLLISION:
            await self._rename()

    async def _host_name(self) -> str:
        (name,) = await self._ask("/", "Server", "GetHostNameFqdn")
        return str(name)

    async def _rename(self) -> None:
        (self.name,) = await self._ask("/", "Server", "GetAlternativeServiceName", "s", self.name)

    async def _ask(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> list[Any]:
        asked = Message(AVAHI, path, f"{AVAHI}.{interface}", member, signature=signature, body=list(body))
        async with asyncio.timeout(times.current.bus_answers_s):
            answer = await self._bus.call(asked)
        if answer.message_type is MessageType.ERROR:
            raise _RefusedError(str(answer.error_name))
        found: list[Any] = answer.body
        return found
