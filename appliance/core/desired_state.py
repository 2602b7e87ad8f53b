"""Compute the desired state for the adapters: a function of the state alone."""

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
