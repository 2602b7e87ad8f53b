"""Whether somebody hears the microphone of the panel."""

from appliance.core import sound
from appliance.core.model import State


def works(state: State) -> bool:
    """Whether sound comes from the microphone, as far as is known: its card has no fault and is not muted."""
    return not muted(state) and not broken(state)


def muted(state: State) -> bool:
    """Whether the mixer of its card shows that it is muted."""
    return state.audio.microphone is not None and state.audio.microphone.muted is True


def broken(state: State) -> bool:
    """Whether the sound card cannot be used."""
    return bool(state.appliance.failed) and any(part == "audio" for part, _ in state.appliance.failed)


def heard(state: State) -> bool:
    """Whether somebody hears the microphone now."""
    for call in state.calls.living:
        if sound.microphone(state, call):
            return works(state)
    return False
