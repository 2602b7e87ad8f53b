"""The start and the loss of the SIP process: waiting calls are placed, and lost calls end."""

from msgspec.structs import replace

from appliance.core import call_states, events
from appliance.core.calls import outgoing, recording
from appliance.core.model import By, Call, CallPlacing, Cause, Direction, End
from appliance.core.transition import Turn


def ready(turn: Turn, address: str) -> None:
    """Place the calls that waited for the SIP process, and report that the station is ready or has recovered."""
    first = not turn.appliance.sip_address
    recovered = not first and not turn.appliance.sip_ready
    turn.appliance = replace(turn.appliance, sip_ready=True, sip_address=address)
    if first:
        turn.emit(events.ApplianceReady(address=address))
    elif recovered:
        turn.emit(events.ApplianceRecovered(part="sip"))
    for call in turn.calls.living:
        if not call.placing.done and not call.browser:
            turn.order(outgoing.invitation(turn, call))
            turn.put(
                replace(
                    call,
                    placing=replace(call.placing, done=True),
                    deadline=call_states.deadline(call, call.state, turn.settings.deadlines, turn.now),
                )
            )


def lost(turn: Turn, why: str, *, card: bool) -> None:
    """End the SIP process's calls; place unanswered visitors' rings again, once. `card`: a sound card was at fault."""
    if turn.appliance.sip_ready or not turn.appliance.sip_address:
        turn.emit(events.ApplianceDegraded(part="sip", why=why))
    turn.appliance = replace(turn.appliance, sip_ready=False)
    waiting = []
    for call in turn.calls.living:
        if not call.placing.done:
            continue
        if rings(call) and not call.placing.again:
            waiting.append(call)
        turn.finish(call, call.end or End(Cause.AUDIO_FAILED if card else Cause.ERROR, 0, why, By.DEVICE))
    recording.sip_lost(turn)
    for call in waiting if not turn.appliance.stopping else ():
        outgoing.place(
            turn,
            call.remote.uri,
            call.remote.target,
            call.button,
            account=call.account,
            ring=call.ring,
            confirm=call.confirm,
            custom_data=call.custom_data,
            placing=CallPlacing(again=True),
        )


def rings(call: Call) -> bool:
    """Whether a visitor still waits for an answer to this call, or for the digit that makes it one."""
    return call.ring is not None and call.direction is Direction.OUTGOING and call.alive and not call.answered
