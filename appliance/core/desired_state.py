"""Compute the desired state for the adapters: a function of the state alone."""

from math import inf

from appliance.core import wall_clock
from appliance.core.access import dtmf
from appliance.core.accounts import callers
from appliance.core.appliance import persistence
from appliance.core.calls import call_timers, updates
from appliance.core.conferences import mixing
from appliance.core.desired import Desired, RelayPulse, Sound
from appliance.core.doors import pulses, sensors
from appliance.core.model import State
from appliance.core.panel import buttons, self_tests
from appliance.core.panel.indications import lamps, tone
from appliance.core.sound import media
from appliance.core.status_line import status


def desired(state: State) -> Desired:
    """Compute every part."""
    return Desired(
        lamps=lamps(state),
        sound=Sound(
            calls=tuple(media(state, call) for call in state.calls if call.alive),
            links=mixing.links(state),
            tone=tone(state),
            measure=state.sound_trial is not None,
            peers=callers.addresses(state.settings),
            encrypted=callers.encrypted(state.settings),
        ),
        relays=tuple(
            RelayPulse(door, pulse.id, int(pulse.until * 1e9), pulse.held)
            for door, pulse in state.pulses
            if state.relay_ready
        ),
        recordings=tuple(r.id for r in state.recordings if r.ready),
        quiet_hours=state.runtime.quiet_hours,
        kept=persistence.of(state),
        wake_at=wake_at(state),
        status=status(state),
    )


def wake_at(state: State) -> float | None:
    """The earliest deadline, CLOCK_MONOTONIC seconds; None if there is none."""
    times = [
        state.error_until,
        state.ring.until if state.ring is not None else None,
        *(at for call in state.calls for at in (call.deadline, call_timers.wake(call), updates.wake(call))),
        *(at for account in state.accounts for at in (account.wake, account.expires_at)),
        *(message.deadline for message in state.messages),
        *(transfer.until for transfer in state.transfers),
        *(contact.wake for contact in state.contacts),
        *(dtmf.wake(call) for call in state.calls),
        *(keeping.until for keeping in state.keepings),
        *(run.until for run in state.runs),
        *(pulses.wake(pulse) for _, pulse in state.pulses),
        *sensors.wake(state),
        *(each.until for each in state.unkept),
        *self_tests.wake(state),
        wall_clock.wake(state),
        *(buttons.wake(press) for _, press in state.presses),
    ]
    earliest = min((t for t in times if t is not None), default=inf)
    return None if earliest == inf else earliest
