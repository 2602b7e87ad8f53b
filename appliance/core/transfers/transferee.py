"""Transfers in which we call somebody else in place of a far end, which asked for it or cannot call by itself.

A far end asks by REFER (RFC 3515), and the call's policy decides. NOTIFY reports the outcome to it while its call
lasts; after a success it ends its call with us. A browser knows neither: a client asks for it, and we end its call.
"""

from typing import Literal, assert_type

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.accounts import sip_uris
from appliance.core.calls import ending, focus, outgoing
from appliance.core.calls.requests import check_headers
from appliance.core.lookup import too_many_calls
from appliance.core.model import (
    AccountId,
    Call,
    CallId,
    CallState,
    Cause,
    Transfer,
    TransferKind,
    TransferPolicy,
    TransferRole,
    TransferState,
)
from appliance.core.orders import NotifyTransfer
from appliance.core.transfers import transferor
from appliance.core.transition import Turn

TRYING, RINGING, OK = 100, 180, 200
TIMEOUT, UNSUPPORTED, UNAVAILABLE, BUSY, PENDING, DECLINE = 408, 416, 480, 486, 491, 603
FINAL, SUCCESS, REFUSALS = range(200, 700), range(200, 300), range(300, 700)
BY_POLICY = "Not allowed by transfer_policy"


def requested(turn: Turn, call: Call, given: inputs.TransferRequested) -> None:
    """A REFER arrived. If the SIP process accepted it, decide, and inform the far end."""
    until = turn.now + turn.settings.deadlines.transfer_request_s
    transfer = Transfer(
        call.id,
        TransferRole.TRANSFEREE,
        given.to,
        until,
        state=TransferState.ASKED,
        replaces=given.replaces,
        referred_by=given.referred_by,
    )
    if given.refused:
        transferor.fail(turn, transfer, given.refused, BY_POLICY, given.headers)
    elif call.state is not CallState.CONNECTED or turn.state.transfer(call.id) is not None:
        turn.order(NotifyTransfer(call.id, PENDING, "Request Pending"))
    elif sip_uris.parts(given.to) is None:
        answer(turn, transfer, UNSUPPORTED, "Unsupported URI Scheme")
    else:
        decide(turn, call, transfer, dict(given.headers))


def decide(turn: Turn, call: Call, transfer: Transfer, headers: dict[str, str]) -> None:
    """Decide by the call's policy. headers: of the REFER."""
    match call.transfer_policy:
        case TransferPolicy.REFUSE:  # the policy was changed meanwhile
            answer(turn, transfer, DECLINE, BY_POLICY)
        case TransferPolicy.ASK:
            transferor.TRANSFERS.put(turn, transfer)
            turn.order(NotifyTransfer(call.id, TRYING, "Trying"))
            turn.emit(events.CallTransferRequested(call.id, to=transfer.to, headers=headers))
        case _:
            assert_type(call.transfer_policy, Literal[TransferPolicy.FOLLOW])
            if turn.state.full:
                answer(turn, transfer, BUSY, "Busy Here")
            else:
                turn.order(NotifyTransfer(call.id, TRYING, "Trying"))
                follow(turn, call, transfer, call.account)


def follow(turn: Turn, call: Call, transfer: Transfer, account: AccountId, headers: transferor.Headers = ()) -> None:
    """Call the address that the far end, or the client for it, names. headers: of our INVITE.

    The call with the far end waits, held; a call in a conference talks on, and the new one joins the conference.
    """
    # A target of another account counts as a stranger: this call's server may lead its address anywhere.
    known = (t.name for t in turn.settings.targets if (t.uri, t.account) == (transfer.to, account))
    target = next(known, "")
    replaces = (("Replaces", transfer.replaces), ("Require", "replaces")) if transfer.replaces else ()
    by = (("Referred-By", transfer.referred_by),) if transfer.referred_by else ()
    kind = TransferKind.ATTENDED if transfer.replaces else TransferKind.BLIND
    turn.emit(events.CallTransferring(call.id, to=sip_uris.public(transfer.to), kind=kind))
    new = outgoing.place(
        turn,
        transfer.to,
        target,
        headers=headers,
        account=account,
        hidden=(*replaces, *by),
        conference=call.conference,
        apart=call.apart,
        led_by=call.led_by,
        of_visitor=call.visits,
    )
    until = turn.now + turn.settings.deadlines.transfer_s
    transferor.TRANSFERS.put(turn, replace(transfer, state=TransferState.UNDER_WAY, other=new.id, until=until))


# -- clients ---------------------------------------------------------------------------------------------------------


def accept(turn: Turn, call: Call) -> None:
    """A client accepts the transfer. Raises IntercomError."""
    transfer = asked(turn, call)
    if turn.state.full:
        raise too_many_calls(turn)
    follow(turn, call, transfer, call.account)


def end(turn: Turn, call: Call, code: int, reason: str) -> None:
    """A client refuses the transfer, or reports the outcome of its own one. Raises IntercomError."""
    if code not in FINAL:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A transfer cannot end with {code}.", "Give a final SIP code, 200 to 699."
        )
    answer(turn, asked(turn, call), code, reason)


