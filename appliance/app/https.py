"""The certificate of HTTPS: the one that the configuration names, or one that the station makes at its first start.

openssl makes it, in a process of its own: nothing stays in the daemon's memory.
"""

import asyncio
import datetime as dt
import hashlib
import ipaddress
import logging
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from appliance.api.http import handshakes
from appliance.base import durable, times
from appliance.base.errors import ErrorCode, IntercomError, reason, sentences
from appliance.config import certificates
from appliance.config.schema.http import HttpTable
from appliance.core import inputs
from appliance.system import network

log = logging.getLogger(__name__)

END = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)  # far off: nobody looks after the station
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n?", re.DOTALL)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
REQUEST = """[req]
distinguished_name = name
x509_extensions = use
prompt = no
string_mask = utf8only
[name]
CN = {name}
[use]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""

Signature = tuple[tuple[int, int, int] | None, ...]


class Certificate:
    """The certificate, and the names of the station in it. A changed certificate counts from the next connection on.

    clock_is_right: whether the dates of the station's own certificate can be judged. A certificate that was made by a
    wrong clock is made again once the clock is right.
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
        self._context: ssl.SSLContext
        self._signature: Signature = ()
        self._looked, self._failed = 0.0, False
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
        """Load the files if they have changed; what to report. A pair that cannot be used leaves the old one in use."""
        now = self._sign()
        wrong = not self._given and self._was_made_by_a_wrong_clock(self._facts)
        if now == self._signature and not wrong:
            return None
        if wrong:
            log.warning("the station's own certificate is made again: a wrong clock made the one before")
        self._signature = now
        try:
            if wrong:
                self._make()
                self._signature = self._sign()
            self._load()
        except IntercomError as error:
            self._failed = True
            why = sentences(f"{error.message}. The one before stays in use.", error.cause)
            return inputs.PartFailed(at=time.monotonic(), part="certificate", why=why, resolution=error.resolution)
        if not self._failed:
            return None
        self._failed = False
        return inputs.PartRecovered(at=time.monotonic(), part="certificate")

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
        try:
            durable.replace(self._shown, f"{shown}\n", mode=0o644)
        except OSError as error:  # HTTPS works without it
            log.warning("%s cannot be written: %s", self._shown, reason(error))

    def _is_usable(self) -> bool:
        """Whether our own certificate and key exist, with the host's name, the configured address and valid dates."""
        try:
            certificates.pair(self._certificate, self._key)
            facts = certificates.facts(self._certificate)
        except IntercomError:
            return False
        return _lasting(self._http.address) <= facts.names and not self._was_made_by_a_wrong_clock(facts)

    def _was_made_by_a_wrong_clock(self, facts: certificates.Facts) -> bool:
        """Whether clients refuse the dates of the certificate, by a clock that is right now."""
        return not facts.valid(time.time()) and self._clock_is_right()

    def _make(self) -> None:
        names = sorted(_lasting(self._http.address) | _passing(self._http.address))
        listed = ", ".join(f"IP:{name}" if _is_address(name) else f"DNS:{name}" for name in names)
        request = REQUEST.format(name="intercomd", names=listed)
        days = max((END - dt.datetime.now(dt.UTC)).days, 1)
        try:
            made = subprocess.run(
                [
                    *("openssl", "req", "-x509", "-config", "/dev/stdin", "-days", str(days), "-sha256"),
                    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
                    *("-keyout", "/dev/stdout", "-out", "/dev/stdout"),
                ],
                input=request,
                capture_output=True,
                check=True,
                text=True,
                timeout=times.current.certificate_made_s,
            ).stdout
            blocks = {block[1]: block[0] for block in PEM.finditer(made)}
            durable.replace(self._key, blocks["PRIVATE KEY"])
            durable.replace(self._certificate, blocks["CERTIFICATE"], mode=0o644)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            missing = isinstance(error, FileNotFoundError) and error.filename == "openssl"
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "The station cannot make a certificate for HTTPS.",
                "The program openssl is not installed." if missing else f"{reason(error)}.",
                "Install the package openssl and check the disc, or set http.certificate_file and http.key_file.",
            ) from error


def fingerprint(text: str) -> str:
    """The SHA-256 of the first certificate in a file, as browsers show it."""
    first = next((block[0] for block in PEM.finditer(text) if block[1] == "CERTIFICATE"), "")
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
    """The present addresses, where it listens on all: they may change, so the certificate does not depend on them."""
    if not ipaddress.ip_address(address).is_unspecified:
        return set()
    try:
        return {each.partition("%")[0] for each in network.addresses()}
    except OSError:
        return set()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
