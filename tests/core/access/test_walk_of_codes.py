"""Breadth-first over `step` with codes: typed in a call and at a keypad, a use that is being written, and lockouts."""

import pytest
from msgspec import structs

from appliance.core import inputs
from appliance.core.access import lockouts
from appliance.core.model import (
    CallId,
    CredentialBook,
    KeypadId,
    KeypadSettings,
    LockoutScope,
    ReaderId,
    ReaderSettings,
    State,
)
from appliance.core.transition import Turn
from tests.core.access.test_credentials import SECRET, code
from tests.core.test_every_state import DOOR, KITCHEN, TWO
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

PAD, READER = KeypadId("gate"), ReaderId("gate")
PLAIN = structs.replace(
    TWO,
    buttons=(),
    lamps=(),
    doors=(structs.replace(TWO.doors[0], digits=""),),
    keypads=(KeypadSettings(PAD, doors=(DOOR,)),),
    readers=(ReaderSettings(READER, doors=(DOOR,)),),
    max_calls=1,
)
FREE = dict.fromkeys(LockoutScope, 1)  # the same wrong card again is no further guess


def every_input(state: State, serial: int):
    """What can come to one call that opens doors, to a keypad and to a reader, and from the disc."""
    fresh = f"{serial:026}"
    common = {"at": state.now, "fresh": fresh}
    yield inputs.SipReady(**common, address="127.0.0.1:5060")
    yield inputs.GuardReady(**common)
    if state.access.book is None:
        yield inputs.BookRead(**common, book=CredentialBook(SECRET, (code("1111", uses=1),)))
    yield inputs.CardRead(**common, reader=READER, number="1", bits=26)
    for key in "1#":
        yield inputs.KeypadKey(**common, keypad=PAD, key=key)
    about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
    if not state.calls.living:
        yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), **about)
    for call in state.calls.living:
        yield inputs.Requested(**common, request="q", who="walk", action=inputs.AnswerCall(call.id))
        yield inputs.CallConfirmed(**common, call=call.id)
        yield inputs.CallEnded(**common, call=call.id, code=200, reason="OK", remote=True)
        for digit in "1#":
            yield inputs.DigitReceived(**common, call=call.id, digit=digit, method="info", duration_ms=100)
    for keeping in state.access.pending_writes:
        yield inputs.CredentialKept(**common, id=keeping.code.id, terms=keeping.terms)
        yield inputs.CredentialNotKept(**common, id=keeping.code.id, why="full")


def within_bounds(state: State) -> bool:
    """Not from where something is beside what is looked at here, or typed in two places at once."""
    typed = [*(call.digits.received for call in state.calls.living), *(run.typed for run in state.access.entries)]
    beside = len(state.doors.pulses) + sum(len(each) > 4 for each in typed)
    wrong = sum(each.wrong for each in state.access.lockouts)
    return beside == 0 and sum(bool(each) for each in typed) <= 1 and wrong <= 4


def test_every_state_with_codes_keeps_the_rules(monkeypatch, record_property, capsys):
    monkeypatch.setattr(lockouts, "FREE", FREE)
    monkeypatch.setattr(Turn, "show_error", lambda _: None)  # lamp and tone, which would double the states
    first = State(PLAIN, now=100.0)
    states, steps = walk(first, every_input, within_bounds)
    locked = sum(any(each.until for each in state.access.lockouts) for state in states)
    writing = sum(bool(state.access.pending_writes) for state in states)
    with capsys.disabled():
        print(f"\n{len(states)} states, {locked} with a lockout, {writing} with a use being written, {steps} steps")
    record_property("figures", f"{len(states)} states, {steps} steps")
    assert locked > 10
    assert writing > 10
