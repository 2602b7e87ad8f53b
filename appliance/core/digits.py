"""Digits of the far end: a target's digits open its door; no channel ever tells which they were."""

from dataclasses import replace

from appliance.core import doors, events, inputs, session
from appliance.core.model import Call, CallState, Means
from appliance.core.turn import Turn
from appliance.errors import IntercomError

KEPT = 8  # a door's digits are no longer than this
TOGETHER_S = 5.0  # digits further apart are not one code
FORBIDDEN = "the far end is no target that may open this door"


def received(turn: Turn, call: Call, given: inputs.DigitReceived) -> None:
    """A digit came in a call."""
    masked = any(door.digits for door in turn.settings.doors)
    turn.tell(
        events.DtmfReceived(
            call.id,
            digit=None if masked else given.digit,
            masked=masked,
            method=given.method,
            duration_ms=given.duration_ms,
        )
    )
    if call.state is not CallState.CONNECTED:
        return
    if call.confirm:
        if given.digit == call.confirm:
            session.shown_human(turn, call)
        return
    together = turn.now - call.digit_at <= TOGETHER_S
    typed = ((call.digits if together else "") + given.digit)[-KEPT:]
    opened = [door for door in turn.settings.doors if door.digits and typed.endswith(door.digits)]
    turn.put(replace(call, digits="" if opened else typed, digit_at=turn.now))
    target = turn.settings.target(call.remote.target)
    by = f"digits of {call.remote.target or call.remote.uri}"
    for door in opened:
        if target is None or door.id not in target.doors:
            turn.tell(events.DoorDenied(door.id, by=by, means=Means.DTMF, why=FORBIDDEN))
            continue
        try:
            doors.open_door(turn, door, None, by, Means.DTMF)
        except IntercomError:
            continue  # told as door.denied; nobody waits for a reply


def sent(turn: Turn, call: Call) -> None:
    """A digit went out; it may be the code of the far end's door, so nobody is told which."""
    turn.tell(events.DtmfSent(call.id, digit=None, masked=True))
