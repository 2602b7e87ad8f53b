"""Transfers of a far end to somebody else (RFC 3515, RFC 5589): each ends with one event."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.accounts import sip_uris
from appliance.core.calls import ending
from appliance.core.calls.requests import check_headers
from appliance.core.model import Call, CallId, Cause, Transfer, TransferKind, TransferRole, TransferState
from appliance.core.orders import Refer
from appliance.core.tables import Table
from appliance.core.transition import Turn

TIMEOUT = 408
OK = range(200, 300)
Headers = tuple[tuple[str, str], ...]
TRANSFERS = Table("transfers", Transfer, lambda row: row.call)


# -- we pass a far end on --------------------------------------------------------------------------------------------


def begin(turn: Turn, call: Call, to: str, other: CallId | None = None, *, headers: Headers = ()) -> None:
    """Ask the far end of `call` to call `to`, in place of our call `other` if given. Raises IntercomError."""
    check_headers(headers)
    check_free(turn, call.id, other)
    until = turn.now + turn.settings.deadlines.transfer_s
    TRANSFERS.put(turn, Transfer(call.id, TransferRole.TRANSFEROR, to, until, other))
    turn.order(Refer(call.id, to, other, headers))
    kind = TransferKind.BLIND if other is None else TransferKind.ATTENDED
    turn.emit(events.CallTransferring(call.id, to=sip_uris.public(to), kind=kind))


def check_free(turn: Turn, *wanted: CallId | None) -> None:
    """Raise IntercomError if one of these calls is being transferred already."""
    for taken in wanted:
        if any(taken is not None and taken in {t.call, t.other} for t in turn.transfers):
            raise IntercomError(
                ErrorCode.CONFLICT, f"Call {taken} is being transferred already.", "", "Wait for its outcome."
            )


def check_differ(call: Call, other: Call) -> None:
    """Raise IntercomError unless these are two calls."""
    if call.id == other.id:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "A call cannot be transferred to itself.",
            "",
            "Name another call, or an address.",
        )


def connect(turn: Turn, call: Call, other: Call, headers: Headers = ()) -> None:
    """Have the far ends of two calls talk with each other (RFC 5589 §7). Raises IntercomError."""
    begin(turn, call, other.remote.uri, other.id, headers=headers)


def progressed(turn: Turn, given: inputs.TransferProgressed) -> None:
    """The far end reported progress by NOTIFY; reports after the outcome are ignored."""
    transfer = turn.state.transfer(given.call)
    if transfer is None or transfer.role is not TransferRole.TRANSFEROR or 0 < given.code < OK.start:
        return
    if given.code in OK:
        succeed(turn, transfer, given.headers)
    else:
        fail(turn, transfer, given.code, given.reason, given.headers)


def succeed(turn: Turn, transfer: Transfer, headers: Headers = ()) -> None:
    """The far ends talk with each other: end our calls with them. headers: of the NOTIFY."""
    TRANSFERS.drop(turn, transfer.call)
    to = sip_uris.public(transfer.to)
    turn.emit(events.CallTransferred(transfer.call, to=to, role=transfer.role, headers=dict(headers)))
    for call in turn.calls.living:
        if call.id in {transfer.call, transfer.other}:
            ending.hang_up(turn, call, Cause.TRANSFERRED)


def due(turn: Turn) -> None:
    """Handle transfers whose outcome is not reported in time."""
    for transfer in with_role(turn, TransferRole.TRANSFEROR):
        if turn.now < transfer.until:
            continue
        if transfer.state is TransferState.DONE:
            succeed(turn, transfer)
        else:
            fail(turn, transfer, TIMEOUT, "Its outcome was not reported in time")


def settle(turn: Turn) -> None:
    """Follow transfers whose calls have ended.

    A far end that replaces our other call (RFC 3891) may hang up without another message, as Asterisk does: the end of
    that other call, which comes soon before or after, then proves the success.
    """
    for transfer in with_role(turn, TransferRole.TRANSFEROR):
        if any(call.id == transfer.other and end.cause is Cause.TRANSFERRED for call, end in turn.finished):
            transfer = replace(transfer, state=TransferState.DONE)  # noqa: PLW2901 - the same transfer, as it is now
            TRANSFERS.put(turn, transfer)
        if lasts(turn, transfer.call):
            continue
        if transfer.state is TransferState.DONE:
            succeed(turn, transfer)
        elif lasts(turn, transfer.other):
            soon = turn.now + turn.settings.deadlines.disconnecting_s
            TRANSFERS.put(turn, replace(transfer, until=min(transfer.until, soon)))
        else:
            fail(turn, transfer, 0, "The call is over")


# -- all roles -------------------------------------------------------------------------------------------------------


def fail(turn: Turn, transfer: Transfer, code: int, reason: str, headers: Headers = ()) -> None:
    """Report that the transfer failed. headers: of the message that reported the failure."""
    TRANSFERS.drop(turn, transfer.call)
    role, shown = transfer.role, dict(headers)
    turn.emit(events.CallTransferFailed(transfer.call, code=code, reason=reason, role=role, headers=shown))


def with_role(turn: Turn, role: TransferRole) -> list[Transfer]:
    """The transfers in which we have this role."""
    return [transfer for transfer in turn.transfers if transfer.role is role]


def lasts(turn: Turn, wanted: CallId | None) -> bool:
    """Whether this call exists and is not ending."""
    return any(call.id == wanted and call.alive for call in turn.calls.living)
