"""The only entry point into the core: `step(state, input)`."""

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.core import events, inputs, requests
from appliance.core.access import dtmf
from appliance.core.accounts import contacts, registration, subscriptions
from appliance.core.appliance import persistence
from appliance.core.audio import detection, links, playbacks, tones
from appliance.core.calls import call_log, ending, focus, recording
from appliance.core.conferences import lifecycle, mixing
from appliance.core.dispatch import on, takes
from appliance.core.doors import rules
from appliance.core.inputs import AnyInput
from appliance.core.model import Cause, State
from appliance.core.orders import Order
from appliance.core.panel import indications
from appliance.core.rooms import ROOMS
from appliance.core.transfers import transferee, transferor
from appliance.core.transition import Turn
from appliance.core.visitor_ring import message, ring


class Step(Record):
    """The result of one input: the next state, orders to perform once, and events to report."""

    state: State
    orders: tuple[Order, ...]
    events: tuple[events.Event, ...]


def step(state: State, given: AnyInput) -> Step:
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
    return Step(turn.state, tuple(turn.orders), tuple(turn.events))


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


def take(turn: Turn, given: AnyInput) -> None:
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
    if given.settings.runtime != turn.settings.runtime:  # a changed file overrides what clients had set
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
