"""The sound cards as clients read them."""

from typing import Any

from appliance.core.model import SoundCard, State


def audio_view(state: State) -> dict[str, Any]:
    """The sound for clients."""
    return {"devices": [device_view(card) for card in state.audio.cards or ()]}


def device_view(card: SoundCard) -> dict[str, Any]:
    """A card, with the names of its PCMs for `audio.capture` and `audio.playback`."""
    return {
        "id": card.id,
        "name": card.name,
        "usb": card.usb,
        "capture": [card.pcm(device) for device in card.capture],
        "playback": [card.pcm(device) for device in card.playback],
    }
