"""Sound cards."""

from appliance.core.inputs.base import Input
from appliance.core.model import DevicesReason, SoundCard


class CardsFound(Input, kw_only=True):
    """The sound cards that exist now: when the SIP process has started, and after each change."""

    cards: tuple[SoundCard, ...]
    reason: DevicesReason = DevicesReason.KERNEL
