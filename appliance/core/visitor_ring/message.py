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
    """A button that rings ends the message that is being recorded. False without one: then it rings."""
    message = recording.message_of(turn.state)
    return message is not None and message.begun and hang_up(turn)


def hang_up(turn: Turn) -> bool:
    """End the visitor's message, also before its recording begins; returns False without a message."""
    message = recording.message_of(turn.state)
    if message is not None:
        recording.end_message(turn, message)
    return message is not None


def settle(turn: Turn) -> None:
    """End the message when the panel is needed for a call or a ring, and when nobody can be heard any more."""
    message = recording.message_of(turn.state)
    if message is None or message.unwanted:
        return
    if turn.calls.active is not None or turn.rings or not works(turn.state):
        recording.end_message(turn, message)
