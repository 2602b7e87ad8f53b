"""The page on residents' phones: whether they can open it at all, and without a warning at the station's address."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from appliance.base.errors import IntercomError
from appliance.config import certificates
from appliance.config.schema import Config
from appliance.core.model import Settings
from appliance.core.status_line import rings_browsers
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import warning

CHECK = "http.address"
HOW = "docs/how-to/reach-the-station-by-https.md"


def notes(config: Config, settings: Settings) -> list[Finding]:
    """A warning where a press rings the page, and no other machine can open it. settings: the core's settings."""
    where = config.http.address
    reached = not ipaddress.ip_address(where).is_loopback or bool(config.http.names)
    if reached or not rings_browsers(settings):
        return []
    return [
        warning(
            CHECK,
            f"A press rings browsers, but HTTP listens on {where} only.",
            "No phone, tablet or other computer can open the page.",
            f'Set http.address to "0.0.0.0", or name your proxy in http.names ({HOW}).',
        )
    ]


def examine(config: Config, state: Path, addresses: Sequence[str]) -> list[Finding]:
    """A warning where the station's own certificate has none of its present addresses. Runs openssl."""
    made = state / "http.crt"
    if config.http.certificate_file or not ipaddress.ip_address(config.http.address).is_unspecified:
        return []
    try:
        names = certificates.facts(made).names if made.exists() else frozenset[str]()
    except (IntercomError, OSError):
        return []  # the daemon reports a certificate that it cannot use
    present = sorted(each for each in addresses if ":" not in each)
    if not names or not present or names & set(present):
        return []
    local = max(names, key=lambda name: (name.endswith(".local"), name))
    return [
        warning(
            "http.certificate_file",
            f"The station's certificate has none of its present addresses: {', '.join(present)}.",
            "It got another address after the certificate was made; a browser warns at that address.",
            f"Open the page as https://{local}, or give the station a fixed address ({HOW}).",
        )
    ]
