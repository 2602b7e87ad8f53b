"""The files of TLS, checked before they are used: pjsip does not report a missing file, and then trusts nobody."""

import ipaddress
import re
import ssl
import stat
import subprocess
from pathlib import Path

from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.base.record import Record
from appliance.config import files
from appliance.config.schema import Config
from appliance.config.schema.sip import TlsTable
from appliance.config.secrets import CODE, OTHERS

_NAMED = re.compile(r"(?:DNS|IP Address):([^\s,]+)")
_DATES = re.compile(r"^notBefore=(.+)\nnotAfter=(.+)$", re.MULTILINE)


class Facts(Record):
    """Facts of a certificate. begins, ends: seconds since 1970; names: hosts, as *.example.org too, and addresses."""

    begins: float
    ends: float
    names: frozenset[str]

    def valid(self, now: float) -> bool:
        """Whether clients whose clock says `now` accept its dates."""
        return self.begins <= now < self.ends


def look(config: Config, name: str) -> None:
    """Raise IntercomError `config-invalid` if TLS could not work; `name` begins each line."""
    problems = []
    for setting, wrong in (("ca_file", authorities), ("certificate_file", own)):
        try:
            wrong(config.tls)
        except IntercomError as error:
            where = f"{name}: tls.{setting}: {error.message}"
            problems.append(IntercomError(CODE, where, error.cause, error.resolution))
    if len(problems) > 1:
        raise IntercomError(CODE, "\n".join(str(problem) for problem in problems))
    if problems:
        raise problems[0]


def authorities(tls: TlsTable) -> None:
    """Check that there is a trusted authority. Raises IntercomError."""
    if not tls.verify:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        files.read(Path(tls.ca_file))  # OpenSSL, which opens it by its name, would wait for a FIFO
        context.load_verify_locations(tls.ca_file)
    except ssl.SSLError as error:
        raise IntercomError(
            CODE, f"{tls.ca_file} contains no certificates", f"{error.reason or error}.", "Give a file in PEM form."
        ) from error
    except OSError as error:
        raise unreadable(Path(tls.ca_file), error) from error


def own(tls: TlsTable) -> None:
    """Check that our own certificate and key belong together. Raises IntercomError."""
    if tls.certificate_file:
        pair(Path(tls.certificate_file), Path(tls.key_file))


def pair(certificate: Path, key: Path) -> None:
    """Check that a certificate and a key can be used, and belong together. Raises IntercomError."""
    for path in (certificate, key):
        try:
            _, mode = files.read(path)
        except OSError as error:
            raise unreadable(path, error) from error
        if path == key and mode & OTHERS:
            raise IntercomError(
                CODE,
                f"other users can read {path}",
                f"Its mode is {stat.S_IMODE(mode):04o}.",
                f"Let only the service's user read it: chmod 0600 {path}",
            )
    try:
        # A password prompt is pointless, as there is no terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as error:
        raise IntercomError(
            CODE,
            f"{certificate} and {key} are not a certificate and its key",
            f"{getattr(error, 'reason', None) or error}.",
            "Give both in PEM form, the key without a password.",
        ) from error


def facts(certificate: Path) -> Facts:
    """Read the facts of the first certificate in a file. Blocks. Raises IntercomError."""
    command = ["openssl", "x509", "-noout", "-dates", "-ext", "subjectAltName"]
    try:
        contents, _ = files.read(certificate)
        said = subprocess.run(
            command, input=contents, capture_output=True, check=False, timeout=times.current.certificate_read_s
        ).stdout.decode()
    except (OSError, subprocess.SubprocessError) as error:
        raise IntercomError(
            CODE, f"{certificate} cannot be examined", f"{reason(error)}.", "Install the package openssl."
        ) from error
    dates = _DATES.search(said)
    if dates is None:
        raise IntercomError(CODE, f"{certificate} contains no certificate", "", "Give a file in PEM form.")
    begins, ends = (ssl.cert_time_to_seconds(date) for date in dates.groups())
    return Facts(begins, ends, frozenset(plain(name) for name in _NAMED.findall(said)))


def plain(name: str) -> str:
    """A name or address in a certificate, in the form in which names are compared."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def unreadable(path: Path, error: OSError) -> IntercomError:
    """The error for a file that cannot be read."""
    if denied := files.refused(path, error):
        cause, resolution = denied
    elif isinstance(error, FileNotFoundError):
        cause, resolution = "There is no such file.", "Create it, or give another path."
    elif isinstance(error, files.UnfitError):
        cause, resolution = f"{error.strerror}.", "Give the path of a regular file in PEM form."
    else:
        cause, resolution = f"{reason(error)}.", "Give the path of a file in PEM form."
    return IntercomError(CODE, f"{path} cannot be read", cause, resolution)
