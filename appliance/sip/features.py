"""Whether the pjsua2 that is installed has what a configuration needs: without loading it."""

import importlib.util
from pathlib import Path

from appliance.base.errors import IntercomError


def look(inband: list[str]) -> None:
    """Raise IntercomError where these accounts take digits in the sound, and pjsua2 cannot hear any."""
    found = importlib.util.find_spec("pjsua2")
    if found is None or found.origin is None:  # none at all: the SIP process tells that
        return
    if "class DtmfDetector" not in Path(found.origin).read_text(encoding="utf-8"):
        where = ", ".join(f"account.{name}" for name in inband)
        raise IntercomError(
            "config-invalid",
            f"{where}: inband_digits is not available",
            "The pjsua2 that is installed cannot detect digits in the sound.",
            "Install the python3-pjsua2 that came with this intercomd, or set inband_digits to false.",
        )
