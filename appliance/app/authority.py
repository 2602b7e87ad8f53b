"""The station's own authority: a phone installs it once, and then accepts every certificate that the authority signs.

It can sign the station's names and addresses alone, and servers alone (name constraints, RFC 5280 4.2.1.10): a stolen
key deceives nobody about another site. Its dates come from no clock, as that of a board without a battery may be wrong.
"""

import datetime as dt
import ipaddress
import logging
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from appliance.base import durable, times
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.outside.addresses import is_address
from appliance.config.certificates import Facts, plain

log = logging.getLogger(__name__)

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # a clock before it is wrong
END = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)  # far off: nobody looks after the station
DAYS = 397  # of a certificate: Apple accepts 398 at most
DAYS_BEFORE = 30  # its end it is renewed
LOOPBACK = frozenset({"127.0.0.1", "::1"})
SLACK = dt.timedelta(days=1)  # for clocks of clients that are late
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n?", re.DOTALL)
_PERMITTED = re.compile(r"(?:DNS|IP):([^\s/]+)")
_REQUEST = """[req]
distinguished_name = name
prompt = no
string_mask = utf8only
[name]
CN = {name}
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
rand_serial = yes
unique_subject = no
policy = policy
x509_extensions = use
[policy]
commonName = supplied
[use]
{extensions}
"""
_OF_AUTHORITY = """basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
nameConstraints = critical, {permitted}"""
_OF_SERVER = """basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}"""


class Authority:
    """The authority in a state directory: its certificate, which everybody may have, and its key, which stays there."""

    def __init__(self, state: Path) -> None:
        self.certificate, self._key = state / "http-ca.crt", state / "http-ca.key"

    def make(self, names: Iterable[str], name: str) -> None:
        """Make a new one for these names and addresses. Blocks. Raises IntercomError.

        Loopback is among what is permitted: where no address is, all are.
        """
        permitted = ", ".join(f"permitted;{_permit(each)}" for each in sorted(LOOPBACK | {*names}))
        key, request = _request(name)
        try:
            durable.remove(self.certificate)  # a power cut leaves no certificate with another's key
            durable.replace(self._key, key)
            extensions = _OF_AUTHORITY.format(permitted=permitted)
            durable.replace(self.certificate, self._sign(request, extensions, BEGIN, END, own=True), mode=0o644)
        except OSError as error:
            raise fault(error) from error
        log.info("the station has made an authority for its certificates")

    def names(self) -> frozenset[str]:
        """The names and addresses that it can sign. Blocks. Raises IntercomError."""
        told = _openssl("x509", "-in", str(self.certificate), "-noout", "-ext", "nameConstraints")
        return frozenset(plain(each) for each in _PERMITTED.findall(told))

    def sign(self, now: float) -> tuple[str, str]:
        """A new key, and a certificate for all of its names with its own behind it. Blocks. Raises IntercomError.

        Where the clock is plainly wrong it is valid for as long as the authority: only Apple's devices refuse that.
        """
        begin, end = BEGIN, END
        if may_be_true(now):
            begin = max(dt.datetime.fromtimestamp(int(now), dt.UTC) - SLACK, BEGIN)
            end = min(begin + dt.timedelta(days=DAYS), END)
        key, request = _request("intercomd")
        names = sorted(self.names() - LOOPBACK)
        listed = ", ".join(f"IP:{name}" if is_address(name) else f"DNS:{name}" for name in names)
        try:
            signed = self._sign(request, _OF_SERVER.format(names=listed), begin, end, own=False)
            return key, signed + self.certificate.read_text(encoding="ascii")
        except OSError as error:
            raise fault(error) from error

    def _sign(self, request: str, extensions: str, begin: dt.datetime, end: dt.datetime, *, own: bool) -> str:
        with tempfile.TemporaryDirectory(dir=self._key.parent, prefix="http-ca.") as folder:  # no key is in it
            (Path(folder) / "index.txt").touch()
            config = Path(folder) / "openssl.cnf"
            config.write_text(_REQUEST.format(name="-", folder=folder, extensions=extensions), encoding="ascii")
            by = ("-selfsign",) if own else ("-cert", str(self.certificate))
            told = _openssl(
                *("ca", "-batch", "-notext", "-config", str(config), "-in", "/dev/stdin", "-keyfile", str(self._key)),
                *("-startdate", f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}", *by),
                given=request,
            )
        return _block(told, "CERTIFICATE")


def may_be_true(now: float) -> bool:
    """Whether a clock that says `now` may be right."""
    return BEGIN.timestamp() <= now < END.timestamp()


def is_due(facts: Facts, now: float, *, clock_is_right: bool) -> bool:
    """Whether a certificate of the station's authority has to be renewed.

    That costs clients nothing. But a clock from before its beginning is believed only if it is right: after a power
    cut a board without a battery is late for a while.
    """
    if not may_be_true(now):
        return False
    if now < facts.begins:
        return clock_is_right
    was_long = facts.ends - facts.begins > dt.timedelta(days=DAYS).total_seconds()
    return was_long or facts.ends - now < dt.timedelta(days=DAYS_BEFORE).total_seconds()


def _permit(name: str) -> str:
    if not is_address(name):
        return f"DNS:{name}"
    every = "255.255.255.255" if ipaddress.ip_address(name).version == 4 else ":".join(["ffff"] * 8)  # noqa: PLR2004
    return f"IP:{name}/{every}"


def _request(name: str) -> tuple[str, str]:
    """A new key, and the request for a certificate of it."""
    told = _openssl(
        *("req", "-new", "-config", "/dev/stdin", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-keyout", "/dev/stdout", "-out", "/dev/stdout"),
        given=_REQUEST.format(name=name, folder="", extensions=""),
    )
    return _block(told, "PRIVATE KEY"), _block(told, "CERTIFICATE REQUEST")


def _block(told: str, kind: str) -> str:
    found = next((block[0] for block in PEM.finditer(told) if block[1] == kind), "")
    if not found:
        raise fault(ValueError(f"openssl gave no {kind.lower()}"))
    return found


def _openssl(*words: str, given: str = "") -> str:
    try:
        return subprocess.run(
            ["openssl", *words],
            input=given,
            capture_output=True,
            check=True,
            text=True,
            timeout=times.current.certificate_made_s,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise fault(error) from error


def fault(error: Exception) -> IntercomError:
    """The error for what has kept it from making a certificate."""
    missing = isinstance(error, FileNotFoundError) and error.filename == "openssl"
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        "The station cannot make a certificate for HTTPS.",
        "The program openssl is not installed." if missing else f"{reason(error)}.",
        "Install the package openssl and check the disc, or set http.certificate_file and http.key_file.",
    )
