"""Whether the disc has room for recordings, as it is now."""

import shutil
from pathlib import Path

from appliance.config.schema import Config
from appliance.doctor.findings import Finding, ok, problem

CHECK = "recording.free_mb"
MB = 1_000_000


def examine(config: Config, directory: Path) -> list[Finding]:
    """One finding about the disc of the recordings in the state directory; none if it cannot be looked at."""
    recordings = directory / "recordings"
    try:
        free = shutil.disk_usage(recordings if recordings.is_dir() else directory).free
    except OSError:
        return []
    kept = config.recording.free_mb
    if free >= kept * MB:
        return [ok(CHECK, f"The disc has {free // MB} MB free; recordings leave {kept} MB of it to the system.")]
    return [
        problem(
            CHECK,
            f"The disc has {free // MB} MB free: no recording begins.",
            f"{kept} MB have to stay free for the system, and removing recordings would not win what is missing.",
            f"Remove what is not needed; `du -x -d 2 -h /` shows where it lies. {directory} is on this disc.",
        )
    ]
