"""Where a station is, and which certificate it must show. Imports nothing of Home Assistant."""

import hashlib
import socket
import ssl
from urllib.parse import urlsplit

PORT = 8443  # of the guide to HTTPS
ANSWER_S = 15.0
_SCHEMES = {"http", "https"}


def whole(text: str) -> str:
    """The address that was typed, with scheme and port: a name alone is HTTPS at port 8443. Raises ValueError."""
    text = text.strip()
    bare = "://" not in text
    url = urlsplit(f"https://{text}" if bare else text)
    if url.scheme not in _SCHEMES or not url.hostname or any((url.username, url.query, url.fragment)):
        raise ValueError(text)
    port = f":{url.port}" if url.port is not None else f":{PORT}" if bare else ""
    name = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return f"{url.scheme}://{name}{port}{url.path.rstrip('/')}"


def certificate_of(address: str) -> str:
    """The certificate to trust, as PEM: the last that the station shows, which is its authority's if it has one.

    Nothing but the handshake is exchanged: no token is sent. Blocks. Raises OSError.
    """
    url = urlsplit(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # a person compares the fingerprint
    where = url.hostname or "", url.port or 443
    with (
        socket.create_connection(where, timeout=ANSWER_S) as raw,
        context.wrap_socket(raw, server_hostname=url.hostname) as secured,
    ):
        return ssl.DER_cert_to_PEM_cert(secured.get_unverified_chain()[-1])


def fingerprint(pem: str) -> str:
    """The SHA-256 of a certificate, as the station's `intercomctl page` shows it."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":").upper()


def trusted(pem: str) -> ssl.SSLContext:
    """A context that trusts what leads to this certificate alone, and still asks for the right name. Blocks.

    Raises OSError or ValueError.
    """
    return ssl.create_default_context(cadata=pem)
