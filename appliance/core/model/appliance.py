"""Run-time settings, and what outlasts a restart."""

from dataclasses import dataclass, field, replace

from appliance.core.model.calls import Forwarding
from appliance.core.model.clock import QuietHours
from appliance.core.model.doors import Block
from appliance.core.model.ids import DoorId, RequestId


@dataclass(frozen=True, slots=True)
class Runtime:
    """What clients may change while the station runs."""

    forwarding: Forwarding = field(default_factory=Forwarding)
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    do_not_disturb: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlasts restarts and power cuts. Times are CLOCK_MONOTONIC's of this boot of the machine.

    change: counts, so that two that say the same are told apart. changed: by clients; configured: what the file said
    when they did, which goes before them once it says something else.
    """

    change: int = 0
    locked_down: tuple[DoorId, ...] = ()
    blocks: tuple[Block, ...] = ()
    changed: Runtime | None = None
    configured: Runtime | None = None

    def later(self, seconds: float) -> "Kept":
        """The same with all its times so much later."""
        return replace(self, blocks=tuple(replace(block, until=block.until + seconds) for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Unkept:
    """A client's change that is not on disc yet; he is answered by then. `warning`: it was so already."""

    request: RequestId
    until: float
    warning: str
