"""Whether finished recordings can be copied elsewhere, as far as this machine decides it."""

from appliance.base.errors import IntercomError
from appliance.config import copies
from appliance.config.schema import Config
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem

CHECK = "recording.copy_to"


def examine(config: Config) -> list[Finding]:
    """One finding where recordings are copied. A remote that fails is reported by the daemon, which tries it."""
    table = config.recording
    if not table.copy_to:
        return []
    try:
        copies.secrets(table)
    except IntercomError as error:
        return [problem(CHECK, error.message, error.cause, error.resolution)]
    return [ok(CHECK, f"Recordings are copied to {table.copy_to} by {copies.PROGRAM}.")]
