"""Conferences and their participants."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.ids import CallId, ConferenceId


class Joining(StrEnum):
    """How a call came into a conference: we dialled it, answered it, it was there already, or replaces one there."""

    INVITED = "invited"
    ANSWERED = "answered"
    TAKEN_IN = "taken_in"
    REPLACING = "replacing"


class ConferenceState(StrEnum):
    """The states of a conference: connecting until somebody is in it, disconnecting while we end its last calls."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"


class Stage(StrEnum):
    """How far a participant is; what has been told of him follows it."""

    INVITING = "inviting"  # its INVITE waits for the SIP process
    COMING = "coming"
    IN = "in"
    LEFT = "left"  # its call ends


@dataclass(frozen=True, slots=True)
class Participant:
    """A call in a conference, until the call is over. `muted`: the others do not hear it."""

    call: CallId
    joining: Joining
    stage: Stage
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Conference:
    """Calls that hear each other, and the panel unless it has left them (`held`). It ends with its last call.

    set_aside: held only because another call is in the foreground. muted: our microphone reaches none of them.
    connected_since: the first participant is in.
    """

    id: ConferenceId
    created: float
    participants: tuple[Participant, ...] = ()
    held: bool = False
    set_aside: bool = False
    muted: bool = False
    connected_since: float | None = None
    ending: bool = False

    @property
    def state(self) -> ConferenceState:
        """How far it is."""
        if self.ending:
            return ConferenceState.DISCONNECTING
        return ConferenceState.CONNECTING if self.connected_since is None else ConferenceState.CONNECTED

    def participant(self, wanted: CallId) -> Participant | None:
        """The participant whose call that is."""
        return next((p for p in self.participants if p.call == wanted), None)
