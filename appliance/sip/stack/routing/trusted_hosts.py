"""Addresses of the configured targets; names are looked up in a thread of their own."""

import ipaddress
import queue
import threading
from contextlib import suppress

from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import Place

AGAIN_S = 60.0  # how long an address that a name has lost is still believed
FAILED_AGAIN_S = 10.0  # while a name cannot be looked up
MISSED_AGAIN_S = 5.0  # when somebody calls as a target from an address that its name does not lead to


class Known:
    """`desire` sets the targets' URIs; `addresses` and `names` answer with what is known of their hosts so far."""

    def __init__(self) -> None:
        self._literal: set[str] = set()
        self._places: dict[str, list[Place]] = {}  # by host, the names only
        self._found: queue.SimpleQueue[dict[str, set[str]]] = queue.SimpleQueue()
        self._by_name: dict[str, set[str]] = {}
        self._failed: frozenset[str] = frozenset()  # names that could not be looked up the last time
        self._asked_at, self._due, self._looking = 0.0, 0.0, False

    @property
    def addresses(self) -> set[str]:
        """Everything that must not be shut out. A name that cannot be looked up keeps what it had."""
        return self._literal.union(*(self._by_name.get(name, ()) for name in self._places))

    def names(self, address: str, said: str) -> tuple[str, ...]:
        """The names that lead to an address, those that cannot be looked up now excepted.

        said: the host that the caller says it has. Where that is a name which leads elsewhere, the phone may have got
        another address just now: the names are looked up again soon.
        """
        led = tuple(name for name in self._places if self.leads(name, address))
        if said in self._places and said not in led:
            self._due = min(self._due, self._asked_at + MISSED_AGAIN_S)
        return led

    def leads(self, host: str, address: str) -> bool:
        """Whether a host of a target's URI is at an address."""
        if host in self._places:
            return host not in self._failed and canonical(address) in self._by_name.get(host, ())
        return canonical(host.strip("[]")) == canonical(address)

    def desire(self, uris: tuple[str, ...]) -> None:
        """Take these as the targets' from now on."""
        places = [place for place in map(servers.place_of, uris) if place is not None]
        self._literal = {place.known.address for place in places if place.known is not None}
        self._places = {}
        for place in places:
            if place.known is None:
                self._places.setdefault(place.host.lower(), []).append(place)
        self._due = 0.0

    def turn(self, now: float) -> bool:
        """Look names up that are due; whether `addresses` changed."""
        before = self.addresses
        while not self._found.empty():
            found = self._found.get()
            self._by_name |= {name: addresses for name, addresses in found.items() if addresses}
            self._failed = frozenset(name for name, addresses in found.items() if not addresses)
            self._looking = False
            if self._failed:
                self._due = min(self._due, now + FAILED_AGAIN_S)
        if self._places and now >= self._due and not self._looking:
            self._asked_at, self._due, self._looking = now, now + AGAIN_S, True
            threading.Thread(target=self._look, args=(dict(self._places),), daemon=True).start()
        return self.addresses != before

    def _look(self, places: dict[str, list[Place]]) -> None:
        self._found.put({name: found_at(each) for name, each in places.items()})


def found_at(places: list[Place]) -> set[str]:
    """The addresses of all the places that can be looked up."""
    found = set[str]()
    for place in places:
        with suppress(OSError):
            found |= {canonical(each.address) for each in servers.locate(place.host, place.port, place.transport)}
    return found


def canonical(address: str) -> str:
    """The address as `ipaddress` writes it, without the zone of a link-local one; as it is where it is none."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return address
