"""Paths of the daemon's files."""

from pathlib import Path

from appliance.base.record import Record


class Places(Record):
    """The state directory, which lasts, and the runtime directory, which a restart empties."""

    state: Path
    runtime: Path

    @property
    def recordings(self) -> Path:
        """The directory of recordings."""
        return self.state / "recordings"

    @property
    def made_sounds(self) -> Path:
        """The directory of files that the station makes, of texts and URLs."""
        return self.runtime / "sounds"
