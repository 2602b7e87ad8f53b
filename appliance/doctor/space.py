"""Whether the disc has room for recordings, as it is now."""

from pathlib import Path

from appliance.base import durable
from appliance.config.schema import Config
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem

CHECK = "recording.free_mb"
MB = 1_000_000


def examine(config: Config, directory: Path) -> list[Finding]:
    """One finding about the disc of the recordings in the state directory; none if it cannot be looked at."""
    try:
        free = durable.free_bytes(directory / "recordings")
    except OSError:
        return []
    kept = config.recording.free_mb
    if free >= kept * MB:
        return [ok(CHECK, f"The disc has {free // MB} MB free; recordings leave {kept} MB of it to the system.")]
    return [
        problem(
            CHECK,
            f"The disc has {free // MB} MB free: no recording begins.",
            f"{kept} MB have to stay free for the system. Removing half of the recordings would not win them.",
            f"Remove what is not needed; `du -x -d 2 -h /` shows where it lies. {directory} is on this disc.",
        )
    ]
