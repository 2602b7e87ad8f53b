"""Send a message to a push service, once: by TLS, to a checked address, without following redirects."""

import http.client
import ssl
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from appliance.base.outside import addresses

PORT = 443
LONGEST = 256  # bytes of the answer that are read: its first line
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})  # RFC 8030 §7.3


class RefusedError(Exception):
    """The service did not take the message. gone: it does not know the device any more."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


def post(endpoint: str, headers: dict[str, str], body: bytes, context: ssl.SSLContext, patience_s: float) -> None:
    """Send a message; patience_s is for each step. Raises RefusedError."""
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or PORT
    try:
        found = addresses.look_up(host, port)
        inside = next((address for _, (address, _) in found if not addresses.is_public(address)), "")
        if inside:
            raise RefusedError(f"{host} has the address {inside}, which is not on the Internet.")
        wire = addresses.connect(found, time.monotonic() + patience_s * addresses.MOST, patience_s)
        with wire, context.wrap_socket(wire, server_hostname=host) as secured:
            connection = http.client.HTTPConnection(host, port)
            connection.default_port = PORT
            connection.sock = secured
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, headers)
            with secured.makefile("rb") as answer:
                line = answer.readline(LONGEST)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise RefusedError(f"{host} cannot be reached: {_why(error)}.") from error
    status = _status(line)
    if status in GONE:
        raise RefusedError(f"{host} does not know the device any more.", gone=True)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise RefusedError(f"{host} answered {status}." if status else f"{host} answered what is no HTTP.")


def _status(line: bytes) -> int:
    """The status in the first line of an answer; 0 if the line is not an answer's."""
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    return int(code) if version.startswith(b"HTTP/1.") and code.isdigit() and len(code) == 3 else 0  # noqa: PLR2004


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not count ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
