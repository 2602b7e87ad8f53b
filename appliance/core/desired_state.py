"""Compute the desired state for the adapters: a function of the state alone.

docs/explanation/architecture.md and decision 2 (docs/explanation/decisions/0002-acts-and-conditions.md) say why lasting
conditions are desired, and only acts are ordered. The text here says what this function promises, and what that demands
of the rules.

Promises:

- It depends on the state alone: not on the input, not on the step before, and on no clock but `state.now`. The same
  state gives the same value at any time.
- It is complete. An adapter that has just started, or has lost everything, needs this value and no history. So a
  restarted SIP process, a lamp that was plugged in again and the first start of the station run the same code.
- Equal conditions give equal values: tuples of records, in the order of the state. The reactor compares each part with
  the part before, and calls an adapter only after a change.
- Each part stands for itself. No adapter needs the part of another, so a failure or a delay of one adapter stays there.
  The reactor decides the order in which adapters get their parts (`runtime/reactor`).
- It never fails. It belongs to the decision: if it raised, the reactor would drop the input, with the step's orders.

Demands on the rules:

- A rule stores the reason for a condition in the state, and never orders the condition. Nobody orders "lamp on" or
  "microphone off": the lamp follows from the call's state. So a condition cannot outlive its reason.
- A condition that ends by time has its end in the state, and the room's `wake` returns it. `wake_at` is the earliest
  of all rooms, and the reactor's only timer. A deadline that `wake` omits passes unnoticed until another input comes;
  the walk through all states (tests/core/test_every_state.py) looks for such waits.
- An act that must happen once is no condition: an INVITE, a digit, the row of a call log. It is an order.

Two parts differ from the others:

- `relays` are conditions with an id. A lamp may be switched on twice, but a door may not be opened twice because a
  process was restarted. So a pulse names its end and the nanosecond of its decision, and the guard energises the relay
  at most once for each id. Without a guard that is ready the part is empty.
- `kept` is a condition on disc. It counts as reached when the store reports it written; until then the replies of
  clients who changed it wait (`core/appliance/persistence`).

The function runs after every step, also for inputs that change nothing, such as counters of packets. Therefore parts
that few stations use are skipped when their table is empty, and lamps and the tone are cached for the last two states
(`panel/indications`), because the step's own reports need them too.
"""

from math import inf

from appliance.core.accounts import sip_uris
from appliance.core.appliance import persistence
from appliance.core.audio import levels, playbacks, self_test
from appliance.core.calls import recording
from appliance.core.conferences import mixing
from appliance.core.desired import Desired, RelayPulse, Sound
from appliance.core.model import RecordingId, State
from appliance.core.panel.indications import lamps, tone
from appliance.core.rooms import ROOMS
from appliance.core.sound import media, sent, sound_of
from appliance.core.status_line import status


def desired(state: State) -> Desired:
    """Compute every part."""
    return Desired(
        lamps=lamps(state),
        sound=Sound(
            calls=tuple(media(state, call) for call in state.calls.living if call.alive),
            links=mixing.links(state),
            tone=tone(state),
            test=self_test.wanted(state),
            peers=sip_uris.addresses(state.settings),
            encrypted=sip_uris.encrypted(state.settings),
            volume=levels.volume(state),
            gain=levels.gain(state),
            plays=sound_of(state.audio.tone(None)),
            country=state.settings.audio.country,
            files=playbacks.files(state) if state.audio.playbacks else (),
            sent=sent(state) if state.audio.links else (),
            message=_message(state) if state.calls.recordings else None,
        ),
        relays=tuple(
            RelayPulse(door, pulse.id, int(pulse.until * 1e9), pulse.held)
            for door, pulse in state.doors.pulses
            if state.doors.relay_ready
        ),
        recordings=tuple(r.id for r in state.calls.recordings if r.ready),
        kept=persistence.to_be_saved(state),
        wake_at=wake_at(state),
        status=status(state),
    )


def _message(state: State) -> RecordingId | None:
    """The visitor's message that is to be recorded now."""
    message = recording.message_of(state)
    return message.id if message is not None and message.ready else None


def wake_at(state: State) -> float | None:
    """The earliest deadline of all rooms, CLOCK_MONOTONIC seconds; None without a deadline."""
    earliest = min((at for room in ROOMS for at in room.wake(state) if at is not None), default=inf)
    return None if earliest == inf else earliest
