"""Conferences."""

from dataclasses import dataclass

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
    """The first participant is in."""

    TYPE = "conference.connected"


@dataclass(frozen=True, slots=True)
class ConferenceChanged(ConferenceEvent):
    """Who hears whom is otherwise now.

    participants: calls that hear each other; who is held, or holds, is not among them. muted: those of them that the
    others do not hear. speaker, microphone: whether the panel hears them, and they it.
    """

    TYPE = "conference.changed"
    participants: tuple[CallId, ...]
    muted: tuple[CallId, ...]
    speaker: bool
    microphone: bool


@dataclass(frozen=True, slots=True)
class ConferenceHeld(ConferenceEvent):
    """The panel has left the conference, whose calls go on among themselves."""

    TYPE = "conference.held"


@dataclass(frozen=True, slots=True)
class ConferenceResumed(ConferenceEvent):
    """The panel is back in the conference."""

    TYPE = "conference.resumed"


@dataclass(frozen=True, slots=True)
class ConferenceDisconnecting(ConferenceEvent):
    """Its last calls are being ended by us."""

    TYPE = "conference.disconnecting"


@dataclass(frozen=True, slots=True)
class ConferenceEnded(ConferenceEvent):
    """A conference that had connected is over, with the last of its calls."""

    TYPE = "conference.ended"
    duration_s: float


@dataclass(frozen=True, slots=True)
class ConferenceCanceled(ConferenceEvent):
    """A conference is over that nobody ever was in."""

    TYPE = "conference.canceled"


@dataclass(frozen=True, slots=True)
class ParticipantEvent(CallEvent):
    """An event of a call in a conference; `participant` is the call's id."""

    conference: ConferenceId
    participant: CallId


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSending(ParticipantEvent):
    """Somebody is being called into the conference."""

    TYPE = "conference.invitation_sending"
    to: str


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSent(ParticipantEvent):
    """The INVITE has gone out, which waits while the SIP process is not there."""

    TYPE = "conference.invitation_sent"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationAccepted(ParticipantEvent):
    """Who was called into the conference has answered."""

    TYPE = "conference.invitation_accepted"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationRejected(ParticipantEvent):
    """Who was called into the conference will not come: refused, not reached, or given up by us (`canceled`)."""

    TYPE = "conference.invitation_rejected"
    cause: Cause
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConferenceParticipantAdded(ParticipantEvent):
    """A participant is in: invited, answered into it, taken in as a call that was there, or replacing one in it."""

    TYPE = "conference.participant_added"
    reason: Joining


@dataclass(frozen=True, slots=True)
class ConferenceParticipantRemoved(ParticipantEvent):
    """A participant is no longer in. `reason`: ejected by a client, ended with the conference, or its call's cause."""

    TYPE = "conference.participant_removed"
    reason: str
