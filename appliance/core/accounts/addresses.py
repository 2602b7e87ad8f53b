"""Addresses in requests: accounts by name, and callees by a target's name, a number or a SIP URI."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.accounts import callers
from appliance.core.model import DIRECT, NO_ACCOUNT, Account, AccountId
from appliance.core.transition import Turn


def callee(turn: Turn, to: str, account: AccountId) -> tuple[str, AccountId]:
    """The SIP URI of a callee, and the account for the call: the requested one, or else the target's own.

    DIRECT requests no account, whatever the target has.
    """
    if account == DIRECT:
        target = turn.settings.target(to)
        uri = to if target is None else target.uri
        if callers.parts(uri) is None:
            raise no_address(turn, to)
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
        raise no_address(turn, to)
    return to, account


def no_address(turn: Turn, to: str) -> IntercomError:
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
    return turn.accounts.get(wanted)


def account_names(turn: Turn) -> str:
    """The names of all accounts, for people."""
    return ", ".join(a.name for a in turn.settings.accounts) or "none"
