"""Identity of callers: which configured target a caller is, decided by proof and not by what its packet says."""

import ipaddress
import re
from collections.abc import Collection

from appliance.core.model import NO_ACCOUNT, AccountId, Settings, Target

SIP_URI = re.compile(
    r"sips?:(?:(?P<user>[^@:;?<>\s]+)(?::[^@<>\s]*)?@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^:;?<>@\[\]\s]+)"
    r"(?P<rest>(?::\d{1,5})?(?:[;?][^<>@\s]*)?)"
)

NUMBER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")  # a user part that needs no escapes


# How well each transport proves a message's source, the weakest first: a UDP packet's address can be forged; a TCP
# connection comes from its address; a TLS connection that we made leads to the server whose certificate we checked.
PROOF = ("udp", "tcp", "tls")


def proves(transport: str, needed: str) -> bool:
    """Whether a message's transport is sufficient proof if another transport was agreed on."""
    return transport in PROOF[PROOF.index(needed) :]


def parts(uri: str) -> tuple[str, str] | None:
    """User ("" if none) and host (in lower case) of a SIP URI (RFC 3261 §19.1); None for text that is not a SIP URI."""
    match = SIP_URI.fullmatch(uri)
    return (match["user"] or "", match["host"].lower()) if match else None


def caller(
    settings: Settings, uri: str, source: str, account: AccountId = NO_ACCOUNT, names: Collection[str] = ()
) -> Target | None:
    """The target that calls, or None for a stranger.

    account: the account whose registrar sent the packet, if one did. names: those of the targets' host names that
    resolve to the source. From is only what the caller claims (RFC 3261 §8.1.1.3), so its host counts for nothing: a
    packet of a target that is configured by address or host name must have come from there, and that of a target with
    an account from the registrar, which knows its callers.
    """
    said = parts(uri)
    if said is None:
        return None
    for target in settings.targets:
        if target.verify:  # only its password proves its identity
            continue
        user, host = parts(target.uri) or ("", "")
        address = _address(host)
        if target.account:
            agrees = target.account == account
        elif address is None:
            agrees = host in names
        else:
            agrees = _address(source.rpartition(":")[0]) == address
        if agrees and user in {"", said[0]}:
            return target
    return None


def addresses(settings: Settings) -> tuple[str, ...]:
    """Addresses of the targets that have no account: their SIP URIs without users and passwords."""
    uris = (SIP_URI.fullmatch(target.uri) for target in settings.targets if not target.account)
    return tuple(dict.fromkeys(f"sip:{uri['host']}{uri['rest']}" for uri in uris if uri))


def srtp(settings: Settings, target: str | None) -> str:
    """How a call to this target outside accounts is encrypted: off, optional or mandatory."""
    return next((each.srtp for each in settings.targets if each.name == target), "off")


def encrypted(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Hosts of targets without an account whose calls are encrypted: optional or mandatory."""
    found = [(parts(each.uri), each) for each in settings.targets if not each.account and each.srtp != "off"]
    return tuple((said[1], each.srtp) for said, each in found if said is not None)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
