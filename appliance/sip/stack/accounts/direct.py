"""Direct calls, without a registrar: host names are resolved first, as pjsip would block meanwhile."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import pjsua2 as pj

from appliance.base import times
from appliance.base.errors import reason
from appliance.core.accounts.sip_uris import host_of
from appliance.core.model import Unanswered
from appliance.sip.stack.accounts.caller_auth import Callers, Judgement
from appliance.sip.stack.accounts.registration import RegisteredAccount
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import Destination, SipServer
from appliance.sip.stack.routing.transports import Transports


class Lookups:
    """Names being resolved in separate threads, each for one order. versions: see servers.locate.

    known: where a target's name led last. It counts while no name server answers: a visitor does not wait for one.
    """

    def __init__(self, versions: Collection[int], known: Callable[[Destination], list[SipServer]]) -> None:
        self._versions, self._known = versions, known
        self._found: queue.SimpleQueue[tuple[str, list[SipServer], str, Unanswered]] = queue.SimpleQueue()
        self._waiting: dict[str, tuple[Destination, float]] = {}  # since when

    def begin(self, who: str, place: Destination) -> None:
        """Resolve a place; `done` returns the result."""
        self._waiting[who] = place, time.monotonic()
        threading.Thread(target=self._look, args=(who, place), daemon=True).start()

    def forget(self, who: str) -> None:
        """Stop waiting for a name."""
        self._waiting.pop(who, None)

    def done(self) -> list[tuple[str, list[SipServer], str]]:
        """Return the finished lookups: for each the waiting party, and its servers or the reason of the failure."""
        done, late = [], time.monotonic() - times.current.known_server_after_s
        while not self._found.empty():
            who, found, why, seen = self._found.get()
            if who in self._waiting:
                place, _ = self._waiting.pop(who)
                done.append((who, self._before(place) if seen is Unanswered.NO_DNS else found, why))
        for who, (place, since) in list(self._waiting.items()):
            if since <= late and (before := self._before(place)):
                self.forget(who)
                done.append((who, before, ""))
        return done

    def _before(self, place: Destination) -> list[SipServer]:
        return [server for server in self._known(place) if server.version in self._versions]

    def _look(self, who: str, place: Destination) -> None:
        try:
            found = servers.locate(place.host, place.port, place.transport, self._versions)
            self._found.put((who, found, "", Unanswered.SILENT))
        except OSError as error:
            why = f"the name {place.host} cannot be resolved: {reason(error)}"
            self._found.put((who, [], why, servers.unresolved(error)))


class Direct(RegisteredAccount):
    """The account for direct calls; `make` builds its configuration for the host:port that we call from."""

    def __init__(self, make: Callable[[str], pj.AccountConfig], transports: Transports, callers: Callers) -> None:
        super().__init__()
        self._make, self._transports, self._callers = make, transports, callers
        self.create(make(transports.address))

    def judge(self, invite: str, source: str) -> Judgement:
        """A caller that claims to be a password-protected target must prove it."""
        return self._callers.judge(invite, host_of(source), time.monotonic())

    @contextmanager
    def towards(self, server: SipServer, transport: str, *, routed: bool) -> Iterator[None]:
        """Send from the address of the route to that server; `routed`: also send to it, whatever the message's address.

        A dialog keeps its first route.
        """
        address = self._transports.towards(server.address)
        if not routed and address == self._transports.address:
            yield  # as configured
            return
        config = self._make(address)
        if routed:
            config.sipConfig.proxies.append(f"<{server.route(transport)};lr;hide>")
            sound_by(config, server.version)
        with self._as(config):
            yield

    @contextmanager
    def renewing(self, address: str) -> Iterator[None]:
        """Offers made inside this context are for sound to that address:port."""
        config = self._make(self._transports.address)
        sound_by(config, servers.IPV6 if address.startswith("[") else servers.IPV4)
        with self._as(config):
            yield

    @contextmanager
    def _as(self, config: pj.AccountConfig) -> Iterator[None]:
        self.modify(config)
        try:
            yield
        finally:
            self.modify(self._make(self._transports.address))


def sound_by(config: pj.AccountConfig, version: int) -> None:
    """Offer sound by that version of IP; with ICE, pjsua would prefer an IPv6 address if there is one."""
    if version == servers.IPV6:
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
    elif config.natConfig.iceEnabled:
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
