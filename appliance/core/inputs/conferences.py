"""Requests about conferences."""

from dataclasses import dataclass

from appliance.core.inputs.base import OfConference
from appliance.core.inputs.calls import Dial
from appliance.core.model import CallId


@dataclass(frozen=True, slots=True)
class Confer:
    """Begin a conference of the panel, existing calls and newly called participants; it comes to the foreground."""

    calls: tuple[CallId, ...]
    invite: tuple[Dial, ...]


@dataclass(frozen=True, slots=True)
class InviteInto(OfConference):
    """Call somebody, who joins the conference on answering."""

    whom: Dial


@dataclass(frozen=True, slots=True)
class TakeInto(OfConference):
    """Add an existing call to the conference; a ringing incoming call is answered."""

    call: CallId


@dataclass(frozen=True, slots=True)
class RemoveFrom(OfConference):
    """Remove a participant from the conference: the call ends."""

    call: CallId


@dataclass(frozen=True, slots=True)
class MuteIn(OfConference):
    """Mute (or unmute) a participant for all others; `call` None: the panel."""

    call: CallId | None
    muted: bool


@dataclass(frozen=True, slots=True)
class HoldConference(OfConference):
    """Have the panel leave the conference, whose calls go on; or return, which brings it to the foreground."""

    held: bool


@dataclass(frozen=True, slots=True)
class EndConference(OfConference):
    """End the conference with all its calls."""


Conferring = Confer | InviteInto | TakeInto | RemoveFrom | MuteIn | HoldConference | EndConference
