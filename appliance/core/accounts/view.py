"""Accounts and contacts as clients and people read them."""

from appliance.core import diagnosis, wall_clock
from appliance.core.accounts import sip_uris
from appliance.core.model import AccountSettings, AccountState, State, Target, Watch
from appliance.core.summaries import registration_line
from appliance.core.views import accounts as views


def network_view(state: State) -> views.Network:
    """The machine's network for clients."""
    network = state.accounts.network
    return views.Network(
        up=not state.accounts.offline,
        addresses=() if network is None else network.addresses,
        nameservers=() if network is None else network.nameservers,
    )


def account_view(state: State, settings: AccountSettings, epoch: float) -> views.Account:
    """An account for clients."""
    account = state.accounts.get(settings.name)
    waits = account.state is AccountState.FAILED and account.wake is not None
    return views.Account(
        name=settings.name,
        display_name=settings.display_name or None,
        state=account.state,
        user=settings.user,
        uri=diagnosis.address_of(settings),
        registrar=settings.registrar,
        transport=settings.transport,
        srtp=settings.srtp,
        server=account.server,
        registered_since=wall_clock.iso(account.registered_since, epoch),
        expires=wall_clock.iso(account.expires_at, epoch),
        failures=account.failures,
        retry_at=wall_clock.iso(account.wake if waits else None, epoch),
        code=account.code,
        reason=account.reason,
        explanation=account.explanation,
        summary=registration_line(state, settings),
    )


def target_view(target: Target) -> views.Target:
    """A target for clients."""
    return views.Target(
        name=target.name,
        display_name=target.display_name or None,
        uri=sip_uris.public(target.uri),
        account=target.account or None,
    )


def contact_view(state: State, target: Target, epoch: float) -> views.Contact:
    """A target for clients, with its state if it is watched."""
    contact = state.accounts.contact(target.name)
    return views.Contact(
        name=target.name,
        display_name=target.display_name or None,
        uri=sip_uris.public(target.uri),
        account=target.account or None,
        watched=target.watch is not Watch.OFF,
        state=contact.state,
        since=wall_clock.iso(contact.since, epoch),
        code=contact.code,
        reason=contact.reason,
    )
