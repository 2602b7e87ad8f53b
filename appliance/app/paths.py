"""Paths of the daemon's files."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The state directory, which lasts, and the runtime directory, which a restart empties."""

    state: Path
    runtime: Path

    @property
    def recordings(self) -> Path:
        """The directory of recordings."""
        return self.state / "recordings"
