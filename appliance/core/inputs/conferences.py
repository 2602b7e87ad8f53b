"""Requests about conferences."""

from appliance.core.inputs.base import Action, OfConference
from appliance.core.inputs.calls import Dial
from appliance.core.model import CallId, RecordingChannels


class Confer(Action):
    """Begin a conference of the panel, existing calls and newly called participants; it comes to the foreground."""

    calls: tuple[CallId, ...]
    invite: tuple[Dial, ...]


class InviteInto(OfConference):
    """Call somebody, who joins the conference on answering."""

    whom: Dial


class TakeInto(OfConference):
    """Add an existing call to the conference; a ringing incoming call is answered."""

    call: CallId


class RemoveFrom(OfConference):
    """Remove a participant from the conference: the call ends."""

    call: CallId


class MuteIn(OfConference):
    """Mute (or unmute) a participant for all others; `call` None: the panel."""

    call: CallId | None
    muted: bool


class HoldConference(OfConference):
    """Have the panel leave the conference, whose calls go on; or return, which brings it to the foreground."""

    held: bool


class EndConference(OfConference):
    """End the conference with all its calls."""


class RecordConference(OfConference):
    """Record each call of the conference, also a later one; or stop the recordings. channels: see StartRecording."""

    recorded: bool
    channels: RecordingChannels | None = None
