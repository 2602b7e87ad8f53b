"""Calls straight to a far end, with no registrar between: its name is looked up first, as pjsip would block in that."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import pjsua2 as pj

from appliance.base.errors import reason
from appliance.sip.stack.accounts.caller_auth import Callers, Judgement
from appliance.sip.stack.accounts.registration import Account
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import Place, Server
from appliance.sip.stack.routing.transports import Transports


class Lookups:
    """Names being looked up, in threads of their own, each for somebody who waits. versions: see servers.locate."""

    def __init__(self, versions: Collection[int]) -> None:
        self._versions = versions
        self._found: queue.SimpleQueue[tuple[str, Server | None, str]] = queue.SimpleQueue()
        self._waiting: set[str] = set()

    def begin(self, who: str, place: Place) -> None:
        """Look a place up; `done` gives what was found."""
        self._waiting.add(who)
        threading.Thread(target=self._look, args=(who, place), daemon=True).start()

    def forget(self, who: str) -> bool:
        """Do not wait for it any more; False if nobody did."""
        waits = who in self._waiting
        self._waiting.discard(who)
        return waits

    def done(self) -> list[tuple[str, Server | None, str]]:
        """For whom, the server, or why there is none."""
        found = []
        while not self._found.empty():
            who, server, why = self._found.get()
            if self.forget(who):
                found.append((who, server, why))
        return found

    def _look(self, who: str, place: Place) -> None:
        try:
            self._found.put((who, servers.locate(place.host, place.port, place.transport, self._versions)[0], ""))
        except (OSError, IndexError) as error:
            self._found.put((who, None, f"the name {place.host} cannot be resolved: {reason(error)}"))


class Direct(Account):
    """The account of such calls; `make` gives its configuration for the host:port that we call from."""

    def __init__(self, make: Callable[[str], pj.AccountConfig], transports: Transports, callers: Callers) -> None:
        super().__init__()
        self._make, self._transports, self._callers = make, transports, callers
        self.create(make(transports.address))

    def judge(self, invite: str, source: str) -> Judgement:
        """A caller that claims to be a target with a password has to show it."""
        return self._callers.judge(invite, source.rpartition(":")[0].strip("[]"), time.monotonic())

    @contextmanager
    def towards(self, server: Server, transport: str, *, routed: bool) -> Iterator[None]:
        """Send from the address of the route to that server; `routed`: and to it, wherever the message is addressed.

        A dialog keeps the route that it began with.
        """
        address = self._transports.towards(server.address)
        if not routed and address == self._transports.address:
            yield  # as it is configured
            return
        config = self._make(address)
        if routed:
            config.sipConfig.proxies.append(f"<{server.route(transport)};lr;hide>")
            sound_by(config, server.version)
        with self._as(config):
            yield

    @contextmanager
    def renewing(self, address: str) -> Iterator[None]:
        """What is offered in here is for sound to that address:port."""
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
    """Offer sound by that version of IP; by ICE, pjsua would name an address of IPv6 first wherever there is one."""
    if version == servers.IPV6:
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
    elif config.natConfig.iceEnabled:
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
