"""Walks through all that can happen to one call, for what would make the big walk (test_every_state) too long."""

import pytest
from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.model import (
    AppliancePart,
    Clock,
    DoorsPart,
    EarlySource,
    Forwarding,
    QuietHours,
    RequestId,
    Runtime,
    State,
    Target,
)
from tests.core.test_every_state import KITCHEN, ONE, every_input, within_bounds
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

CELLAR, GUARD = "sip:cellar@127.0.0.3", "sip:guard@127.0.0.4"
PLAIN = replace(ONE, buttons=(), doors=(), record=False)


def walked(settings, choices) -> int:
    """How many states there are; `choices` gives the inputs of a state, and time is one more. Each keeps the rules."""
    first = State(settings, now=100.0, appliance=AppliancePart(sip_ready=True), doors=DoorsPart(relay_ready=True))

    def both(state, serial):
        yield from every_input(state, serial)
        yield from choices(state, {"at": state.now, "fresh": f"{serial:026}"})

    def alone(state):
        plain = not any(call.media.muted or call.digits.received for call in state.calls.living)
        return plain and len(state.calls.living) < 2 and within_bounds(state)

    return len(walk(first, both, alone)[0])


def forwarding(state, common):
    for call in state.calls.living:
        if call.placing.done:
            contacts = (KITCHEN, CELLAR, GUARD)
            yield inputs.CallEnded(**common, call=call.id, code=302, reason="", remote=True, contacts=contacts)
    for hour in (12, 23):  # it is quiet from 22:00 to 06:00
        yield inputs.ClockReported(**common, clock=Clock(0.0, hour * 3600.0, trusted=True))


def test_a_call_that_is_sent_on_keeps_the_rules_in_every_state():
    targets = (*PLAIN.targets, Target("cellar", CELLAR), Target("guard", GUARD))
    rules = Forwarding(busy="cellar", quiet="guard", no_answer="cellar")
    runtime = Runtime(rules, QuietHours("22:00", "06:00"))
    assert walked(replace(PLAIN, targets=targets, runtime=runtime), forwarding) > 100


def early_media(state, common):
    for call in state.calls.living:
        for source in (EarlySource.TONE, EarlySource.PANEL):
            action = inputs.SendEarlyMedia(call.id, source)
            yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def test_a_call_with_early_media_keeps_the_rules_in_every_state():
    assert walked(PLAIN, early_media) > 100


def updates(state, common):
    for call in state.calls.living:
        if call.placing.done:
            yield inputs.UpdateReceived(**common, call=call.id, changes=("hold",), asked=True)
        for action in (inputs.DecideUpdate(call.id, accepted=False), inputs.AskUpdates(call.id, wanted=True)):
            yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def test_a_change_that_is_asked_of_a_client_keeps_the_rules_in_every_state():
    assert walked(PLAIN, updates) > 100
