"""`intercomctl page`: the address of the station's page with its token, and how to open it from another computer."""

import argparse
import getpass
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.cli.client import Client, default_socket

STATE = Path("/var/lib/intercomd")


def run(_client: Client, given: argparse.Namespace) -> Json:
    """The page, by the files beside the daemon's socket, which only its user may read. Raises IntercomError."""
    return find((given.socket or default_socket()).absolute().parent)


def find(runtime: Path) -> Json:
    """The page of the daemon whose socket is in `runtime`. Raises IntercomError."""
    address = _read(runtime / "http.address", runtime)
    token = _read(next((file for file in _tokens(runtime) if _there(file)), runtime / "http.token"), runtime)
    page = f"{address.rstrip('/')}/#token={token}"
    if address.startswith("https:"):
        found = {"address": page, "fingerprint": _read(runtime / "http.fingerprint", runtime)}
        if not (runtime / "http.authority").exists():
            return found
        return found | {"trust": f"{address}trust", "authority": _read(runtime / "http.authority", runtime)}
    port = urlsplit(address).port
    host = urlsplit(address).hostname or ""
    far = f"[{host}]" if ":" in host else host
    tunnel = f"ssh -L {port}:{far}:{port} {getpass.getuser()}@{socket.gethostname()}"
    return {"address": page, "tunnel": tunnel}


def words(page: Json) -> str:
    """The answer for a terminal."""
    if "trust" in page:
        return (
            f"{page['address']}\n"
            "This address works in the station's network. Browsers warn until they trust the station's authority.\n"
            "To have a device trust it, open this address there, which needs no token, and install the authority:\n"
            f"  {page['trust']}\n"
            f"{_code(page['trust'])}"
            "Compare the authority's SHA-256 fingerprint before:\n"
            f"  {page['authority']}\n"
            "A browser's warning shows another one, of the certificate, which changes each year:\n"
            f"  {page['fingerprint']}"
        )
    if "fingerprint" in page:
        return (
            f"{page['address']}\n"
            "This address works in the station's network. Browsers warn of a certificate that the station has made.\n"
            "Before you accept it, compare its SHA-256 fingerprint:\n"
            f"  {page['fingerprint']}"
        )
    return (
        f"{page['address']}\n"
        "This address works on this machine only. To open it on another computer, run there:\n"
        f"  {page['tunnel']}\n"
        "and open the same address there, for as long as that command runs."
    )


def _code(address: str) -> str:
    """A QR code of the address, for the camera of a phone, if this is a terminal that can draw it."""
    if not sys.stdout.isatty() or sys.stdout.encoding.lower() != "utf-8":
        return ""
    from appliance.cli.page import qr  # noqa: PLC0415  late: for this alone

    return f"{qr.drawing(address)}\n"


def _tokens(runtime: Path) -> tuple[Path, ...]:
    return runtime / "http.token", STATE / "http.token"


def _there(file: Path) -> bool:
    try:
        return file.exists()
    except PermissionError:
        return True  # reading it reports the error


def _read(file: Path, runtime: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except PermissionError as error:
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            f"You are not allowed to read {file}.",
            "It contains the token, which allows opening doors.",
            "Use sudo.",
        ) from error
    except OSError as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"No station serves a page from {runtime}.",
            reason(error),
            "Start intercomd, or give the socket of another station with --socket.",
        ) from error
