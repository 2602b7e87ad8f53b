"""TLS in pjsua2 (RFC 5246, RFC 8446, RFC 5922): its configuration, and the faults of servers' certificates."""

import socket
import time
from functools import cache

import pjsua2 as pj

from appliance.base import times
from appliance.core.model import TlsFault
from appliance.sip.settings import TlsSettings
from appliance.sip.stack import translate
from appliance.sip.stack.routing.servers import SipServer

UNHEARD_MS = 5000  # the kernel of a far end acknowledges data, however busy its programs are
KEPT = 64
# Of TLS 1.2 (numbers of IANA): authenticated encryption only, no CBC. Those of TLS 1.3 are all of that kind.
SUITES = (
    *(0xC02B, 0xC02C, 0xC02F, 0xC030),  # ECDHE with AES-GCM
    *(0xCCA8, 0xCCA9, 0xCCAA),  # ECDHE and DHE with ChaCha20-Poly1305
    *(0x009E, 0x009F),  # DHE with AES-GCM
    *(0x009C, 0x009D),  # AES-GCM without forward secrecy: some PBXs have nothing better
)
UNTRUSTED = pj.PJ_SSL_CERT_EUNTRUSTED | pj.PJ_SSL_CERT_EISSUER_NOT_FOUND | pj.PJ_SSL_CERT_EISSUER_MISMATCH


@cache
def patience() -> pj.SockOpt:
    """The socket option that ends a connection whose data the far end does not acknowledge.

    The kernel would wait for a quarter of an hour, and a registrar that restarted without its connections would be
    reached only when it sends again. The option lives as long as the process, as pjsua2's copies point to its value.
    """
    option = pj.SockOpt()
    option.level, option.optName = socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT
    option.setOptValInt(UNHEARD_MS)
    return option


def transport(address: str, settings: TlsSettings) -> pj.TransportConfig:
    """A transport that trusts only the configured authorities. Its listener has its own port."""
    config = pj.TransportConfig()
    config.boundAddress = address
    tls = config.tlsConfig
    tls.CaListFile, tls.verifyServer = settings.ca_file, settings.verify
    tls.certFile, tls.privKeyFile = settings.certificate_file, settings.key_file
    tls.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    for suite in SUITES:
        tls.ciphers.append(suite)
    tls.msecTimeout = round(times.current.tls_handshake_s * 1000)
    tls.sockOptParams.sockOpts.append(patience())
    return config


class Faults:
    """The certificate fault of each server, by address:port, until it shows a valid certificate."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[TlsFault, str]] = {}

    def changed(self, prm: pj.OnTransportStateParam) -> None:
        """A connection was made, or failed."""
        info = prm.tlsInfo  # kept while its parts are read
        if not prm.type.startswith("TLS") or info.isEmpty():
            return
        server = translate.clean(info.remoteAddr)
        self._known.pop(server, None)
        if prm.state == pj.PJSIP_TP_STATE_DISCONNECTED and info.verifyStatus:
            self._known[server] = fault(int(info.verifyStatus), info)
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def of(self, server: SipServer) -> tuple[TlsFault, str]:
        """The fault and its description; NONE and "" without a fault."""
        return self._known.get(server.at, (TlsFault.NONE, ""))


def fault(status: int, info: pj.TlsInfo) -> tuple[TlsFault, str]:
    """The fault to fix first: a certificate of an unknown authority proves neither name nor time."""
    certificate = info.remoteCertInfo
    if status & UNTRUSTED:
        issuer = translate.clean(certificate.issuerCn or certificate.issuerInfo)
        return (
            TlsFault.ISSUER,
            f"its certificate is by {issuer or 'an unnamed authority'}, which is not a trusted authority",
        )
    if status & pj.PJ_SSL_CERT_EVALIDITY_PERIOD:
        begin, end = (day(moment.sec) for moment in (certificate.validityStart, certificate.validityEnd))
        return (
            TlsFault.TIME,
            f"its certificate is valid from {begin} to {end} and today is {day(int(time.time()))} here",
        )
    if status & pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH:
        names = [translate.clean(name.name) for name in certificate.subjectAltName]
        names = names or [translate.clean(certificate.subjectCn)]
        return TlsFault.NAME, f"its certificate is for {', '.join(names)} only"
    return TlsFault.OTHER, f"its certificate is not valid: {', '.join(map(translate.clean, info.verifyMsgs))}"


def day(seconds: int) -> str:
    """A time for people, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
