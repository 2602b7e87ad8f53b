"""The networks of this machine, and the address that each far end gets from us."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from appliance.base import times
from appliance.base.errors import reason
from appliance.base.outside.addresses import is_address
from appliance.core.accounts import sip_uris
from appliance.core.model import Target
from appliance.core.views.accounts import Account
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

SIP_PORT = 5060
CHECK = "network"
NAMED = "Check the name, and whether the network's name server answers (getent hosts NAME)."


def route_to(host: str) -> str:
    """Our own address on the route to a host. Resolves a name; sends nothing to the host itself.

    Raises OSError if the name has no address, or if there is no route.
    """
    # As bytes: Python would raise UnicodeError for a text with two dots in a row, or with a part that is too long.
    family, kind, _, _, where = socket.getaddrinfo(host.encode(), SIP_PORT, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as looking:
        looking.connect(where)
        return str(looking.getsockname()[0]).partition("%")[0]


def examine(
    addresses: Sequence[str],
    accounts: Sequence[Account],
    targets: Sequence[Target],
    bound: str,
    route: Callable[[str], str] = route_to,
) -> list[Finding]:
    """One finding for the networks, one for each far end without a route or with an address that it cannot reach.

    addresses: of this machine. bound: the address that SIP listens on, `sip.address`. May wait for the resolver.
    """
    if not addresses:
        return [warning(CHECK, "This machine is not in a network.", "No interface has an address.", "Check the cable.")]
    everywhere = ipaddress.ip_address(bound).is_unspecified
    ours: dict[str, str] = {}
    found = []
    far_ends = list(_far_ends(accounts, targets))
    routes = _routes([host for _, host in far_ends], route)
    for who, host in far_ends:
        led = routes.get(host)
        if led is None:
            message, cause = f"The address of {who} ({host}) was not found in time.", "The name server does not answer."
            found.append(problem(CHECK, message, cause, NAMED))
            continue
        if isinstance(led, socket.gaierror):
            found.append(problem(CHECK, f"{host}, the name of {who}, has no address.", f"{reason(led)}.", NAMED))
            continue
        if isinstance(led, OSError):
            resolution = "Check the address, the cable, and the machine's routes (ip route)."
            found.append(problem(CHECK, f"No route leads to {who} ({host}).", f"{reason(led)}.", resolution))
            continue
        ours[who] = led
        if not everywhere and ipaddress.ip_address(ours[who]) != ipaddress.ip_address(bound):
            message = f"Calls to {who} ({host}) use the address {bound}, but leave from {ours[who]}."
            resolution = 'Set sip.address to "0.0.0.0", or check that the other network reaches that address.'
            found.append(warning(CHECK, message, f"SIP listens on {bound} only.", resolution))
    named = f"{bound} to everyone" if not everywhere else ", ".join(f"{own} to {who}" for who, own in ours.items())
    calls = f" Calls name {named}." if named else ""
    return [ok(CHECK, f"This machine has {', '.join(addresses)}.{calls}"), *found]


def _routes(hosts: Sequence[str], route: Callable[[str], str]) -> dict[str, str | OSError]:
    """What `route` says of each host: addresses first, then names until the time is up.

    In a thread of its own, as the resolver cannot be ended: it goes on until the name server is given up.
    """
    found: dict[str, str | OSError] = {}
    until = time.monotonic() + times.current.routes_found_s

    def look() -> None:
        for host in sorted(dict.fromkeys(hosts), key=lambda host: not is_address(host)):
            if time.monotonic() >= until:
                return
            try:
                found[host] = route(host)
            except OSError as error:
                found[host] = error

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(times.current.routes_found_s)
    return dict(found)


def _far_ends(accounts: Sequence[Account], targets: Sequence[Target]) -> Iterator[tuple[str, str]]:
    """Names and hosts: accounts with their present server, and targets that are called without an account."""
    for account in accounts:
        if account.server:
            yield f"account {account.name}", sip_uris.host_of(account.server)
    for target in targets:
        host = (sip_uris.parts(target.uri) or ("", ""))[1].strip("[]")
        if host and not target.account:
            yield target.name, host
