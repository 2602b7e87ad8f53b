"""The name of the machine's time zone, as IANA's database has it."""

import os
from pathlib import Path

LINK, NAMED = Path("/etc/localtime"), Path("/etc/timezone")  # localtime(5); the second is Debian's own
ZONES = Path("/usr/share/zoneinfo")


def name(link: Path = LINK, named: Path = NAMED) -> str:
    """The name, such as Europe/Berlin; "" if nothing names it. Blocks on the disc."""
    wanted = os.environ.get("TZ", "").removeprefix(":")
    if not wanted:
        wanted = os.path.realpath(link).partition("/zoneinfo/")[2]
    if not wanted:
        try:
            wanted = named.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            wanted = ""
    return wanted if wanted and (ZONES / wanted).is_file() else ""
