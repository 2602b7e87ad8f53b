"""Whether somebody hears the microphone of the panel."""

from appliance.core import events
from appliance.core.model import State
from appliance.core.sound import media
from appliance.core.transition import Turn


def works(state: State) -> bool:
    """Whether sound comes from the microphone, as far as is known: its card has no fault and is not muted."""
    muted = state.audio.microphone is not None and state.audio.microphone.muted is True
    return not muted and not broken(state)


def broken(state: State) -> bool:
    """Whether the sound card cannot be used."""
    return any(part == "audio" for part, _ in state.appliance.failed)


def heard(state: State) -> bool:
    """Whether somebody hears the microphone now."""
    return works(state) and any(media(state, call).microphone for call in state.calls.living if call.alive)


def report(turn: Turn, before: State) -> None:
    """Report whether the microphone is heard, if this step has changed it."""
    after = turn.state
    if not before.calls.living and not after.calls.living:
        return
    active = heard(after)
    if active != heard(before):
        turn.emit(events.AudioMicrophoneChanged(active=active))
