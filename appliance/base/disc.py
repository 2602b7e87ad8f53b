"""The space on the disc of the recordings."""

import shutil
from pathlib import Path


def free_bytes(recordings: Path) -> int:
    """Bytes that are free on the disc of this directory, which the first recording makes. Raises OSError."""
    return shutil.disk_usage(recordings if recordings.is_dir() else recordings.parent).free
