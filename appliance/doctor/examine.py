"""The whole examination, by a running daemon or without one."""

from pathlib import Path

from appliance.core.views.appliance import Finding
from appliance.doctor import broker, clock, configuration, copies, https, inputs, lamps, lines, sound, space
from appliance.doctor.findings import agreed


def examine(file: Path, state: Path, root: Path = Path("/"), *, mixers: bool = False) -> list[Finding]:
    """Examine the station that `file` configures, and that keeps its state in the directory `state`.

    Reads files and devices, so not for the loop's thread.

    mixers: look at the mixers of the cards too, which a daemon shows by itself.
    """
    config, found = configuration.examine(file)
    if config is None:
        return found  # its lines and cards are unknown
    found = [
        *found,
        *sound.examine(config, root / "proc"),
        *(sound.mixers(config) if mixers else []),
        *lines.examine(config, root),
        *lamps.examine(config, root),
        *inputs.examine(config, root),
        *https.examine(config),
        *clock.examine(config),
        *copies.examine(config),
        *broker.examine(config),
        *space.examine(config, state),
    ]
    return agreed(found)
