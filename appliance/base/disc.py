"""The space on the disc of the recordings."""

import os
from pathlib import Path


def free_bytes(recordings: Path) -> int:
    """Bytes that are free on the disc of this directory, which the first recording makes. Raises OSError."""
    disc = os.statvfs(recordings if recordings.is_dir() else recordings.parent)
    return disc.f_bavail * disc.f_frsize
