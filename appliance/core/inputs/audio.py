"""Sound cards and their mixers."""

from appliance.base.record import Tagged
from appliance.core.inputs.base import Input
from appliance.core.model import DevicesReason, MixerLevel, SoundCard


class CardsFound(Input, kw_only=True):
    """The sound cards that exist now: when the SIP process has started, and after each change."""

    cards: tuple[SoundCard, ...]
    reason: DevicesReason = DevicesReason.KERNEL


class LevelsRead(Input, kw_only=True):
    """What the mixers show now, whenever it has changed; None: there is no such card."""

    speaker: MixerLevel | None
    microphone: MixerLevel | None


class ChangeAudio(Tagged):
    """Change levels: in per cent or in dB; None: unchanged."""

    volume: float | None = None
    volume_db: float | None = None
    gain: float | None = None
    gain_db: float | None = None
    speaker_muted: bool | None = None
    microphone_muted: bool | None = None
