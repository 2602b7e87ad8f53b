"""Identity of callers: which account and target a caller is, decided by proof and not by what its packet says.

Three things prove a caller: the password of its target, the source address of its packet, and the registrar that sent
it. The SIP process checks the password and resolves host names, and posts both results with the call or message; what
follows from them is decided here, for calls and messages alike.
"""

from collections.abc import Collection

from appliance.base.record import Record
from appliance.core import inputs
from appliance.core.accounts import sip_uris
from appliance.core.accounts.sip_uris import host_of, ip_of
from appliance.core.model import NO_ACCOUNT, Account, AccountId, AccountSettings, Settings, State, Target

# How well each transport proves a message's source, the weakest first: a UDP packet's address can be forged; a TCP
# connection comes from its address; a TLS connection that we made leads to the server whose certificate we checked.
PROOF = ("udp", "tcp", "tls")


class Sender(Record):
    """A caller or the sender of a message: its account, its target if it is one, and whether it is welcome.

    stranger: neither is it a target, nor does a registrar vouch for it.
    """

    account: AccountId
    target: Target | None
    welcome: bool
    stranger: bool


def sender(state: State, given: inputs.CallArrived | inputs.MessageReceived) -> Sender:
    """Identify a caller or sender by proof: a target's password, or the address from which the packet came.

    A call may come through an account that accepts calls from anyone; then the account's registrar proves no identity.
    """
    if isinstance(given, inputs.CallArrived) and given.browser:  # its token has proven it
        return Sender(NO_ACCOUNT, None, welcome=True, stranger=False)
    settings = state.settings
    near = registrars(state, given.source, given.transport)
    through = account_of(settings, given, near)
    account = through.name if through else NO_ACCOUNT
    vouched = account if through in near else NO_ACCOUNT
    shown = given.shown if isinstance(given, inputs.CallArrived) else ""
    target = settings.target(shown) or caller(settings, given.uri, given.source, vouched, given.names)
    welcomes = through.callers if through else settings.callers
    stranger = target is None and vouched == NO_ACCOUNT
    return Sender(account, target, welcome=target is not None or welcomes != "targets", stranger=stranger)


def registrars(state: State, source: str, transport: str) -> list[AccountSettings]:
    """The accounts whose registrar, or one of its proxies, sent a packet from this source."""
    return [
        account
        for account in state.settings.accounts
        if sent_by(_hosts(state.accounts.get(account.name)), account.transport, source, transport)
    ]


def sent_by(hosts: Collection[str], agreed: str, source: str, transport: str) -> bool:
    """Whether a packet's source and transport prove that one of the hosts sent it; agreed: the transport to them.

    The address of a UDP packet can be forged: where TCP or TLS was agreed on it counts for nothing.
    """
    return host_of(source) in hosts and transport in PROOF[PROOF.index(agreed) :]


def account_of(
    settings: Settings, given: inputs.CallArrived | inputs.MessageReceived, near: list[AccountSettings]
) -> AccountSettings | None:
    """The account through which a call or message came; near: the accounts whose registrar sent it.

    From and To are mere claims of the caller. So an account counts only if the packet came from its registrar's
    address, unless the account accepts calls from anyone.
    """
    called = settings.account(given.account)
    if called is not None and (called in near or called.callers == "anyone"):
        return called
    return near[0] if near else None


def caller(
    settings: Settings, uri: str, source: str, account: AccountId = NO_ACCOUNT, names: Collection[str] = ()
) -> Target | None:
    """The target that calls without a password, or None for a stranger.

    account: the account whose registrar sent the packet, if one did. names: the targets' host names that resolve to the
    source. From is a mere claim of the caller (RFC 3261 §8.1.1.3), so its host counts for nothing: a packet of a target
    that is configured by address or host name must have come from there, and a packet of a target with an account from
    the registrar, which knows its callers.
    """
    said = sip_uris.parts(uri)
    if said is None:
        return None
    for target in settings.targets:
        if target.verify:  # only its password proves its identity
            continue
        user, host = sip_uris.parts(target.uri) or ("", "")
        address = ip_of(host)
        if target.account:
            agrees = target.account == account
        elif address is None:
            agrees = host in names
        else:
            agrees = ip_of(host_of(source)) == address
        if agrees and user in {"", said[0]}:
            return target
    return None


def _hosts(account: Account) -> set[str]:
    """The hosts of the account's registrar: any of its proxies may send the account's calls."""
    return {host_of(account.server), *account.hosts} if account.server else set()
