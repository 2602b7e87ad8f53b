"""The room of accounts, contacts and the network: its inputs, requests and timers."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.accounts import contacts, network, registration, subscriptions
from appliance.core.accounts.addresses import find_account
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.orders import Reply
from appliance.core.transition import Turn


def registered(turn: Turn, given: inputs.Registered) -> None:
    """Process a registration; if it is a new one, repeat the account's subscriptions."""
    before = turn.accounts.get(given.account).state
    registration.take_report(turn, given)
    if turn.accounts.get(given.account).state is not before:
        subscriptions.registered(turn, given.account)


def register(turn: Turn, action: inputs.RegisterAccount, asked: inputs.Requested) -> Reply:
    """Register an account, or refresh its registration. Raises IntercomError."""
    account = find_account(turn, action.account)
    if turn.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Account {action.account} cannot register now.",
            "The daemon is stopping.",
            "Try again later.",
        )
    return Reply(asked.request, warning=registration.register(turn, account))


def unregister(turn: Turn, action: inputs.UnregisterAccount, asked: inputs.Requested) -> Reply:
    """End an account's registration. Raises IntercomError."""
    return Reply(asked.request, warning=registration.unregister(turn, find_account(turn, action.account)))


take = takes(
    on(inputs.SipReady, lambda turn, _: sip_ready(turn)),
    on(inputs.SipLost, lambda turn, _: sip_lost(turn)),
    on(inputs.NetworkChanged, network.changed),
    on(inputs.Registered, registered),
    on(inputs.RegistrationFailed, registration.take_report),
    on(inputs.ServerFailed, registration.take_report),
    on(inputs.Unregistered, registration.take_report),
    on(inputs.ContactAnswered, contacts.answered),
    on(inputs.ContactNotified, subscriptions.notified),
    on(inputs.SubscriptionEnded, subscriptions.ended),
)

perform = performs(
    asks(inputs.RegisterAccount, register),
    asks(inputs.UnregisterAccount, unregister),
)


def sip_ready(turn: Turn) -> None:
    """Register the accounts, and watch the contacts."""
    registration.sip_ready(turn)
    contacts.sip_ready(turn)


def sip_lost(turn: Turn) -> None:
    """Wait for the next SIP process."""
    registration.sip_lost(turn)
    contacts.stop_watching(turn)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    if turn.settings.accounts:
        registration.due(turn)
    if turn.accounts.contacts:
        contacts.due(turn)
        subscriptions.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [
        *(at for account in state.accounts.begun for at in (account.wake, account.expires_at)),
        *(contact.wake for contact in state.accounts.contacts),
    ]
