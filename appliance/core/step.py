"""The only entry point into the core: `step(state, input)`.

docs/explanation/architecture.md describes the rooms that this module walks. The text here says what a step promises,
and why its parts run in this order.

Promises of a step:

- It depends on the state and the input alone. The time of the input (`at`), the time of its processing (`taken`) and
  the characters from which ids are made (`fresh`) are fields of the input. So a recorded run can be replayed.
- It accepts every input in every state. An input that no longer fits, such as an answer for a call that has ended,
  changes nothing. A client's request that does not fit gets its error as the reply.
- Time never runs backwards. Inputs of several threads may arrive out of order, so `now` is the later of the input's
  time and the time of the last step.
- It counts as a whole or not at all. Orders and events are collected, and nobody performs or sees them before the last
  rule has returned. After a programming error the reactor keeps the former state, and no order is performed.

Why the parts run in this order:

1. `due` and `settle` come before the input. A deadline that has passed is acted on first, even if the input overtook
   the timer: a ring that ended at 20 s is over before an answer of 21 s. `settle` then derives what follows for rings,
   the conference and the foreground, also from what the last rules of the previous step did. Buttons and pulses wait
   for a Tick, as an edge of a line or an answer of the guard may still be on its way.
2. `take` hands the input to its rules: first those of this module, which reach every room, then the rooms' rules in
   the order of `ROOMS`.
3. `settle` follows again, if the input changed anything. Rules replace only the parts that they change, so an unchanged
   state is the same object, and many inputs, such as counters of packets, cost no second `settle`. `due` and `settle`
   then act on deadlines that the input has set for its own time or earlier.
   Within `settle`, rings come first, as an answered ring ends its other calls. The conference follows, which may lose
   these calls. Links end with either of them. The foreground comes last: it holds and resumes the calls that are left.
4. Then the rooms that depend on calls act on the result. A visitor's message ends if a call or a ring needs the panel.
   Transfers look at the calls that ended; a finished transfer hangs up its other call, which the first `settle` of the
   next step takes in. `links.announce` plays tones, so it comes before `tones`, which stops the tones that nobody can
   hear. Playbacks come after recordings: an announcement stops once its recording no longer waits for it.
5. `rules` comes next, because events of all these parts may trigger a rule of the configuration. The events that
   rules report in this step trigger no other rule.
6. `persistence` comes after the last rule that may change what must outlast a restart. It numbers the change, and
   answers the clients whose change is on disc.
7. `report` and `write` compare the state before the step with the state after it. They change no state: a lamp that
   goes on and off within one step is not reported.
8. `triggers.follow` comes last, as it takes every event of the step. Rules that give orders change nothing here: what
   they order comes back as requests, each a step of its own.

Nothing is settled after 4. A deadline that these rules set for this very moment is acted on by the next Tick, for which
`desired_state` sets the timer.

A new rule about the state of calls belongs in 4, a rule about events in 5, and a report of a difference in 7. A lasting
effect outside the core belongs in none of them: see `desired_state`.
"""

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.core import events, faults, inputs, requests
from appliance.core.access import dtmf
from appliance.core.accounts import contacts, registration, subscriptions
from appliance.core.appliance import persistence
from appliance.core.audio import detection, links, playbacks, tones
from appliance.core.calls import call_log, ending, focus, recording
from appliance.core.conferences import lifecycle, mixing
from appliance.core.dispatch import on, takes
from appliance.core.doors import rules
from appliance.core.inputs import Input
from appliance.core.model import Call, Cause, State
from appliance.core.orders import Order
from appliance.core.panel import indications
from appliance.core.rooms import ROOMS
from appliance.core.rules import triggers
from appliance.core.transfers import transferee, transferor
from appliance.core.transition import Turn
from appliance.core.visitor_ring import message, ring


class Step(Record):
    """The result of one input: the next state, orders to perform once, and events to report."""

    state: State
    orders: tuple[Order, ...]
    events: tuple[events.Event, ...]
    ended: tuple[Call, ...] = ()  # calls that have ended in this step


def step(state: State, given: Input) -> Step:
    """Process one input. Deadlines before it come first, as if their Tick had been on time.

    Never raises for any input, in any order; time never runs backwards, whatever an input says.
    """
    turn = Turn(state, max(state.now, given.at), given.fresh, given.taken)
    begun = turn.state
    due(turn)
    settle(turn)
    take(turn, given)
    if turn.state is not begun:  # otherwise there is nothing new to settle, and nothing new is due
        settle(turn)
        settled = turn.state
        due(turn)
        if turn.state is not settled:
            settle(turn)
    if turn.calls.recordings:
        message.settle(turn)
        recording.settle(turn)
    if turn.appliance.failed:
        faults.report(turn)
    if turn.transfers:
        transferor.settle(turn)
        transferee.settle(turn)
    dtmf.calls_ended(turn)
    if turn.audio.links:
        links.announce(turn, state)
    if turn.audio.detections:
        detection.settle(turn)
    if turn.audio.tones:
        tones.settle(turn)
    if turn.audio.playbacks:
        playbacks.settle(turn, state)
    rules.settle(turn, state)
    persistence.settle(turn, state)
    mixing.report(turn, state)
    call_log.write(turn, state)
    indications.report(turn, state)
    triggers.follow(turn, state, given)
    step = Step(turn.state, tuple(turn.orders), tuple(turn.events))
    return step if not turn.finished else replace(step, ended=tuple(call for call, _ in turn.finished))


def settle(turn: Turn) -> None:
    """Derive rings, the conference and the foreground from the calls."""
    ring.settle(turn)
    lifecycle.settle(turn)
    if turn.audio.links:
        links.settle(turn)
    focus.settle(turn)


def due(turn: Turn) -> None:
    """Act on every deadline that has passed."""
    for room_due in DUE:
        room_due(turn)


def take(turn: Turn, given: Input) -> None:
    """Hand an input to the rooms that take it."""
    for rule in RULES[type(given)]:
        rule(turn, given)


def stop(turn: Turn, _given: inputs.StopRequested) -> None:
    """End every call; the daemon exits when none is left."""
    if not turn.appliance.stopping:
        turn.appliance = replace(turn.appliance, stopping=True)
        turn.emit(events.ApplianceStopping())
        for call in turn.calls.living:
            ending.hang_up(turn, call, Cause.SHUTDOWN)
        ring.cancel(turn)
        registration.stop(turn)
        contacts.stop_watching(turn)


def configured(turn: Turn, given: inputs.ConfigChanged) -> None:
    """Use new settings from the next decision on: running deadlines and pulses stay as they are."""
    if given.applied or given.needs_restart or turn.appliance.rejected:
        turn.emit(events.ConfigChanged(applied=given.applied, needs_restart=given.needs_restart))
    if given.settings.runtime != turn.settings.runtime:  # a changed file overrides the settings of clients
        turn.appliance = replace(turn.appliance, changed=None)
    before = turn.settings
    turn.state = replace(
        turn.state,
        settings=given.settings,
        appliance=replace(turn.appliance, rejected=False, needs_restart=given.needs_restart),
    )
    subscriptions.configured(turn, before)
    contacts.configured(turn)


# What reaches every room is decided here; everything else, by the rooms that have a row for it.
WHOLE = takes(
    on(inputs.StopRequested, stop),
    on(inputs.ConfigChanged, configured),
    on(inputs.Requested, requests.requested),
)
DUE = tuple(room.due for room in ROOMS)
TABLES = (WHOLE, *(room.take for room in ROOMS))
RULES = {kind: tuple(table[kind] for table in TABLES if kind in table) for kind in inputs.INPUTS}
