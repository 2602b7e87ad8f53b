"""Conferences."""

from dataclasses import dataclass
from typing import Literal

from appliance.core.events.base import CallEvent, Event
from appliance.core.model import CallId, Cause, ConferenceId, Joining


@dataclass(frozen=True, slots=True)
class ConferenceEvent(Event):
    """An event of a conference."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class ConferenceConnecting(ConferenceEvent):
    """A conference begins."""

    TYPE = "conference.connecting"


@dataclass(frozen=True, slots=True)
class ConferenceConnected(ConferenceEvent):
    """The first participant has joined."""

    TYPE = "conference.connected"


@dataclass(frozen=True, slots=True)
class ConferenceChanged(ConferenceEvent):
    """The participants who hear each other have changed.

    participants: calls that hear each other, without held ones. muted: those of them that the others do not hear.
    speaker, microphone: whether the panel hears them, and they hear the panel.
    """

    TYPE = "conference.changed"
    participants: tuple[CallId, ...]
    muted: tuple[CallId, ...]
    speaker: bool
    microphone: bool


@dataclass(frozen=True, slots=True)
class ConferenceHeld(ConferenceEvent):
    """The panel has left the conference, whose participants keep talking."""

    TYPE = "conference.held"


@dataclass(frozen=True, slots=True)
class ConferenceResumed(ConferenceEvent):
    """The panel has returned to the conference."""

    TYPE = "conference.resumed"


@dataclass(frozen=True, slots=True)
class ConferenceDisconnecting(ConferenceEvent):
    """We are ending its last calls."""

    TYPE = "conference.disconnecting"


@dataclass(frozen=True, slots=True)
class ConferenceEnded(ConferenceEvent):
    """A connected conference has ended with its last call."""

    TYPE = "conference.ended"
    duration_s: float


@dataclass(frozen=True, slots=True)
class ConferenceCanceled(ConferenceEvent):
    """A conference ended before anybody joined."""

    TYPE = "conference.canceled"


@dataclass(frozen=True, slots=True)
class ParticipantEvent(CallEvent):
    """An event of a call in a conference; `participant` is the id of the call."""

    conference: ConferenceId
    participant: CallId


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSending(ParticipantEvent):
    """A participant is being called."""

    TYPE = "conference.invitation_sending"
    to: str


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSent(ParticipantEvent):
    """The INVITE was sent; it waits while the SIP process is not available."""

    TYPE = "conference.invitation_sent"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationAccepted(ParticipantEvent):
    """The invited participant has answered."""

    TYPE = "conference.invitation_accepted"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationRejected(ParticipantEvent):
    """The invited participant does not join: refused, not reached, or given up by us (`canceled`)."""

    TYPE = "conference.invitation_rejected"
    cause: Cause
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConferenceParticipantAdded(ParticipantEvent):
    """A participant has joined: invited, answered, added from an existing call, or replacing another."""

    TYPE = "conference.participant_added"
    reason: Joining


@dataclass(frozen=True, slots=True)
class ConferenceParticipantRemoved(ParticipantEvent):
    """A participant has left. `reason`: ejected by a client, ended with the conference, or the cause of the call."""

    TYPE = "conference.participant_removed"
    reason: Cause | Literal["ejected", "ended"]
