"""Addresses of calls: accounts by name; callees by a target's name, a number or a SIP URI; our own address."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import diagnosis
from appliance.core.accounts import sip_uris
from appliance.core.model import DIRECT, NO_ACCOUNT, Account, AccountId, TransferPolicy
from appliance.core.transition import Turn


def callee(turn: Turn, to: str, account: AccountId) -> tuple[str, AccountId]:
    """The SIP URI of a callee, and the account for the call: the requested one, or else the target's own.

    DIRECT requests no account, whatever the target has. The password in a target's address goes its own way alone.
    """
    if account not in {NO_ACCOUNT, DIRECT} and turn.settings.account(account) is None:
        raise IntercomError(
            ErrorCode.NO_ACCOUNT, f"There is no account {account}.", f"The station has: {account_names(turn)}."
        )
    target = turn.settings.target(to)
    if target is not None:
        way = NO_ACCOUNT if account == DIRECT else account or target.account
        return target.uri if way == target.account else sip_uris.public(target.uri), way
    if "?" in to and sip_uris.parts(to) is not None:  # pjsip would write them into the request, whatever they are
        raise IntercomError(
            ErrorCode.NUMBER_INVALID,
            f"{to!r} cannot be called.",
            "The address has headers, behind its question mark.",
            "Leave them out; an order has `headers` for those that a client may send.",
        )
    if account == DIRECT:
        if sip_uris.parts(to) is None:
            raise no_address(turn, to)
        return to, NO_ACCOUNT
    through = turn.settings.account(account or next((a.name for a in turn.settings.accounts), ""))
    if through is not None and sip_uris.NUMBER.fullmatch(to):
        return f"sip:{to}@{through.domain}", through.name
    if sip_uris.parts(to) is None:
        raise no_address(turn, to)
    return to, account


def target_of(turn: Turn, to: str, account: AccountId) -> str:
    """The target that a call to `to` through this account reaches; "" for none, and for one with another account.

    Its account, or its address, is its proof: elsewhere anybody may answer, and would open the target's doors.
    """
    target = turn.settings.target(to)
    return target.name if target is not None and target.account == account else ""


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


def own_address(turn: Turn, account: AccountId) -> str:
    """Our address in calls through this account, or through none; "" until SIP has been ready once."""
    settings = turn.settings.account(account)
    if settings is not None:
        return diagnosis.address_of(settings)
    return f"sip:{turn.settings.user}@{turn.appliance.sip_address}" if turn.appliance.sip_address else ""


def transport_of(turn: Turn, account: AccountId) -> str:
    """The transport of calls through this account; udp without an account."""
    settings = turn.settings.account(account)
    return settings.transport if settings is not None else "udp"


def policy_of(turn: Turn, account: AccountId) -> TransferPolicy:
    """The transfer policy of calls through this account, or through none."""
    settings = turn.settings.account(account)
    return settings.transfer_policy if settings is not None else turn.settings.transfer_policy
