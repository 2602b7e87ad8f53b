"""The whole examination, by a running daemon or without one."""

from pathlib import Path

from appliance.doctor import clock, configuration, copies, https, inputs, lamps, lines, sound
from appliance.doctor.findings import Finding


def examine(file: Path, root: Path = Path("/"), *, mixers: bool = False) -> list[Finding]:
    """Examine the station that `file` configures. Reads files and devices, so not for the loop's thread.

    mixers: look at the mixers of the cards too, which a daemon shows by itself.
    """
    config, found = configuration.examine(file)
    if config is None:
        return found  # its lines and cards are unknown
    return [
        *found,
        *sound.examine(config, root / "proc"),
        *(sound.mixers(config) if mixers else []),
        *lines.examine(config, root),
        *lamps.examine(config, root),
        *inputs.examine(config, root),
        *https.examine(config),
        *clock.examine(config),
        *copies.examine(config),
    ]
