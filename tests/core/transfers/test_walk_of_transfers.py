"""Breadth-first over `step` with transfers in all roles: two calls, in every order of what can come to them."""

import pytest
from msgspec import structs

from appliance.core import inputs
from appliance.core.model import CallId, Direction, RequestId, State, TransferPolicy
from tests.core.test_every_state import KITCHEN, TWO
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

OFFICE = "sip:office@127.0.0.3"
PLAIN = structs.replace(TWO, buttons=(), lamps=(), doors=(), max_calls=2)


def every_input(state: State, serial: int):
    """What can come to calls and their transfers, and what can be asked; a third call only takes another's place."""
    fresh = f"{serial:026}"
    common = {"at": state.now, "fresh": fresh}
    yield inputs.StopRequested(**common)
    yield inputs.SipReady(**common, address="127.0.0.1:5060")
    yield inputs.SipLost(**common, why="gone")
    about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
    if len(state.calls.living) < 2:
        yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), **about)
    for call in state.calls.living:
        of = {**common, "call": call.id}
        if not call.placing.done:
            continue
        if len(state.calls.living) < 3:
            yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), replaces=call.id, **about)
        if call.direction is Direction.OUTGOING:
            yield inputs.CallProgressed(**of, code=180, early_media=False)
        yield inputs.CallConfirmed(**of)
        yield inputs.CallEnded(**of, code=200, reason="OK", remote=True)
        yield inputs.CallEnded(**of, code=486, reason="Busy Here", remote=True)
        for code in (180, 200, 603):
            yield inputs.TransferProgressed(**of, code=code, reason="Why")
        yield inputs.TransferRequested(**of, to=OFFICE)
        yield inputs.TransferRequested(**of, to="tel:110")
    for action in asked(state):
        yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def asked(state: State):
    """All that a client can ask."""
    for call in state.calls.living:
        yield inputs.AnswerCall(call.id)
        yield inputs.HangUpCall(call.id)
        yield inputs.TransferCall(call.id, OFFICE)
        yield inputs.AcceptTransfer(call.id)
        yield inputs.EndTransfer(call.id, 200, "OK")
        yield inputs.EndTransfer(call.id, 603, "Decline")
        for other in state.calls.living:
            yield inputs.ConnectCalls(call.id, other.id)
    if len(state.calls.living) < 2:
        yield inputs.Dial("kitchen")


def within_bounds(state: State) -> bool:
    """Not from where there are three calls, or one and no SIP process; the panel's error has nothing to do with it."""
    return (
        state.panel.error_until is None
        and len(state.calls.living) < 3
        and (state.appliance.sip_ready or not state.calls.living)
    )


@pytest.mark.parametrize("policy", [TransferPolicy.FOLLOW, TransferPolicy.ASK])
def test_every_state_with_a_transfer_keeps_the_rules(policy, record_property, capsys):
    first = State(structs.replace(PLAIN, transfer_policy=policy), now=100.0)
    states, steps = walk(first, every_input, within_bounds)
    transfers = sum(bool(state.transfers) for state in states)
    with capsys.disabled():
        print(f"\n{len(states)} states, {transfers} with a transfer, {steps} steps")
    record_property("figures", f"{len(states)} states, {steps} steps")
    assert transfers > 100
