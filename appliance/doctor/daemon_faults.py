"""Faults that a running daemon has reported, except faults that the examination finds itself."""

import re
from collections.abc import Iterator, Sequence

from appliance.core.views.appliance import Finding
from appliance.doctor.findings import problem

# What helps, where the reason alone does not say it.
_REMEDIES = {
    "copies": "Try rclone by hand, as docs/how-to/copy-recordings.md shows.",
    "packages": "Run sudo dpkg --configure -a, then install the package again, as docs/how-to/upgrade.md shows.",
}
# As in "button ring (GPIO17): …", several with a semicolon between them.
_OF_PANEL = re.compile(r"(?P<kind>\w+) (?P<name>\S+) \(")


def besides(found: Sequence[Finding], failed: Sequence[tuple[str, str]]) -> list[Finding]:
    """One finding for each fault in `failed`, pairs of part and reason, that is not among those found."""
    known = {finding.check for finding in found if finding.level == "problem"}
    return [
        problem(part, f"{why}.", resolution=_REMEDIES.get(part, ""))
        for part, whole in failed
        for why in _split(part, whole)
        if not known & _checks(part, why)
    ]


def _split(part: str, why: str) -> Iterator[str]:
    """The faults of a part."""
    yield from (each.rstrip(".") for each in (why.split("; ") if part == "panel" else [why]))


def _checks(part: str, why: str) -> set[str]:
    """The checks that find this fault too."""
    if part == "audio":
        return {"audio", "audio.capture", "audio.playback"}
    if part in {"http", "certificate"}:
        return {"http.certificate_file"}
    if part == "copies":
        return {"recording.copy_to"}
    if part.startswith("webhook"):
        return {"webhooks"}
    named = _OF_PANEL.match(why) if part == "panel" else None
    return {f"panel.{named['kind']}.{named['name']}", "lines"} if named else set()
