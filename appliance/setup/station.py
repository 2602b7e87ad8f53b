"""The station's own file: whether it configures anything yet, and how it is replaced."""

from contextlib import suppress
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import IntercomError
from appliance.config.core_settings import core_settings
from appliance.config.load import load
from appliance.core import status_line

USER, GROUP = "intercomd", "intercom"
MODE = 0o640  # it may have digits that open a door; members of the group may open it anyway


def configured(file: Path) -> bool:
    """Whether there is a configuration that somebody would miss, even one with errors."""
    if not file.exists():
        return False
    try:
        return status_line.lacking(core_settings(load(file))) != status_line.UNCONFIGURED
    except IntercomError:
        return True


def write(file: Path, text: str) -> bool:
    """Replace the file durably and keep the previous one as .old; False if it is unchanged. Raises OSError."""
    with suppress(FileNotFoundError):
        before = file.read_text(encoding="utf-8", errors="surrogateescape")
        if before == text:
            return False
        old = file.with_name(f"{file.name}.old")
        durable.update(old, before, mode=MODE, user="root", group=GROUP)
    return durable.update(file, text, mode=MODE, user="root", group=GROUP)
