"""Addresses in settings: SIP URIs, registrars, ports."""

import ipaddress
import re

from appliance.core.accounts import sip_uris

FIRST_PORT = 1024  # lower ones are reserved for the system
STUN_PORT = 3478
LEAST_PORTS = 200  # two for each of 32 calls, and enough to choose from
# As texts: the daemon gets its configuration checked, and `re` compiles them where they are used.
_REGISTRAR = (
    r"(?:sip:)?(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
_AFTER_HOST = r"(?::(?P<port>[0-9]{1,5}))?(?:;[^@?]*)?"  # port and parameters, RFC 3261 §19.1.1


def ip_address_text(text: str) -> str:
    """Normalize an IP address; one of IPv4 that is mapped into IPv6 becomes the former. Raises ValueError."""
    address = ipaddress.ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def port_number(digits: str | None) -> int:
    """The number of a port (RFC 768), 0 if none is given. Raises ValueError."""
    if digits and not 0 < int(digits) <= 65535:  # noqa: PLR2004
        raise ValueError
    return int(digits or 0)


def sip_uri(text: str) -> str:
    """Return the text if it is a SIP address that can be called. Raises ValueError."""
    uri = sip_uris.SIP_URI.fullmatch(text)
    rest = re.fullmatch(_AFTER_HOST, uri["rest"]) if uri else None
    if rest is None or not text.startswith("sip:") or not text.isascii() or not text.isprintable():
        raise ValueError
    port_number(rest["port"])
    return text


def registrar(text: str) -> tuple[str, int]:
    """Host and port of a registrar or proxy as configured; port 0: not given. Raises ValueError."""
    found = re.fullmatch(_REGISTRAR, text)
    if found is None:
        raise ValueError
    if found["host"].startswith("["):
        ipaddress.IPv6Address(found["host"][1:-1])
    return found["host"].lower(), port_number(found["port"])


def ip_place_text(text: str) -> str:
    """The text if it is an IP address (IPv6 in brackets), with or without a port. Raises ValueError."""
    host, _ = registrar(text)
    ipaddress.ip_address(host.strip("[]"))
    return text


def host_text(text: str) -> str:
    """Normalize the name or the IP address of a host. Raises ValueError."""
    if re.fullmatch(_NAME, text) and not text.replace(".", "").isdecimal():
        return text.lower()
    return ip_address_text(text)


def stun_server(text: str) -> tuple[str, int] | None:
    """Host and port of a STUN server as configured, "" for none. Raises ValueError."""
    if not text:
        return None
    if text.startswith(("sip:", "[")):
        raise ValueError
    host, port = registrar(text)
    return host, port or STUN_PORT


def stun_server_text(text: str) -> str:
    """Check that the text names a STUN server. Raises ValueError."""
    stun_server(text)
    return text


def ports(text: str) -> tuple[int, int]:
    """The first and the last of a range of UDP ports, written 10000-19999. Raises ValueError."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise ValueError
    if not FIRST_PORT <= int(first) <= int(last) - LEAST_PORTS + 1 <= 65536 - LEAST_PORTS:
        raise ValueError
    return int(first), int(last)


def port_range(text: str) -> str:
    """Check that the text is a range of ports. Raises ValueError."""
    ports(text)
    return text


def registrar_text(text: str) -> str:
    """Check that the text names a registrar. Raises ValueError."""
    registrar(text)
    return text
