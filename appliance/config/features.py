"""Whether the installed pjsua2 has the features that a configuration needs, without loading it."""

import importlib.util
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.config.schema import Config


def look(config: Config) -> None:
    """Raise IntercomError if accounts need digits in the sound, and the installed pjsua2 cannot detect them."""
    inband = [name for name, account in config.account.items() if account.inband_digits]
    found = importlib.util.find_spec("pjsua2")
    if found is None or found.origin is None:  # not installed: the SIP process reports that
        return
    if inband and "class DtmfDetector" not in Path(found.origin).read_text(encoding="utf-8"):
        where = ", ".join(f"account.{name}" for name in inband)
        raise IntercomError(
            ErrorCode.CONFIG_INVALID,
            f"{where}: inband_digits is not available",
            "The pjsua2 that is installed cannot detect digits in the sound.",
            "Install the python3-pjsua2 that came with this intercomd, or set inband_digits to false.",
        )
