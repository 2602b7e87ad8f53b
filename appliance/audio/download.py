"""`python -m appliance.audio.download FILE [HOST…]`: fetch the WAV file of the URL on standard input into FILE.

A separate process, which its caller ends in time: neither a slow server nor a broken file can hold up the daemon, and
the SIP process opens only files that were written here, header included. A URL may have a secret, so no error repeats
it.

A client that may order a sound could have the station request pages of the local network, which trust it. So only
public addresses are asked, and addresses of the HOSTs, after each redirect too, and the connection goes to the address
that was checked. At an error the standard output is a problem object (RFC 9457), and the status 1.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import struct
import sys
import wave
from collections.abc import Collection
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from appliance.base.errors import ErrorCode, IntercomError, problem, reason

CONNECT_S = 3.0
READ_S = 5.0
LONGEST_FILE = 12_000_000  # bytes
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PIECE = 1 << 16
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
WIDTH = 2  # bytes of a sample
SLOWEST, FASTEST = 4_000, 192_000  # samples a second

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def fetch(url: str, file: Path, allowed: Collection[str]) -> None:
    """Write the sound at `url` into `file`. allowed: hosts whose addresses may be local. Raises IntercomError."""
    for _ in range(MOST_REDIRECTS + 1):
        with _request(checked(url), allowed) as answer:
            to = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not to:
                _save(answer, file)
                return
        url = urljoin(url, to)
    raise _unreachable(f"It redirects more than {MOST_REDIRECTS} times.")


def checked(url: str) -> SplitResult:
    """The parts of a URL. Raises IntercomError for one that names no public resource by HTTP."""
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in PORTS and parts.hostname and (parts.port is None or parts.port)
        if not known or parts.username is not None:
            raise ValueError  # noqa: TRY301 - the same refusal as for what cannot be split
        host_of(parts)
    except ValueError:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "The URL is not valid.",
            "It must begin with http:// or https://, and have no user name or password.",
        ) from None
    return parts


def host_of(parts: SplitResult) -> str:
    """The host as `audio.url_hosts` has it: an address, or a name in ASCII and lower case. Raises ValueError."""
    host = parts.hostname or ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host if host.isascii() else host.encode("idna").decode()


def is_public(address: Address) -> bool:
    """Whether an address is reached by the Internet, also the one that is embedded in it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inside:
            return is_public(inside)
    return address.is_global and not address.is_multicast


def _connect(host: str, port: int, allowed: Collection[str]) -> socket.socket:
    """A connection to one of the host's addresses. Raises IntercomError, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if host not in allowed:
        found = [each for each in found if is_public(ipaddress.ip_address(str(each[4][0]).partition("%")[0]))]
    if not found:
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            f"The sound at {host} was not fetched.",
            "It has only local addresses.",
            "If the station may fetch sounds from there, add it to audio.url_hosts.",
        )
    failed = OSError()
    for family, kind, protocol, _, place in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(place)
        except OSError as error:
            connection.close()
            failed = error
        else:
            connection.settimeout(READ_S)
            return connection
    raise failed


def _context() -> ssl.SSLContext:
    """Python's defaults, without the CBC suites of TLS 1.2."""
    made = ssl.create_default_context()
    made.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20")
    return made


def _request(parts: SplitResult, allowed: Collection[str]) -> http.client.HTTPResponse:
    """The answer, without its body. Raises IntercomError."""
    host, port = host_of(parts), parts.port or PORTS[parts.scheme]
    path = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe="%/:=&?~+!$,;'@()*[]")
    try:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = _connect(host, port, allowed)
        if parts.scheme == "https":
            connection.sock = _context().wrap_socket(connection.sock, server_hostname=host)
        connection.default_port = PORTS[parts.scheme]
        connection.request("GET", path, headers={"Accept": "audio/wav, */*;q=0.1", "Connection": "close"})
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(f"{host}: {said(error)}") from error


def _save(answer: http.client.HTTPResponse, file: Path) -> None:
    """Write the body into `file` as a WAV file. Raises IntercomError."""
    if answer.status != http.client.OK:
        raise _unreachable(f"The server answered {answer.status} {http.client.responses.get(answer.status, '')}")
    raw = file.with_suffix(".part")
    try:
        with raw.open("wb") as out:
            while piece := answer.read(PIECE):
                if out.tell() + len(piece) > LONGEST_FILE:
                    raise _unsupported(f"It is larger than {LONGEST_FILE // 1_000_000} MB")
                out.write(piece)
        if answer.length:
            raise _unreachable("The connection ended too soon")
        rewrite(raw, file)
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(said(error)) from error
    finally:
        raw.unlink(missing_ok=True)


def rewrite(raw: Path, file: Path) -> None:
    """Copy the samples of a WAV file behind a header of our own. Raises IntercomError, OSError."""
    try:
        with wave.open(str(raw)) as given:
            form = given.getparams()
            if form.sampwidth != WIDTH or form.nchannels > 2 or not SLOWEST <= form.framerate <= FASTEST:  # noqa: PLR2004
                raise _unsupported(
                    f"It has {form.nchannels} channels of {8 * form.sampwidth} bits, {form.framerate} samples a second"
                )
            with wave.open(str(file), "wb") as made:
                made.setparams((form.nchannels, WIDTH, form.framerate, 0, "NONE", ""))
                while frames := given.readframes(PIECE):
                    made.writeframesraw(frames)
                empty = not made.tell()
        if empty:
            raise _unsupported("It has no sound")
    except (wave.Error, EOFError, struct.error, RuntimeError) as error:  # the last one by a seek in a broken file
        file.unlink(missing_ok=True)
        raise _unsupported(str(error) or "it is not complete") from error


def said(error: BaseException) -> str:
    """The cause of an error, in words for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return reason(error) or type(error).__name__


def _unreachable(why: str) -> IntercomError:
    return IntercomError(ErrorCode.SERVER_UNREACHABLE, "The sound could not be fetched.", why, "Try the URL elsewhere.")


def _unsupported(why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.FILE_UNSUPPORTED,
        "The file at the URL cannot be played.",
        f"{why[:1].upper()}{why[1:]}.",
        f"Give a WAV file of 16 bit, mono or stereo, of at most {LONGEST_FILE // 1_000_000} MB.",
    )


def main() -> int:
    """Run the command line."""
    try:
        fetch(sys.stdin.read(), Path(sys.argv[1]), frozenset(sys.argv[2:]))
    except IntercomError as error:
        print(json.dumps(problem(error)))  # noqa: T201 - its output protocol
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
