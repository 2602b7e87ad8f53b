"""SIP URIs and their parts, and the addresses and the encryption of targets that have no account."""

import ipaddress
import re

from appliance.core.model import Settings

SIP_URI = re.compile(
    r"sips?:(?:(?P<user>[^@:;?<>\s]+)(?::[^@<>\s]*)?@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^:;?<>@\[\]\s]+)"
    r"(?P<rest>(?::\d{1,5})?(?:[;?][^<>@\s]*)?)"
)

_PASSWORD = re.compile(r"(sips?:[^@:;?<>\s]+):[^@<>\s]*@")  # RFC 3261 §19.1.1
_PORT = re.compile(r":(\d+)")
DEFAULT_PORT = "5060"
NUMBER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")  # a user part that needs no escapes


def parts(uri: str) -> tuple[str, str] | None:
    """User ("" if none) and host (in lower case) of a SIP URI (RFC 3261 §19.1); None for text that is not a SIP URI."""
    match = SIP_URI.fullmatch(uri)
    return (match["user"] or "", match["host"].lower()) if match else None


def are_same(one: str, other: str) -> bool:
    """Whether two SIP URIs name the same user, host and port, whatever their parameters (RFC 3261 §19.1.4)."""
    return one == other or (_place(one) is not None and _place(one) == _place(other))


def _place(uri: str) -> tuple[str, str, str, str] | None:
    """Scheme, user, host and port."""
    match = SIP_URI.fullmatch(uri)
    if match is None:
        return None
    port = _PORT.match(match["rest"])
    return uri.partition(":")[0], match["user"] or "", match["host"].lower(), port[1] if port else DEFAULT_PORT


def public(uri: str) -> str:
    """Return a SIP URI without its password, for clients, logs and far ends."""
    return _PASSWORD.sub(lambda found: f"{found[1]}@", uri)  # a template would be parsed each time


def host_of(address: str) -> str:
    """The host of host:port."""
    return address.rpartition(":")[0].strip("[]").lower()


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


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
