"""The certificate of HTTPS: the configuration names it, or the station's own authority signs one.

openssl makes it, in a process of its own: nothing stays in the daemon's memory. A station from before there was an
authority keeps the certificate that it signed itself, for as long as it can be used.
"""

import asyncio
import hashlib
import ipaddress
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from appliance.api.http import handshakes
from appliance.app import authority
from appliance.base import durable, times
from appliance.base.errors import ErrorCode, IntercomError, reason, sentences
from appliance.config import certificates
from appliance.config.schema.http import HttpTable
from appliance.core import inputs
from appliance.system import network

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

Signature = tuple[tuple[int, int, int] | None, ...]


class Certificate:
    """The certificate, and the names of the station in it. A changed certificate counts from the next connection on.

    clock_is_right: whether a clock that is before the dates of the station's own certificate is believed: it is renewed
    then, as it is before its end.
    """

    def __init__(
        self,
        http: HttpTable,
        state: Path,
        shown: Path,
        post: Callable[[inputs.Input], None],
        clock_is_right: Callable[[], bool],
    ) -> None:
        self._http, self._shown, self._post, self._clock_is_right = http, shown, post, clock_is_right
        self._given = bool(http.certificate_file)
        self._certificate = Path(http.certificate_file) if self._given else state / "http.crt"
        self._key = Path(http.key_file) if self._given else state / "http.key"
        self._authority = authority.Authority(state)
        self.authority = ""  # that signed the certificate in use, in PEM; empty if none of the station's own did
        self.renewed: Callable[[], None] = lambda: None  # what to do, in a thread, with another certificate in use
        self._context: ssl.SSLContext
        self._signature: Signature = ()
        self._looked, self._failed, self._renewed = 0.0, False, 0.0
        self._facts = certificates.Facts(0.0, 0.0, frozenset())

    @property
    def names(self) -> frozenset[str]:
        """The names and addresses in it."""
        return self._facts.names

    @property
    def host(self) -> str:
        """The name or address to print: the configured address where the certificate has it, or the best name."""
        if self._http.address in self.names:
            return self._http.address
        named = sorted(name for name in self.names if "*" not in name and name != "localhost")
        local = [name for name in named if name.endswith(".local")]
        return next(iter([*local, *named]), self._http.address)

    def open(self) -> None:
        """Make a certificate if none is given or there, and load it. Blocks. Raises IntercomError."""
        if not self._given and not self._is_usable():
            self._make()
        self._signature = self._sign()
        self._load()

    async def context(self) -> ssl.SSLContext:
        """The context for the next connection."""
        if time.monotonic() - self._looked >= times.current.certificate_check_s:
            self._looked = time.monotonic()
            given = await asyncio.to_thread(self._look)
            if given is not None:
                self._post(given)
        return self._context

    def _look(self) -> inputs.Input | None:
        """Load the files if they are not those in use; what to report.

        A pair that cannot be used leaves the old one in use, and is tried again at each look: what is mended may show
        in no file, as a mode, an owner, or a program that was missing.
        """
        now = self._sign()
        due = not self._given and self._is_due(self._facts) and self._may_renew()
        if now == self._signature and not due:
            return None
        try:
            if due:
                self._make()
                now = self._sign()
            self._load()
            self._signature = now
            self.renewed()
        except IntercomError as error:
            self._failed = True
            why = sentences(f"{error.message}. The one before stays in use.", error.cause)
            return inputs.PartFailed(at=time.monotonic(), part="certificate", why=why, resolution=error.resolution)
        if not self._failed:
            return None
        self._failed = False
        return inputs.PartRecovered(at=time.monotonic(), part="certificate")

    def _may_renew(self) -> bool:
        """Whether enough time has gone by since it was tried: openssl is not run for each connection."""
        now = time.monotonic()
        if self._renewed and now - self._renewed < times.current.certificate_again_s:
            return False
        self._renewed = now
        return True

    def _sign(self) -> Signature:
        """Return a value that changes whenever a file of the certificate changes."""
        return tuple(_stamp(path) for path in (self._certificate, self._key))

    def _load(self) -> None:
        certificates.pair(self._certificate, self._key)
        made = handshakes.context()
        try:
            made.load_cert_chain(self._certificate, self._key, password="")
            text = self._certificate.read_text(encoding="ascii", errors="replace")
            facts, shown = certificates.facts(self._certificate), fingerprint(text)
        except (OSError, ValueError) as error:  # replaced since it was checked
            raise IntercomError(
                ErrorCode.UNAVAILABLE, f"{self._certificate} cannot be used", f"{reason(error)}.", "Check the file."
            ) from error
        self._context, self._facts = made, facts
        self.authority = "" if self._given else self._authority_of(text)
        beside = self._shown.with_name("http.authority")
        try:
            durable.replace(self._shown, f"{shown}\n", mode=0o644)
            if self.authority:
                durable.replace(beside, f"{fingerprint(self.authority)}\n", mode=0o644)
            else:
                durable.remove(beside)
        except OSError as error:  # HTTPS works without them
            log.warning("%s cannot be written: %s", self._shown, reason(error))

    def _is_usable(self) -> bool:
        """Whether our own certificate and key exist, with the host's name and the configured address, and not due."""
        try:
            certificates.pair(self._certificate, self._key)
            facts = certificates.facts(self._certificate)
        except IntercomError:
            return False
        self.authority = self._authority_of(self._certificate.read_text(encoding="ascii", errors="replace"))
        return _lasting(self._http.address) <= facts.names and not self._is_due(facts)

    def _authority_of(self, text: str) -> str:
        """Our authority's certificate if `text`, a chain, ends with it; else empty."""
        try:
            own = self._authority.certificate.read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""
        return own if text.endswith(own) else ""

    def _is_due(self, facts: certificates.Facts) -> bool:
        now = time.time()
        if self.authority:
            return authority.is_due(facts, now, clock_is_right=self._clock_is_right())
        return not facts.valid(now) and self._clock_is_right()  # a wrong clock made it

    def _make(self) -> None:
        """Make a key and a certificate, after the authority if it is missing or may not sign the present names."""
        lasting = _lasting(self._http.address)
        try:
            if not self._authority.certificate.exists() or not lasting <= self._authority.names():
                named = next(name for name in sorted(lasting) if name.endswith(".local")).removesuffix(".local")
                self._authority.make(lasting | _passing(self._http.address), f"intercomd {named}")
            key, certificate = self._authority.sign(time.time())
            durable.replace(self._key, key)
            durable.replace(self._certificate, certificate, mode=0o644)
        except OSError as error:
            raise authority.fault(error) from error


def fingerprint(text: str) -> str:
    """The SHA-256 of the first certificate in a file, as browsers show it."""
    first = next((block[0] for block in authority.PEM.finditer(text) if block[1] == "CERTIFICATE"), "")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest().hex(":").upper()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _lasting(address: str) -> frozenset[str]:
    """The names that the station's own certificate must have: without them it is made again."""
    host = socket.gethostname().partition(".")[0].lower()
    names = {host, f"{host}.local"} if NAME.fullmatch(host) else {"intercom.local"}
    return frozenset(names if ipaddress.ip_address(address).is_unspecified else {*names, address})


def _passing(address: str) -> set[str]:
    """The present addresses, where it listens on all: they may change, so the certificate does not depend on them.

    Raises IntercomError while there is none: the authority would never sign the one that comes.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        return set()
    try:
        found = {each.partition("%")[0] for each in network.addresses()}
    except OSError:
        return set()
    if not found:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The station makes its certificate for HTTPS once it has an address.",
            "Its network is not up yet.",
            "Connect the station to its network.",
        )
    return found
