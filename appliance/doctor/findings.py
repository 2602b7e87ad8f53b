"""The findings of checks."""

from collections.abc import Sequence
from enum import StrEnum

from appliance.base.record import Record


class Level(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"  # it works, but not always, or not as safely as it could
    PROBLEM = "problem"


class Finding(Record):
    """One check's result. check: the checked part, or the dotted name of a setting; texts as in IntercomError."""

    check: str
    level: Level
    message: str
    cause: str = ""
    resolution: str = ""


def agreed(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings without each "OK" about a part that another finding complains about."""
    wrong = {finding.check for finding in found if finding.level is not Level.OK}
    return [finding for finding in found if finding.level is not Level.OK or finding.check not in wrong]


def ok(check: str, message: str) -> Finding:
    """No fault."""
    return Finding(check, Level.OK, message)


def warning(check: str, message: str, cause: str = "", resolution: str = "") -> Finding:
    """Something may go wrong."""
    return Finding(check, Level.WARNING, message, cause, resolution)


def problem(check: str, message: str, cause: str = "", resolution: str = "") -> Finding:
    """Something does not work."""
    return Finding(check, Level.PROBLEM, message, cause, resolution)
