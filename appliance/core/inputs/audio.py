"""Sound cards."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import DevicesReason, SoundCard


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsFound(Input):
    """The sound cards that exist now: when the SIP process has started, and after each change."""

    cards: tuple[SoundCard, ...]
    reason: DevicesReason = DevicesReason.KERNEL
