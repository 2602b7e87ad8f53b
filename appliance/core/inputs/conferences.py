"""Orders for conferences."""

from dataclasses import dataclass

from appliance.core.inputs.base import OfConference
from appliance.core.inputs.calls import Dial
from appliance.core.model import CallId


@dataclass(frozen=True, slots=True)
class Confer:
    """Begin a conference of the panel with calls there are, and with others, who are called; it comes to the front."""

    calls: tuple[CallId, ...]
    invite: tuple[Dial, ...]


@dataclass(frozen=True, slots=True)
class InviteInto(OfConference):
    """Call somebody, who is in the conference once he answers."""

    whom: Dial


@dataclass(frozen=True, slots=True)
class TakeInto(OfConference):
    """Take a call that there is into the conference; one to us that rings is answered."""

    call: CallId


@dataclass(frozen=True, slots=True)
class RemoveFrom(OfConference):
    """Have a participant leave the conference: its call ends."""

    call: CallId


@dataclass(frozen=True, slots=True)
class MuteIn(OfConference):
    """Keep what a participant says from all others (or not); `call` None: what the panel says."""

    call: CallId | None
    muted: bool


@dataclass(frozen=True, slots=True)
class HoldConference(OfConference):
    """Have the panel leave the conference, whose calls go on (or come back, and so put it in front)."""

    held: bool


@dataclass(frozen=True, slots=True)
class EndConference(OfConference):
    """End all its calls."""


Conferring = Confer | InviteInto | TakeInto | RemoveFrom | MuteIn | HoldConference | EndConference
