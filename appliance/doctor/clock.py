"""The wall clock: whether it can be true, and whether something corrects it."""

import datetime as dt
import time
from pathlib import Path

import appliance
from appliance.base.wall_time import synchronised
from appliance.config.schema import Config
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

CHECK = "clock"
SET = "Connect the network, so that a time server sets it (see timedatectl), or give the board a clock with a battery."


def examine(config: Config) -> list[Finding]:
    """One finding. A clock from before this program was made is wrong."""
    made = Path(appliance.__file__).stat().st_mtime
    now = time.time()
    if now < made - 86_400:
        return [
            problem(
                CHECK,
                f"The clock says {_day(now)}, which cannot be true.",
                f"This program is from {_day(made)}.",
                SET,
            )
        ]
    if config.clock.trust != "always" and not synchronised():
        return [
            warning(
                CHECK,
                "No time server corrects the clock.",
                "Codes and cards with times, or with an end, are refused meanwhile.",
                SET,
            )
        ]
    return [ok(CHECK, f"The clock says {_day(now)}.")]


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).date().isoformat()
