"""The space on a disc that a backup or a restore leaves to the system: `recording.free_mb`."""

import shutil
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.config.load import load
from appliance.config.schema.audio import RecordingTable

MB = 1_000_000


def reserve(config: Path) -> int:
    """Bytes that stay free by this configuration; by the default if it cannot be used."""
    try:
        table = load(config).recording
    except IntercomError:
        table = RecordingTable()
    return table.free_mb * MB


def demand(directory: Path, needed: int, reserved: int) -> None:
    """Raise IntercomError unless the disc of a directory has room for the bytes needed beside those reserved."""
    free = shutil.disk_usage(directory).free
    if free - needed < reserved:
        raise IntercomError(
            ErrorCode.STORAGE_FULL,
            f"The disc of {directory} has too little space.",
            f"{free / MB:.0f} MB are free. {needed / MB:.1f} MB are needed, and {reserved / MB:.0f} MB have to stay "
            "free for the system (recording.free_mb).",
            "Remove what is not needed from this disc, such as old recordings, and try again.",
        )
