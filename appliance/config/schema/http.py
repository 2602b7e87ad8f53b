"""[http] and [dbus]: the interfaces."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from appliance.config.schema.addresses import ip_address_text, port_number
from appliance.config.schema.base import Table, file_setting, key_file_setting, setting

NAME = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:(?P<port>[0-9]{1,5}))?"


def _name(text: str) -> str:
    named = re.fullmatch(NAME, text)
    if named is None:
        raise ValueError
    port_number(named["port"])
    return text.lower()


class HttpTable(Table):
    """The HTTP interface and its page."""

    address: Annotated[str, AfterValidator(ip_address_text)] = setting(
        "Address that HTTP listens on. On a loopback address it is plain HTTP, on any other one HTTPS. 0.0.0.0: all "
        "IPv4 addresses. ::: all addresses.",
        allowed="an IPv4 or IPv6 address",
        default="127.0.0.1",
    )
    port: int = setting("TCP port that HTTP listens on. 0: any free one.", default=8080, ge=0, le=65535)
    certificate_file: str = file_setting(
        "File with the certificate (PEM) for HTTPS, with those of the authorities between it and the root behind it. "
        "The station looks at each new connection whether the file has changed. Empty: the station makes a certificate "
        "of its own."
    )
    key_file: str = key_file_setting()
    announce: bool = setting(
        "Whether the station announces itself in its network by multicast DNS, with its name, `mqtt.device` and "
        "the port, so that Home Assistant finds it. Only where HTTP listens beyond loopback, `dbus.enabled` is set and "
        "avahi-daemon runs.",
        default=True,
    )
    names: list[Annotated[str, AfterValidator(_name)]] = setting(
        "Names by which browsers reach the station through a proxy, such as nginx, Caddy or Home Assistant, with the "
        "port unless it is 80 or 443. Only give names of your own: pages of these names may use the sessions of those "
        "who are logged in.",
        allowed='a list of host names, as in ["door.example.org", "homeassistant.local:8123"]',
        default=[],
        example=["door.example.org"],
        max_length=16,
    )
    proxies: list[Annotated[str, AfterValidator(ip_address_text)]] = setting(
        "Addresses from which proxies of your own connect to the station: each is believed about the address of its "
        "client, the last one of X-Forwarded-For. Only give proxies that write it, on machines where you trust every "
        "user. Empty: all clients of a proxy are one, which waits as a whole after wrong tokens.",
        allowed='a list of IP addresses, as in ["127.0.0.1"]',
        default=[],
        example=["127.0.0.1"],
        max_length=16,
    )
    push_contact: str = setting(
        "Whom a push service may ask about the station's notifications of rings (RFC 8292). It is sent to the services "
        "of the browsers that have asked for them. Empty: a placeholder.",
        allowed='an address as in "mailto:anna@example.org" or "https://example.org"',
        default="",
        pattern=r"^(mailto:[^@\s]{1,64}@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+)?$",
        max_length=200,
    )
    socket: bool | Annotated[str, Field(pattern=r"^/[^\x00]{1,100}$")] = setting(
        "Unix socket that HTTP listens on as well; the mode of the file says who may use it. true: http.sock in the "
        "runtime directory of the service. A path: that socket. false: none.",
        allowed="true, false, or a path of at most 101 characters that begins with /",
        default=True,
    )


class DbusTable(Table):
    """The interface on the message bus, as org.intercomd; it needs the package python3-dbus-fast.

    The policy of the bus says who may use it: the group intercom.
    """

    enabled: bool = setting("Whether the station offers the interface on the message bus.", default=False)
    address: str = setting(
        'Message bus: "system" for the system bus, or the address of another bus.',
        allowed='"system", or an address that begins with unix:path= or unix:abstract=',
        default="system",
        pattern=r"^(system|unix:(path|abstract)=[-0-9A-Za-z_/.%]{1,200})$",
    )
