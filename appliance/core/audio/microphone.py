"""Whether somebody hears the microphone of the panel."""

from appliance.core import events, inputs, sound
from appliance.core.calls import statistics
from appliance.core.model import Call, CallId, State
from appliance.core.transition import Turn


def report(turn: Turn, call: Call, wanted: inputs.ReportLevels) -> str:
    """Report levels, or no longer; and the microphone's present state: its changes are reported in any case."""
    warning = statistics.report_levels(turn, call, wanted)
    if wanted.microphone:
        turn.emit(events.AudioMicrophoneChanged(hearer(turn.state) == call.id, call.id))
    return warning


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
    return hearer(state) is not None


def hearer(state: State) -> CallId | None:
    """The call that hears the microphone now; of a conference, one of its calls."""
    for call in state.calls.living:
        if sound.microphone(state, call):
            return call.id if works(state) else None
    return None
