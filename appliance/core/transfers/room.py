"""The room of transfers: its inputs, requests and timers."""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.accounts.addresses import callee
from appliance.core.dispatch import asks_call, on_call, performs, takes
from appliance.core.lookup import connected, find_call
from appliance.core.model import Call, State
from appliance.core.transfers import transferee, transferor
from appliance.core.transition import Turn


def transfer(turn: Turn, call: Call, action: inputs.TransferCall, _who: str) -> None:
    """Have the far end of a call call somebody else, or call in its place if it is a browser. Raises IntercomError."""
    call = connected(call)
    to, account = callee(turn, action.to, call.account)
    if call.browser:
        transferee.hand_over(turn, call, to, account, action.headers)
    else:
        transferor.begin(turn, call, to, headers=action.headers)


def connect(turn: Turn, call: Call, action: inputs.ConnectCalls, _who: str) -> None:
    """Have the far ends of two calls talk with each other.

    A browser talks with the station alone: where one of the two is a browser, the other call takes this one's place
    at the panel. Raises IntercomError.
    """
    call, other = connected(call), connected(find_call(turn, action.other))
    transferor.check_differ(call, other)
    if call.browser or other.browser:
        transferee.give_place(turn, call, other)
    else:
        transferor.connect(turn, call, other, action.headers)


def set_policy(turn: Turn, call: Call, action: inputs.SetTransferPolicy, _who: str) -> str:
    """Decide what becomes of transfers that the far end of a call asks for; return a warning if nothing changes."""
    if call.transfer_policy is action.policy:
        return f"Call {call.id} has this policy already."
    turn.put(replace(call, transfer_policy=action.policy))
    turn.emit(events.CallChanged(call.id, fields=("transfer_policy",)))
    return ""


take = takes(
    on_call(inputs.TransferProgressed, lambda turn, _, given: transferor.progressed(turn, given)),
    on_call(inputs.TransferRequested, transferee.requested),
)

perform = performs(
    asks_call(inputs.TransferCall, transfer),
    asks_call(inputs.ConnectCalls, connect),
    asks_call(inputs.AcceptTransfer, lambda turn, call, *_: transferee.accept(turn, call)),
    asks_call(inputs.EndTransfer, lambda turn, call, action, _: transferee.end(turn, call, action.code, action.reason)),
    asks_call(inputs.SetTransferPolicy, set_policy),
)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    if turn.transfers:
        transferor.due(turn)
        transferee.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [transfer.until for transfer in state.transfers]
