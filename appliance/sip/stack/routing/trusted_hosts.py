"""Addresses of the configured targets; names are resolved in a separate thread."""

import ipaddress
import queue
import threading
from contextlib import suppress

from appliance.base import times
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import Destination, SipServer

Servers = dict[Destination, list[SipServer]]


class Known:
    """The hosts of the targets.

    `desire` sets their URIs; `addresses` and `names` return the results of lookups until now. looking: a thread
    resolves names now.
    """

    def __init__(self) -> None:
        self._literal: set[str] = set()
        self._destinations: dict[str, list[Destination]] = {}  # by host, only names
        self._found: queue.SimpleQueue[dict[str, Servers]] = queue.SimpleQueue()
        self._by_name: dict[str, set[str]] = {}
        self._servers: Servers = {}
        self._failed: frozenset[str] = frozenset()  # names that could not be resolved the last time
        self._asked_at, self._due, self.looking = 0.0, 0.0, False

    @property
    def addresses(self) -> set[str]:
        """Every address that must not be shut out. A name that cannot be resolved keeps its earlier addresses."""
        return self._literal.union(*(self._by_name.get(name, ()) for name in self._destinations))

    def servers(self, place: Destination) -> list[SipServer]:
        """The servers that a target's destination had when its name was last resolved; none if it never was."""
        return self._servers.get(place, [])

    def names(self, address: str, said: str) -> tuple[str, ...]:
        """The names that resolve to an address. A name that cannot be resolved now is not among them.

        said: the host that the caller claims. If it is a name that resolves to another address, the phone may just have
        got a new address: the names are resolved again soon.
        """
        led = tuple(name for name in self._destinations if self.leads(name, address))
        if said in self._destinations and said not in led:
            self._due = min(self._due, self._asked_at + times.current.trusted_name_missed_again_s)
        return led

    def leads(self, host: str, address: str) -> bool:
        """Whether the host of a target's URI is at an address."""
        if host in self._destinations:
            return host not in self._failed and canonical(address) in self._by_name.get(host, ())
        return canonical(host.strip("[]")) == canonical(address)

    def desire(self, uris: tuple[str, ...]) -> None:
        """Set the targets' URIs."""
        destinations = [each for each in map(servers.destination_of, uris) if each is not None]
        self._literal = {each.known.address for each in destinations if each.known is not None}
        self._destinations = {}
        for destination in destinations:
            if destination.known is None:
                self._destinations.setdefault(destination.host.lower(), []).append(destination)
        self._due = 0.0

    def turn(self, now: float) -> bool:
        """Resolve names that are due; returns whether `addresses` changed."""
        before = self.addresses
        while not self._found.empty():
            found = self._found.get()
            for name, places in found.items():
                self._servers |= places
                if addresses := {canonical(each.address) for found_there in places.values() for each in found_there}:
                    self._by_name[name] = addresses
            self._failed = frozenset(name for name, places in found.items() if not places)
            self.looking = False
            if self._failed:
                self._due = min(self._due, now + times.current.trusted_name_failed_again_s)
        if self._destinations and now >= self._due and not self.looking:
            self._asked_at, self._due, self.looking = now, now + times.current.trusted_name_again_s, True
            threading.Thread(target=self._look, args=(dict(self._destinations),), daemon=True).start()
        return self.addresses != before

    def _look(self, destinations: dict[str, list[Destination]]) -> None:
        self._found.put({name: found_at(each) for name, each in destinations.items()})


def found_at(destinations: list[Destination]) -> Servers:
    """The servers of each destination that can be resolved."""
    found: Servers = {}
    for destination in destinations:
        with suppress(OSError):
            found[destination] = servers.locate(destination.host, destination.port, destination.transport)
    return found


def canonical(address: str) -> str:
    """The address as `ipaddress` writes it, without the zone of a link-local one; other text unchanged."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return address
