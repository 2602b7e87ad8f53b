"""How long the station takes to be itself again after faults of registrar and network, in network namespaces."""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.processes import say
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX, Cable, NameServer
from tests.support.peers.registrars import Kamailio, account
from tests.support.times import REAL
from tests.support.waiting import until

OFFICE, DESK = "201", "202"  # the station's number, and that of who is called
NAME, NOBODY, ELSEWHERE = "pbx.test", "10.9.0.99", "10.9.0.8"
AWAY_S, DOWN_S = 5.0, 30.0
PATIENCE_S = 120.0
SOUND = 5  # packets


class Place:
    """A station and a registrar on a cable of their own, with the station registered unless DNS is dead."""

    def __init__(self, directory: Path, transport: str, stack: ExitStack, *, dns: bool = True) -> None:
        directory.mkdir()
        self.directory, self.transport, self._stack = directory, transport, stack
        self.cable = stack.enter_context(Cable(directory))
        self.cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:1 attempts:1\n")
        if dns:
            self.name_server()
        self.registrar = Kamailio(directory / "k", address=PBX, within=self.cable.pbx.within)
        stack.enter_context(self.registrar)
        self.door = self.station(OFFICE, DESK, self.cable.door)
        if dns:
            self.door.wait("account.registered", patience=PATIENCE_S)
        else:
            self.door.wait("account.failed", patience=PATIENCE_S)

    def name_server(self) -> None:
        """Have it answer."""
        self._stack.enter_context(NameServer(self.cable.pbx, {f"{NAME} A": [PBX]}))

    def station(self, user: str, other: str, machine: Any) -> Daemon:
        """A daemon that is registered, and rings the other one."""
        table = account(self.directory, self.registrar, user, transport=self.transport)
        table["registrar"] = f"{NAME}:{self.registrar.port}" if user == OFFICE else table["registrar"]
        settings: dict[str, dict[str, Any]] = {
            "sip": {"address": "0.0.0.0", "port": 0},  # noqa: S104 - its namespace has nobody else in it
            "account": {"office": table},
            "target": {"far": {"uri": other, "account": "office"}},
        }
        return self._stack.enter_context(Daemon(self.directory / user, within=machine.within, times=REAL, **settings))

    def registered(self, what: str = "") -> float:
        """Seconds until the registrar has granted the station another registration, `what` in its line of the log."""
        begun, seen = time.monotonic(), len(self.registrar.log)

        def granted() -> bool:
            lines = self.registrar.log[seen:].splitlines()
            return any(f"REGISTERED {OFFICE} " in line and what in line for line in lines)

        until(granted, "the registration", PATIENCE_S)
        return time.monotonic() - begun


def restarted(place: Place) -> float:
    """A registrar that was away."""
    place.registrar.kill()
    time.sleep(AWAY_S)
    place.registrar.__enter__()
    return place.registered()


def forgotten(place: Place) -> float:
    """One that is back before anybody has noticed, and knows nobody."""
    place.registrar.kill()
    place.registrar.__enter__()
    return place.registered()


def link(place: Place) -> float:
    """The plug pulled, and put in again."""
    place.cable.cut()
    time.sleep(DOWN_S)
    place.cable.mend()
    return place.registered()


def address(place: Place) -> float:
    """As by a new lease of DHCP."""
    place.cable.move(ELSEWHERE)
    return place.registered(f"@{ELSEWHERE}:")


def in_call(place: Place) -> float:
    """The same while people talk: until the station hears the far end again, as counted each second."""
    far = place.station(DESK, OFFICE, place.cable.pbx)
    far.wait("account.registered", patience=PATIENCE_S)
    call = place.door.ring()
    far.rung()
    far.press("answer")
    place.door.talk(call)

    def received() -> int:
        return int((place.door.get(f"/v1/calls/{call}")["quality"] or {"received": 0})["received"])

    until(received, "sound")
    place.cable.move(ELSEWHERE)
    begun = time.monotonic()

    def comes() -> None:
        before = received()
        until(lambda: received() > before + SOUND, "sound", PATIENCE_S)

    comes()  # this count has what came before
    comes()
    return time.monotonic() - begun


def dns(place: Place) -> float:
    """No name server answers when the station starts, and for a while."""
    time.sleep(DOWN_S)
    place.name_server()
    return place.registered()


FAULTS: dict[str, tuple[str, Callable[[Place], float]]] = {
    "restarted": (f"Registrar away for {AWAY_S:g} s: registered again", restarted),
    "forgotten": ("Registrar restarted at once, and knows nobody: registered again", forgotten),
    "link": (f"Link down for {DOWN_S:g} s: registered again", link),
    "address": ("Another address: registered there", address),
    "in_call": ("Another address while people talk: sound comes again", in_call),
    "dns": (f"No name server for {DOWN_S:g} s from the start: registered", dns),
}
TRANSPORTS = ("udp", "tcp")


def run(directory: Path, rounds: int, faults: tuple[str, ...], transports: tuple[str, ...]) -> dict[str, Any]:
    """Seconds: fault → transport → samples."""
    samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for fault in faults:
            for transport in transports:
                say(f"healing {number + 1}/{rounds} {fault} {transport}")
                with ExitStack() as stack:
                    place = Place(directory / f"{fault}-{transport}-{number}", transport, stack, dns=fault != "dns")
                    samples[fault][transport].append(round(FAULTS[fault][1](place), 2))
    return samples
