"""Look up what a request names (calls, accounts, addresses, doors), and build the errors for what is not usable."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.accounts import callers
from appliance.core.model import DIRECT, NO_ACCOUNT, Account, AccountId, Call, CallId, DoorId, DoorSettings
from appliance.core.transition import Turn


def find(turn: Turn, wanted: CallId) -> Call:
    """Find a call by its id, or raise call-not-found."""
    call = turn.state.call(wanted)
    if call is None:
        raise IntercomError(
            ErrorCode.CALL_NOT_FOUND,
            f"There is no call {wanted}.",
            "It has ended or never existed.",
            "GET /v1/calls lists them.",
        )
    return call


def connected(call: Call) -> Call:
    """Return the call if people can talk in it, else raise call-wrong-state."""
    if not call.talks:
        raise wrong_state(call, "used so", "connected")
    return call


def unanswered_here(call: Call, done: str) -> Call:
    """Return the call if it is incoming and nobody here has answered, else raise call-wrong-state."""
    if not call.unanswered_here:
        raise wrong_state(call, done, "incoming")
    return call


def whom(turn: Turn, to: str, account: AccountId) -> tuple[str, AccountId]:
    """The SIP URI, and the account for the call: the requested one, else the target's own.

    DIRECT means no account, whatever the target has.
    """
    if account == DIRECT:
        target = turn.settings.target(to)
        uri = to if target is None else target.uri
        if callers.parts(uri) is None:
            raise not_called(turn, to)
        return uri, NO_ACCOUNT
    if account and turn.settings.account(account) is None:
        raise IntercomError(
            ErrorCode.NO_ACCOUNT, f"There is no account {account}.", f"The station has: {account_names(turn)}."
        )
    target = turn.settings.target(to)
    if target is not None:
        return target.uri, account or target.account
    through = turn.settings.account(account or next((a.name for a in turn.settings.accounts), ""))
    if through is not None and callers.NUMBER.fullmatch(to):
        return f"sip:{to}@{through.domain}", through.name
    if callers.parts(to) is None:
        raise not_called(turn, to)
    return to, account


def not_called(turn: Turn, to: str) -> IntercomError:
    """The error for text that is not an address."""
    return IntercomError(
        ErrorCode.NUMBER_INVALID,
        f"{to!r} cannot be called.",
        "It is neither the name of a target nor a SIP URI.",
        f"Use one of {', '.join(t.name for t in turn.settings.targets) or 'no targets yet'}, or sip:user@host.",
    )


def find_account(turn: Turn, wanted: AccountId) -> Account:
    """Find an account by its name, or raise account-not-found."""
    if turn.settings.account(wanted) is None:
        raise IntercomError(
            ErrorCode.ACCOUNT_NOT_FOUND, f"There is no account {wanted}.", f"The station has: {account_names(turn)}."
        )
    return turn.state.account(wanted)


def account_names(turn: Turn) -> str:
    """The names of the accounts, for people."""
    return ", ".join(a.name for a in turn.settings.accounts) or "none"


def too_many_calls(turn: Turn) -> IntercomError:
    """The error for a call above the limit."""
    return IntercomError(
        ErrorCode.TOO_MANY_CALLS,
        "No further call can be placed.",
        f"The limit is {turn.settings.max_calls} calls.",
        "End one of them, or set sip.max_calls higher.",
    )


def wrong_state(call: Call, done: str, needed_state: str) -> IntercomError:
    """The error for a call that is in the wrong state."""
    return IntercomError(
        ErrorCode.CALL_WRONG_STATE,
        f"Call {call.id} cannot be {done} now.",
        f"It is {call.state}{', but the far end has not confirmed it by its digit yet' if call.confirm else ''}.",
        f"Only a call that is {needed_state} can.",
    )


def find_door(turn: Turn, wanted: DoorId) -> DoorSettings:
    """Find a door by its id, or raise door-not-found."""
    door = turn.settings.door(wanted)
    if door is None:
        names = ", ".join(each.id for each in turn.settings.doors) or "none"
        raise IntercomError(ErrorCode.DOOR_NOT_FOUND, f"There is no door {wanted}.", f"The station has: {names}.")
    return door
