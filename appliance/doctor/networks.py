"""The networks of this machine, and the address that each far end gets from us."""

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence

from appliance.core.accounts import sip_uris
from appliance.core.model import Target
from appliance.core.views.accounts import Account
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

SIP_PORT = 5060
CHECK = "network"


def route_to(host: str) -> str:
    """Our own address on the route to a host. Resolves a name; sends nothing to the host itself.

    Raises OSError if the name has no address, or if there is no route.
    """
    family, kind, _, _, where = socket.getaddrinfo(host, SIP_PORT, type=socket.SOCK_DGRAM)[0]
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
    for who, host in _far_ends(accounts, targets):
        try:
            ours[who] = route(host)
        except OSError as error:
            cause = f"{error.strerror or error}."
            resolution = "Check the address, the cable, and the machine's routes (ip route)."
            found.append(problem(CHECK, f"No route leads to {who} ({host}).", cause, resolution))
            continue
        if not everywhere and ipaddress.ip_address(ours[who]) != ipaddress.ip_address(bound):
            message = f"Calls to {who} ({host}) use the address {bound}, but leave from {ours[who]}."
            resolution = 'Set sip.address to "0.0.0.0", or check that the other network reaches that address.'
            found.append(warning(CHECK, message, f"SIP listens on {bound} only.", resolution))
    named = f"{bound} to everyone" if not everywhere else ", ".join(f"{own} to {who}" for who, own in ours.items())
    calls = f" Calls name {named}." if named else ""
    return [ok(CHECK, f"This machine has {', '.join(addresses)}.{calls}"), *found]


def _far_ends(accounts: Sequence[Account], targets: Sequence[Target]) -> Iterator[tuple[str, str]]:
    """Names and hosts: accounts with their present server, and targets that are called without an account."""
    for account in accounts:
        if account.server:
            yield f"account {account.name}", sip_uris.host_of(account.server)
    for target in targets:
        host = (sip_uris.parts(target.uri) or ("", ""))[1].strip("[]")
        if host and not target.account:
            yield target.name, host
