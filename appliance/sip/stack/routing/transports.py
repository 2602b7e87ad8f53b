"""SIP transports: UDP for all, TCP and TLS if an account uses them; each by IPv4, IPv6 or both."""

import errno
import ipaddress
import logging
import socket

import pjsua2 as pj

from appliance.sip.settings import SipSettings
from appliance.sip.stack.routing import port_owner, tls
from appliance.sip.stack.routing.servers import IPV4, IPV6, PORTS

LOG = logging.getLogger(__name__)
OS_ERROR = 120000  # PJ_ERRNO_START_SYS
ADDRESS_IN_USE = OS_ERROR + errno.EADDRINUSE
UDP = {IPV4: pj.PJSIP_TRANSPORT_UDP, IPV6: pj.PJSIP_TRANSPORT_UDP6}
TCP = {IPV4: pj.PJSIP_TRANSPORT_TCP, IPV6: pj.PJSIP_TRANSPORT_TCP6}
TLS = {IPV4: pj.PJSIP_TRANSPORT_TLS, IPV6: pj.PJSIP_TRANSPORT_TLS6}


class StartError(Exception):
    """SIP cannot start as configured: why, and the remedy."""

    def __init__(self, why: str, resolution: str) -> None:
        super().__init__(why)
        self.why, self.resolution = why, resolution


class Transports:
    """All transports. `udp`: pjsua2's ids by IP version; `address`: host:port of one, IPv4 if there is one."""

    def __init__(self, endpoint: pj.Endpoint, settings: SipSettings) -> None:
        """Raises StartError."""
        self._endpoint, self._settings = endpoint, settings
        version = ipaddress.ip_address(settings.address).version if settings.address else IPV4
        self.udp = {version: self._udp(version, settings.port)}
        host, _, port = str(endpoint.transportGetInfo(self.udp[version]).localName).rpartition(":")
        self.port = int(port)  # of UDP, for both IP versions
        self.address = self._named(host)
        if not settings.address:
            self._both()
        wanted = {account.transport for account in settings.accounts}
        for version in self.udp:
            if "tcp" in wanted:
                config = pj.TransportConfig()
                config.boundAddress = settings.address
                config.sockOptParams.sockOpts.append(tls.patience())
                endpoint.transportCreate(TCP[version], config)
            if "tls" in wanted:
                endpoint.transportCreate(TLS[version], tls.transport(settings.address, settings.tls))

    def towards(self, far_end: str) -> str:
        """Our host:port for a far end at this address; on a board in several networks, the address of the route."""
        if self._settings.address not in {"", "::"}:
            return self.address
        family = socket.AF_INET6 if ":" in far_end else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as route:
                route.connect((far_end, PORTS["udp"]))  # sends nothing: the kernel looks the route up
                return self._named(str(route.getsockname()[0]).partition("%")[0])
        except OSError:  # there is no route now
            return self.address

    def _named(self, host: str) -> str:
        return f"[{host}]:{self.port}" if ":" in host and host[0] != "[" else f"{host}:{self.port}"

    def _both(self) -> None:
        """Listen on all of the machine's addresses: also IPv6, at the same port. Many machines have none."""
        try:
            self.udp[IPV6] = self._create(IPV6, self.port)
        except pj.Error as error:
            LOG.info("SIP has no IPv6: %s", error.reason)

    def _udp(self, version: int, port: int) -> int:
        address = self._settings.address
        try:
            return self._create(version, port)
        except pj.Error as error:
            where = f"port {port}" + (f" of {address}" if address else "")
            if error.status == ADDRESS_IN_USE:
                why = f"{where} is in use by {port_owner.owner(port)}"
                raise StartError(why, "End that program, or set another SIP port.") from error
            raise StartError(f"{where} cannot be opened: {error.reason}", "Set another SIP address or port.") from error

    def _create(self, version: int, port: int) -> int:
        config = pj.TransportConfig()
        config.port, config.boundAddress = port, self._settings.address
        return int(self._endpoint.transportCreate(UDP[version], config))
