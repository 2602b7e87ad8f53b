"""A visitor's message: when nobody answers, the station asks for one, and records the microphone until it ends.

The visitor ends it by a button, and so do a call, a ring, the longest duration and the end of the station.
"""

from appliance.core.calls import recording
from appliance.core.model import NULL, State
from appliance.core.transition import Turn


def begin(turn: Turn, rung: str) -> bool:
    """Ask for a message, if the station takes them, and nobody else needs the panel. False if it does not."""
    settings = turn.settings
    if not settings.record or not settings.message_s or not works(turn.state) or turn.calls.active is not None:
        return False
    recording.begin_message(turn, rung)
    return True


def works(state: State) -> bool:
    """Whether a visitor can hear the station."""
    if state.settings.audio.playback == NULL or "audio" in dict(state.appliance.failed):
        return False
    return state.appliance.sip_ready and not state.appliance.stopping


def press(turn: Turn) -> bool:
    """A button that rings or hangs up ends the message, once it is being recorded. False if there is none."""
    message = recording.message_of(turn.state)
    if message is None:
        return False
    if message.begun:
        recording.end_message(turn, message)
    return True


def settle(turn: Turn) -> None:
    """End the message when the panel is needed for a call or a ring, and when the station ends."""
    message = recording.message_of(turn.state)
    needed = turn.calls.active is not None or turn.ring is not None or turn.appliance.stopping
    if message is not None and needed and not message.unwanted:
        recording.end_message(turn, message)
