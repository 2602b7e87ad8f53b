"""Breadth-first over `step` with a conference: two calls in and beside it, in every order of what can come."""

import random
from collections import Counter

import pytest
from msgspec.structs import replace

from appliance.core import desired_state, inputs
from appliance.core.model import CallId, RequestId, State, TransferPolicy
from tests.core.rules import checked, paired
from tests.core.test_every_state import KITCHEN, TWO
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

THREE = replace(TWO, buttons=(), lamps=(), doors=(), max_calls=2)

ANSWERED, LATE = 0.3, 0.03  # of the steps: somebody answers; time passes until something is due


def every_input(state: State, serial: int, most: int = 2):
    """What can come to calls, and what can be asked; `most`: calls, beyond which none is begun.

    What changes who is heard and not who is where (early media, hold by the far end) is in test_conferences.
    """
    fresh = f"{serial:026}"
    common = {"at": state.now, "fresh": fresh}
    yield inputs.StopRequested(**common)
    yield inputs.SipReady(**common, address="127.0.0.1:5060")
    yield inputs.SipLost(**common, why="gone")
    if len(state.calls.living) < most:
        about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
        yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), **about)
    for call in state.calls.living:
        of = {**common, "call": call.id}
        if call.placing.done:
            yield inputs.CallConfirmed(**of)
            yield inputs.CallEnded(**of, code=200, reason="OK", remote=True)
            if most > 2:
                yield inputs.TransferRequested(**of, to=KITCHEN)
                about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
                yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), replaces=call.id, **about)
    for action in asked(state, most):
        yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def asked(state: State, most: int):
    """All that a client can ask."""
    kitchen = inputs.Dial("kitchen")
    conference = state.conference
    for call in state.calls.living:
        yield inputs.AnswerCall(call.id)
        yield inputs.HangUpCall(call.id)
        yield inputs.HoldCall(call.id, held=not call.media.held_local)
        yield inputs.SwitchTo(call.id)
        yield inputs.Confer((call.id,), ())
        if conference is not None:
            yield inputs.TakeInto(conference.id, call.id)
            yield inputs.RemoveFrom(conference.id, call.id)
            if most > 2:
                yield inputs.MuteIn(conference.id, call.id, muted=True)
    yield inputs.Confer(
        tuple(call.id for call in state.calls.living), () if len(state.calls.living) >= most else (kitchen,)
    )
    if len(state.calls.living) < most:
        yield kitchen
    if conference is not None:
        if len(state.calls.living) < most:
            yield inputs.InviteInto(conference.id, kitchen)
        yield inputs.HoldConference(conference.id, held=not conference.held)
        yield inputs.EndConference(conference.id)


def within_bounds(state: State) -> bool:
    """A call without the SIP process is walked through alone; the panel's error has nothing to do with it."""
    return state.panel.error_until is None and (state.appliance.sip_ready or len(state.calls.living) < 2)


def test_every_state_with_a_conference_keeps_the_rules(record_property, capsys):
    states, steps = walk(State(THREE, now=100.0), every_input, within_bounds)
    conferences = sum(state.conference is not None for state in states)
    with capsys.disabled():
        print(f"\n{len(states)} states, {conferences} with a conference, {steps} steps")
    record_property("figures", f"{len(states)} states, {steps} steps")
    assert conferences > 1000


@pytest.mark.parametrize("seed", range(8))
def test_whatever_begins_of_a_conference_ends_once_in_any_order(seed):
    chance, all_told = random.Random(seed), Counter()
    for _ in range(20):
        state, told = State(replace(THREE, max_calls=4, transfer_policy=TransferPolicy.FOLLOW), now=100.0), Counter()
        for serial in range(150):
            wake = desired_state.desired(state).wake_at
            choices = [*every_input(state, serial, most=8)][1:]  # not the daemon's stop, after which little happens
            answers = [choice for choice in choices if isinstance(choice, inputs.CallConfirmed)]
            given = chance.choice(answers if answers and chance.random() < ANSWERED else choices)
            if chance.random() < LATE and wake is not None:
                given = inputs.Tick(at=max(wake, state.now), fresh=f"{serial:026}")
            taken = checked(state, given)
            state = taken.state
            told.update(event.TYPE for event in taken.events)
            paired(told, state)
        all_told += told
    assert all_told["conference.participant_added"] > 50
