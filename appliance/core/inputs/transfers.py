"""Transfers, by either side."""

from dataclasses import dataclass

from appliance.core.inputs.base import OfCall
from appliance.core.model import CallId, TransferPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgressed(OfCall):
    """What the far end says of the transfer that we asked for (RFC 3515 §2.4.5): final from 200 on, 0 for no answer.

    headers: X- ones of its NOTIFY, or of its response to REFER.
    """

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequested(OfCall):
    """REFER came (RFC 3515): we are to call `to`, with these headers if not empty (RFC 3891, RFC 3892).

    to: without headers; "" where it is no INVITE that is asked for. refused: the code that was answered, 0 where it was
    accepted, and the far end waits to be told what comes of it. headers: its X- ones.
    """

    to: str
    replaces: str = ""
    referred_by: str = ""
    refused: int = 0
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Have the far end call somebody else: a target's name, a SIP URI, or a number at an account."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class ConnectCalls:
    """Have the far ends of two of our calls talk with each other, and leave (attended transfer)."""

    call: CallId
    other: CallId


@dataclass(frozen=True, slots=True)
class AcceptTransfer:
    """Call whom the far end wants us to call."""

    call: CallId


@dataclass(frozen=True, slots=True)
class EndTransfer:
    """The far end's wish is refused, or the client has fulfilled it by itself, or could not: a final SIP code."""

    call: CallId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SetTransferPolicy:
    """What becomes of wishes of this call's far end from now on."""

    call: CallId
    policy: TransferPolicy
