"""Conferences and their participants."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.ids import CallId, ConferenceId
from appliance.core.model.recordings import RecordingChannels


class Joining(StrEnum):
    """How a call joined: by our invitation, by our answer, from an existing call, or in a participant's place."""

    INVITED = "invited"
    ANSWERED = "answered"
    TAKEN_IN = "taken_in"
    REPLACING = "replacing"


class ConferenceState(StrEnum):
    """The states of a conference: connecting until a participant has joined, disconnecting while its calls end."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"
    ENDED = "ended"


class ParticipantState(StrEnum):
    """The stages of a participant, each reported by an event."""

    INVITING = "inviting"  # its INVITE waits for the SIP process
    COMING = "coming"
    IN = "in"
    LEFT = "left"  # its call is ending


class Participant(Record):
    """A call in a conference, until the call has ended. muted: the other participants do not hear the call."""

    call: CallId
    joining: Joining
    stage: ParticipantState
    muted: bool = False


class Conference(Record):
    """Calls that hear each other, and the panel unless it has left them (`held`). It ends with its last call.

    set_aside: held only because another call is in the foreground. muted: our microphone reaches none of the calls.
    recorded: the channels with which each call is recorded, also a call that joins later; None: no client ordered it.
    connected_since: when the first participant joined.
    """

    id: ConferenceId
    created: float
    participants: tuple[Participant, ...] = ()
    held: bool = False
    set_aside: bool = False
    muted: bool = False
    connected_since: float | None = None
    ending: bool = False
    recorded: RecordingChannels | None = None

    @property
    def state(self) -> ConferenceState:
        """The conference's state."""
        if self.ending:
            return ConferenceState.DISCONNECTING
        return ConferenceState.CONNECTING if self.connected_since is None else ConferenceState.CONNECTED

    def participant(self, wanted: CallId) -> Participant | None:
        """Find the participant with this call."""
        return next((p for p in self.participants if p.call == wanted), None)
