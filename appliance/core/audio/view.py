"""The sound cards and their levels as clients read them."""

from typing import TypeVar

from appliance.core import wall_clock
from appliance.core.audio import levels, microphone, ringer
from appliance.core.audio.levels import Side
from appliance.core.model import MixerLevel, Playback, PlaybackId, PlayedTone, SoundCard, State, Tone
from appliance.core.views.audio import Audio, Device, Microphone, SoundSide

Shown = TypeVar("Shown", bound=SoundSide)


def audio_view(state: State, epoch: float) -> Audio:
    """The sound for clients."""
    return Audio(
        speaker=side_view(levels.speaker(state), SoundSide),
        microphone=side_view(levels.microphone(state), Microphone, heard=microphone.heard(state)),
        mode=state.settings.audio.mode,
        tone=tone_view(state.audio.tone(None)),
        playback=playback_view(state.audio.playback(None)),
        ringer_silent_until=wall_clock.iso(state.audio.ringer_silent_until, epoch),
        ringer_silent=ringer.silent(state),
        devices=tuple([device_view(card) for card in state.audio.cards or ()]),
    )


def tone_view(played: PlayedTone | None) -> Tone | None:
    """The tone that a client plays."""
    return None if played is None else played.sound.tone


def playback_view(playback: Playback | None) -> PlaybackId | None:
    """The id of a playback."""
    return None if playback is None else playback.id


def side_view(side: Side, kind: type[Shown], **more: bool) -> Shown:
    """The speaker or the microphone. more: the fields that the other side lacks."""
    now = side.now or MixerLevel(card="")
    return kind(
        pcm=side.pcm,
        card=now.card or None,
        profile=now.profile or None,
        element=now.element or None,
        percent=now.percent,
        limit=side.limit,
        db=now.db,
        min_db=now.min_db,
        max_db=now.max_db,
        muted=now.muted,
        **more,
    )


def device_view(card: SoundCard) -> Device:
    """A card, with the names of its PCMs for `audio.capture` and `audio.playback`."""
    return Device(
        id=card.id,
        name=card.name,
        usb=card.usb,
        capture=tuple(map(card.pcm, card.capture)),
        playback=tuple(map(card.pcm, card.playback)),
    )
