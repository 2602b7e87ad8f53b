"""The findings of checks."""

from collections.abc import Sequence

from appliance.core.views.appliance import Finding


def agreed(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings without each "OK" about a part that another finding complains about."""
    wrong = {finding.check for finding in found if finding.level != "ok"}
    return [finding for finding in found if finding.level != "ok" or finding.check not in wrong]


def ok(check: str, message: str) -> Finding:
    """No fault."""
    return Finding(check, "ok", message)


def warning(check: str, message: str, cause: str = "", resolution: str = "") -> Finding:
    """Something may go wrong."""
    return Finding(check, "warning", message, cause, resolution)


def problem(check: str, message: str, cause: str = "", resolution: str = "") -> Finding:
    """Something does not work."""
    return Finding(check, "problem", message, cause, resolution)


def hangs() -> Finding:
    """An examination that does not end."""
    return problem(
        "examination",
        "The station could not be examined in time.",
        "A disc, a card or another device does not answer.",
        "See what the kernel reports (sudo dmesg), and whether a directory of the network is mounted (findmnt).",
    )