def asked(turn: Turn, call: Call) -> Transfer:
    """The transfer request that waits for a decision. Raises IntercomError."""
    transfer = turn.state.transfer(call.id)
    if transfer is None or transfer.state is not TransferState.ASKED:
        raise IntercomError(
            ErrorCode.TRANSFER_NOT_REQUESTED,
            f"Call {call.id} has no transfer request.",
            "The far end has not sent one, or it has been decided already.",
        )
    return transfer


def hand_over(turn: Turn, call: Call, to: str, account: AccountId, headers: transferor.Headers) -> None:
    """Call `to` in place of a browser, whose call ends when `to` has answered. Raises IntercomError."""
    check_headers(headers)
    transferor.check_free(turn, call.id)
    if turn.state.full:
        raise too_many_calls(turn)
    follow(turn, call, Transfer(call.id, TransferRole.TRANSFEREE, to, turn.now), account, headers)


def give_place(turn: Turn, call: Call, other: Call) -> None:
    """Give the place of a call at the panel to another call, where a browser has one of them. Raises IntercomError."""
    transferor.check_free(turn, call.id, other.id)
    to = sip_uris.public(other.remote.uri)
    turn.emit(events.CallTransferring(call.id, to=to, kind=TransferKind.ATTENDED))
    focus.bring(turn, other)
    turn.emit(events.CallTransferred(call.id, to=to, role=TransferRole.TRANSFEREE))
    ending.hang_up(turn, call, Cause.TRANSFERRED)


# -- outcomes --------------------------------------------------------------------------------------------------------


def answer(turn: Turn, transfer: Transfer, code: int, reason: str) -> None:
    """Report the outcome to the far end, while its call lasts, and as an event."""
    notify(turn, transfer, code, reason)
    if code not in SUCCESS:
        transferor.fail(turn, transfer, code, reason)
        return
    transferor.TRANSFERS.drop(turn, transfer.call)
    turn.emit(events.CallTransferred(transfer.call, to=sip_uris.public(transfer.to), role=transfer.role))
    call = turn.calls.get(transfer.call)
    if call is not None and call.browser:
        ending.hang_up(turn, call, Cause.TRANSFERRED)
    elif transferor.lasts(turn, transfer.call):
        until = turn.now + turn.settings.deadlines.disconnecting_s
        transferor.TRANSFERS.put(turn, replace(transfer, state=TransferState.DONE, until=until))


def notify(turn: Turn, transfer: Transfer, code: int, reason: str) -> None:
    """Report progress to the far end, while its call lasts. A browser asked for nothing."""
    call = turn.calls.get(transfer.call)
    if call is not None and call.alive and not call.browser:
        turn.order(NotifyTransfer(transfer.call, code, reason))


def due(turn: Turn) -> None:
    """Handle requests that nobody decided, new calls without an answer, and far ends that do not hang up."""
    for transfer in transferor.with_role(turn, TransferRole.TRANSFEREE):
        if turn.now < transfer.until:
            continue
        match transfer.state:
            case TransferState.ASKED:
                answer(turn, transfer, DECLINE, "Nobody decided in time")
            case TransferState.UNDER_WAY:
                answer(turn, transfer, TIMEOUT, "Request Timeout")
                leave(turn, transfer.other, Cause.NO_ANSWER)
            case _:
                assert_type(transfer.state, Literal[TransferState.DONE])
                transferor.TRANSFERS.drop(turn, transfer.call)
                leave(turn, transfer.call, Cause.TRANSFERRED)


def leave(turn: Turn, wanted: CallId | None, cause: Cause) -> None:
    """End a call that is still there."""
    for call in turn.calls.living:
        if call.id == wanted:
            ending.hang_up(turn, call, cause)


def settle(turn: Turn) -> None:
    """Follow the new calls, and forget transfers whose call has ended."""
    for transfer in transferor.with_role(turn, TransferRole.TRANSFEREE):
        over = not transferor.lasts(turn, transfer.call)
        match transfer.state:
            case TransferState.UNDER_WAY:
                look(turn, transfer)
            case TransferState.ASKED if over:
                transferor.fail(turn, transfer, 0, "The call is over")
            case TransferState.DONE if over:
                transferor.TRANSFERS.drop(turn, transfer.call)
            case _:
                pass


def look(turn: Turn, transfer: Transfer) -> None:
    """Follow the new call of a transfer."""
    new = next((call for call in turn.calls.living if call.id == transfer.other), None)
    if new is None:
        (end,) = (end for call, end in turn.finished if call.id == transfer.other)
        answer(turn, transfer, end.code if end.code in REFUSALS else UNAVAILABLE, end.reason or end.cause)
    elif new.state is CallState.CONNECTED:
        answer(turn, transfer, OK, "OK")
    elif new.times.ringing_since is not None and not transfer.rang:
        transferor.TRANSFERS.put(turn, replace(transfer, rang=True))
        notify(turn, transfer, RINGING, "Ringing")
