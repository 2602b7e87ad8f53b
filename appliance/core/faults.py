"""Faults of the appliance's parts: reported once for each reason, and once more when the part works again."""

from typing import Literal

from msgspec.structs import replace

from appliance.base.errors import sentences
from appliance.core import call_states, events
from appliance.core.model import CallId, State
from appliance.core.tables import Table
from appliance.core.transition import Turn

FAULTS = Table("appliance.failed", tuple[str, str], lambda row: row[0], newest_last=True)


def failed(turn: Turn, part: str, why: str, resolution: str, card: str = "") -> None:
    """A part does not work: report it once for each reason."""
    if (part, why) in turn.appliance.failed:
        return
    FAULTS.put(turn, (part, why))
    match part:
        case "panel":
            turn.emit(events.PanelFailed(why=why, resolution=resolution))
        case "audio":
            turn.appliance = replace(turn.appliance, sound_fault=(card, resolution), soundless=())
            if not touched(turn.state):
                turn.emit(events.AudioFailed(card=card, error=why, resolution=resolution))
            report(turn)
        case _:
            turn.emit(events.ApplianceDegraded(part=part, why=sentences(why, resolution)))


def recovered(turn: Turn, part: str, card: str = "") -> None:
    """Report the recovery of a part that had failed; ignore a part that had not."""
    why = dict(turn.appliance.failed).get(part)
    if why is None:
        return
    FAULTS.drop(turn, part)
    match part:
        case "panel":
            turn.emit(events.PanelRecovered())
        case "audio":
            turn.emit(events.AudioRecovered(card=card, error=why, call=talking(turn)))
        case _:
            turn.emit(events.ApplianceRecovered(part=part))


def touched(state: State) -> tuple[CallId, ...]:
    """The calls that need the sound card: those with speaker and microphone, and the one in the foreground."""
    front, sounding = state.calls.active, call_states.with_sound(state)
    return sounding if front is None or front.id in sounding else (*sounding, front.id)


def report(turn: Turn) -> None:
    """Report the fault of the sound card for each call that needs the card, once."""
    if not turn.appliance.failed or (why := dict(turn.appliance.failed).get("audio")) is None:
        return
    (card, resolution), told = turn.appliance.sound_fault, turn.appliance.soundless
    for wanted in touched(turn.state):
        call = turn.calls.get(wanted)
        if wanted not in told and call is not None:
            during: Literal["setup", "call"] = "call" if call.talks else "setup"
            turn.emit(events.AudioFailed(card, why, resolution, call.id, during))
            living = tuple(each for each in told if turn.calls.get(each) is not None)
            told = (*living, wanted)
    if told is not turn.appliance.soundless:
        turn.appliance = replace(turn.appliance, soundless=told)


def talking(turn: Turn) -> CallId | None:
    """The call in the foreground whose people can talk: a fault of the sound concerns it."""
    call = turn.calls.active
    return call.id if call is not None and call.talks else None
