"""The machine's time zone, which may become another one while the station runs."""

import os
import time
from datetime import datetime
from pathlib import Path

from appliance.base import wall_time

LINK, NAMED = Path("/etc/localtime"), Path("/etc/timezone")  # localtime(5); the second is Debian's own
ZONES = Path("/usr/share/zoneinfo")


def name(link: Path = LINK, named: Path = NAMED) -> str:
    """Its name in IANA's database, such as Europe/Berlin; "" if nothing names it. Blocks on the disc."""
    wanted = os.environ.get("TZ", "").removeprefix(":")
    if not wanted:
        wanted = os.path.realpath(link).partition("/zoneinfo/")[2]
    if not wanted:
        try:
            wanted = named.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            wanted = ""
    return wanted if wanted and (ZONES / wanted).is_file() else ""


def offset_s() -> float:
    """Local time's offset from UTC, in seconds. Blocks on the disc."""
    time.tzset()  # else the C library keeps the zone of the first time that it was asked
    return wall_time.offset_s(datetime.now())  # noqa: DTZ005 - local time
