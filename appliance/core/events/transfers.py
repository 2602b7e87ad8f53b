"""Transfers of calls."""

from dataclasses import dataclass, field

from appliance.core.events.base import CallEvent
from appliance.core.model import CallId, Kind, Role


@dataclass(frozen=True, slots=True)
class CallTransferring(CallEvent):
    """The far end is asked to call somebody else, or we are: blind, or in the place of a call that is (attended)."""

    TYPE = "call.transferring"
    to: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class CallTransferRequested(CallEvent):
    """The far end wants us to call somebody else; a client is to say what becomes of it (`transfer_policy` ask).

    headers: X- ones of its REFER.
    """

    TYPE = "call.transfer_requested"
    to: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallReplaced(CallEvent):
    """Another call, `to`, takes its place; this one ends."""

    TYPE = "call.replaced"
    to: CallId


@dataclass(frozen=True, slots=True)
class CallTransferred(CallEvent):
    """The transfer is done; `role` is our part in it. The call ends. headers: X- ones of the NOTIFY that says so."""

    TYPE = "call.transferred"
    to: str
    role: Role
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallTransferFailed(CallEvent):
    """The transfer came to nothing; the call goes on. `code` 0: nobody said why.

    headers: X- ones of the NOTIFY that says so, or of the response that refuses our REFER.
    """

    TYPE = "call.transfer_failed"
    code: int
    reason: str
    role: Role
    headers: dict[str, str] = field(default_factory=dict)
