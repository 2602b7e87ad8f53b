"""Conferences."""

from typing import Annotated

from msgspec import Meta

from appliance.core.events.base import CallEvent, Event
from appliance.core.model import CallId, Cause, ConferenceId, Joining


class ConferenceEvent(Event):
    """An event of a conference."""

    conference: ConferenceId


class ConferenceConnecting(ConferenceEvent):
    """A conference begins."""

    TYPE = "conference.connecting"


class ConferenceConnected(ConferenceEvent):
    """The first participant has joined."""

    TYPE = "conference.connected"


class ConferenceChanged(ConferenceEvent):
    """The participants who hear each other have changed.

    participants: calls that hear each other, without held ones. muted: the participants that the other participants do
    not hear. speaker, microphone: whether the panel hears them, and they hear the panel.
    """

    TYPE = "conference.changed"
    participants: tuple[CallId, ...]
    muted: tuple[CallId, ...]
    speaker: bool
    microphone: bool


class ConferenceHeld(ConferenceEvent):
    """The panel has left the conference, whose participants keep talking."""

    TYPE = "conference.held"


class ConferenceResumed(ConferenceEvent):
    """The panel has returned to the conference."""

    TYPE = "conference.resumed"


class ConferenceDisconnecting(ConferenceEvent):
    """We are ending its last calls."""

    TYPE = "conference.disconnecting"


class ConferenceEnded(ConferenceEvent):
    """A connected conference has ended with its last call."""

    TYPE = "conference.ended"
    duration_s: float


class ConferenceCanceled(ConferenceEvent):
    """A conference ended before anybody joined."""

    TYPE = "conference.canceled"


class ParticipantEvent(CallEvent):
    """An event of a call in a conference; `participant` is the id of the call."""

    conference: ConferenceId
    participant: CallId


class ConferenceInvitationSending(ParticipantEvent):
    """A participant is being called."""

    TYPE = "conference.invitation_sending"
    to: str


class ConferenceInvitationSent(ParticipantEvent):
    """The INVITE was sent; it waits while the SIP process is not available."""

    TYPE = "conference.invitation_sent"


class ConferenceInvitationAccepted(ParticipantEvent):
    """The invited participant has answered."""

    TYPE = "conference.invitation_accepted"


class ConferenceInvitationRejected(ParticipantEvent):
    """The invited participant does not join: refused, not reached, or given up by us (`canceled`)."""

    TYPE = "conference.invitation_rejected"
    cause: Cause
    code: int
    reason: str


class ConferenceParticipantAdded(ParticipantEvent):
    """A participant has joined: invited, answered, added from an existing call, or replacing another."""

    TYPE = "conference.participant_added"
    reason: Joining


class ConferenceParticipantRemoved(ParticipantEvent):
    """A participant has left. `reason`: ejected by a client, ended with the conference, or the cause of the call."""

    TYPE = "conference.participant_removed"
    reason: Annotated[str, Meta(extra_json_schema={"enum": [*(cause.value for cause in Cause), "ejected", "ended"]})]
