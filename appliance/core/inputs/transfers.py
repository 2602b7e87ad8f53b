"""Transfers by either side."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, OfCall
from appliance.core.inputs.bounds import LINE
from appliance.core.model import CallId, TransferPolicy


class TransferProgressed(OfCall, kw_only=True):
    """Progress of the transfer that we requested (RFC 3515 §2.4.5): final from 200 on, 0 for no answer.

    headers: of the NOTIFY, or of the response to REFER.
    """

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


class TransferRequested(OfCall, kw_only=True):
    """A REFER arrived (RFC 3515): we should call `to`, with these headers if not empty (RFC 3891, RFC 3892).

    to: without headers; "" if the REFER asks for something other than an INVITE. refused: the code of our response, 0
    if the REFER was accepted, so that the far end awaits the outcome. headers: of it.
    """

    to: str
    replaces: str = ""
    referred_by: str = ""
    refused: int = 0
    headers: tuple[tuple[str, str], ...] = ()


class TransferCall(Action):
    """Transfer the far end: to a target's name, a SIP URI, or a number at an account.

    headers: of the REFER, or of our INVITE in place of a browser.
    """

    call: CallId
    to: str
    headers: tuple[tuple[str, str], ...] = ()


class ConnectCalls(Action):
    """Connect the far ends of two of our calls, and leave (attended transfer). headers: of the REFER."""

    call: CallId
    other: CallId
    headers: tuple[tuple[str, str], ...] = ()


class AcceptTransfer(Action):
    """Follow a transfer request: call the requested address. The far end and an event get the outcome."""

    call: CallId


class EndTransfer(Action):
    """End a transfer request with a final SIP code: refused, or done or tried by the client itself."""

    call: CallId
    code: Annotated[int, Meta(ge=200, le=699)] = 503
    reason: Annotated[str, Meta(max_length=128, pattern=LINE, examples=["Decline"])] = "Service Unavailable"


class SetTransferPolicy(Action):
    """Set how transfer requests of this call's far end are handled from now on."""

    call: CallId
    policy: TransferPolicy
