"""Where the configured targets are: their hosts' addresses, names looked up in a thread of their own."""

import ipaddress
import queue
import threading

from appliance.sip import servers

AGAIN_S = 300.0


class Known:
    """`desire` says which hosts; `addresses` is what is known of them so far."""

    def __init__(self) -> None:
        self._hosts: tuple[str, ...] = ()
        self._found: queue.SimpleQueue[dict[str, set[str]]] = queue.SimpleQueue()
        self._by_host: dict[str, set[str]] = {}
        self._due, self._looking = 0.0, False

    @property
    def addresses(self) -> set[str]:
        """All of them. A name that is not found any more keeps what it had."""
        return {address for host in self._hosts for address in self._by_host.get(host, ())}

    def desire(self, hosts: tuple[str, ...]) -> None:
        """These are the targets' from now on."""
        self._hosts, self._due = hosts, 0.0
        self._by_host |= {host: {host} for host in hosts if is_address(host)}

    def turn(self, now: float) -> bool:
        """Look names up that are due; whether more is known."""
        before = self.addresses
        while not self._found.empty():
            self._by_host |= self._found.get()
            self._looking = False
        names = [host for host in self._hosts if not is_address(host)]
        if names and now >= self._due and not self._looking:
            self._due, self._looking = now + AGAIN_S, True
            threading.Thread(target=self._look, args=(names,), daemon=True).start()
        return self.addresses != before

    def _look(self, names: list[str]) -> None:
        found = {}
        for name in names:
            try:
                found[name] = {server.address for server in servers.locate(name, 0, "udp")}
            except OSError:
                continue
        self._found.put(found)


def is_address(host: str) -> bool:
    """Whether it is no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
