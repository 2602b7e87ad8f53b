"""Transfers of calls."""

from msgspec import field

from appliance.core.events.base import CallEvent
from appliance.core.model import CallId, TransferKind, TransferRole


class CallTransferring(CallEvent):
    """A transfer is in progress, of the far end by us or of us by the far end; blind, or to another call (attended)."""

    TYPE = "call.transferring"
    to: str
    kind: TransferKind


class CallTransferRequested(CallEvent):
    """The far end asks us to call another address; a client must decide (`transfer_policy` ask).

    headers: of its REFER.
    """

    TYPE = "call.transfer_requested"
    to: str
    headers: dict[str, str] = field(default_factory=dict)


class CallReplaced(CallEvent):
    """Another call, `to`, replaces this one, which ends."""

    TYPE = "call.replaced"
    to: CallId


class CallTransferred(CallEvent):
    """The transfer succeeded; `role` is our part in it. The call ends. headers: of the final NOTIFY."""

    TYPE = "call.transferred"
    to: str
    role: TransferRole
    headers: dict[str, str] = field(default_factory=dict)


class CallTransferFailed(CallEvent):
    """The transfer failed; the call continues. `code` 0: no reason was given.

    headers: of the NOTIFY that reports it, or of the response that refuses our REFER.
    """

    TYPE = "call.transfer_failed"
    code: int
    reason: str
    role: TransferRole
    headers: dict[str, str] = field(default_factory=dict)
