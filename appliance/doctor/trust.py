"""Proof of callers: targets that may open a door, or hear the room, and whose only proof is an address."""

import ipaddress
from collections.abc import Iterator, Sequence

from appliance.config.directory import Flat
from appliance.config.schema import Config
from appliance.config.schema.targets import TargetTable
from appliance.core.accounts import sip_uris
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import warning

PBX = 'an account at a PBX, with transport = "tls" where the PBX can'


def notes(config: Config, flats: Sequence[Flat] = ()) -> list[Finding]:
    """A warning for each such target whose address the operator has not accepted, and one for all targets of flats."""
    return [*_targets(config), *_flats(config, flats)]


def _targets(config: Config) -> Iterator[Finding]:
    for name, target in config.target.items():
        allowed = list(_allowed(target))
        if not allowed or target.account or target.password_file or target.accept_address:
            continue
        place = f"target.{name}"
        yield warning(
            place,
            f"The address is the only proof of who calls as {name}, and the caller {' and '.join(allowed)}.",
            _cause(target.uri),
            f"Better: a password ({place}.password_file), or {PBX}. "
            f"To accept the address as the only proof: {place}.accept_address = true.",
        )


def _allowed(target: TargetTable) -> Iterator[str]:
    if target.doors:
        yield f"may open {', '.join(target.doors)} by digits"
    if target.auto_answer:
        yield "may hear the room by auto_answer"


def _cause(uri: str) -> str:
    _, host = sip_uris.parts(uri) or ("", "")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return f"A packet with an address that {host} leads to can be forged, and so can a DNS response."
    return f"A packet with the address {host} can be forged by machines in its network."


def _flats(config: Config, flats: Sequence[Flat]) -> Iterator[Finding]:
    named = [
        flat.number
        for flat in flats
        if flat.doors and any(text.startswith("sip:") and text not in config.target for text in flat.targets)
    ]
    if named:
        yield warning(
            "directory.file",
            f"The address is the only proof of who calls as flat {', '.join(named)}, which may open doors by digits.",
            "Packets with that address can be forged by machines in its network.",
            f"Better: numbers at {PBX}; or name a [target.…] with a password_file in the flat's line.",
        )
