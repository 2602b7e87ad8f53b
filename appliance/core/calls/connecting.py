"""Calls that are answered, by either side: the 200, the confirmed dialog, and the digit that a person must press."""

from msgspec.structs import replace

from appliance.core import call_states, events
from appliance.core.call_states import Signal
from appliance.core.calls import recording
from appliance.core.model import Call, CallState
from appliance.core.orders import HangUp
from appliance.core.transition import Turn

CONFIRM_S = 15.0  # the person who answered must press a digit within this time, while a tone asks for it


def answered(turn: Turn, call: Call, headers: tuple[tuple[str, str], ...]) -> None:
    """The 200 to the INVITE was sent or received."""
    turn.move(
        replace(call, headers=replace(call.headers, answer=headers)), Signal.ANSWERED, events.CallConnecting(call.id)
    )


def confirmed(turn: Turn, call: Call) -> None:
    """The dialog is confirmed; if we gave the call up meanwhile (RFC 3261 §9.1), end it at once."""
    if call.state is CallState.DISCONNECTING:
        turn.order(HangUp(call.id))
        return
    limit = turn.settings.max_call_s
    connected = replace(
        call,
        times=replace(call.times, connected_since=turn.now, ends_at=turn.now + limit if limit else None),
        media=replace(call.media, started=(), early_came=False),  # of early media
    )
    event = events.CallConnected(
        call.id,
        after_s=round(turn.now - call.created, 3),
        custom_data=call.custom_data,
        headers=dict(call_states.received(call)),
        from_=call.caller,
        to=call.called,
        codec=call.media.codec,
    )
    moved = turn.move(connected, Signal.CONFIRMED, event)
    if moved is None:
        return
    if moved.confirm:
        turn.put(replace(moved, deadline=turn.now + CONFIRM_S))
    else:
        recording.begin(turn, moved)


def confirmed_by_digit(turn: Turn, call: Call) -> None:
    """The person who answered has pressed the digit that the tone asked for."""
    recording.begin(turn, turn.put(replace(call, confirm="", deadline=None)))
