"""Who somebody is: whether a caller is one of the configured targets, by what he says and where he says it from."""

import ipaddress
import re

from appliance.core.model import NO_ACCOUNT, AccountId, Settings, Target

SIP_URI = re.compile(
    r"sips?:(?:(?P<user>[^@:;?<>\s]+)(?::[^@<>\s]*)?@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^:;?<>@\[\]\s]+)"
    r"(?P<rest>(?::\d{1,5})?(?:[;?][^<>@\s]*)?)"
)

NUMBER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")  # a user part that needs no escapes


def parts(uri: str) -> tuple[str, str] | None:
    """User ("" if none) and host of a SIP URI (RFC 3261 §19.1), None if it is none; the host in small letters."""
    match = SIP_URI.fullmatch(uri)
    return (match["user"] or "", match["host"].lower()) if match else None


def caller(settings: Settings, uri: str, source: str, account: AccountId = NO_ACCOUNT) -> Target | None:
    """The target that calls, or None for a stranger; `account`: through which the call came, if any.

    From is only what the caller says (RFC 3261 §8.1.1.3). So where a target is configured by its address, the packet
    must have come from there as well; for one configured by name, the name must agree. One that belongs to an account
    must have come through it: its registrar knows who calls, and may have another name for the domain.
    """
    said = parts(uri)
    if said is None:
        return None
    for target in settings.targets:
        if target.verify:  # as nothing but that shows who it is
            continue
        user, host = parts(target.uri) or ("", "")
        address = _address(host)
        if target.account:
            agrees = target.account == account
        elif address is None:
            agrees = host == said[1]
        else:
            agrees = _address(source.rpartition(":")[0]) == address
        if agrees and user in {"", said[0]}:
            return target
    return None


def hosts(settings: Settings) -> tuple[str, ...]:
    """Where the targets are that are called without an account."""
    found = (parts(target.uri) for target in settings.targets if not target.account)
    return tuple(dict.fromkeys(host.strip("[]") for _, host in filter(None, found)))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
