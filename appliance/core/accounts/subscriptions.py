"""Watched contacts by subscription (RFC 6665): a PBX knows best who is present and who is in a call.

The event package is presence (RFC 3856), or, if the server does not know that, dialog (RFC 4235). A server that
restarts forgets its subscribers without notice, so we subscribe again every `watch_s` seconds.
"""

import zlib

from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.accounts import contacts
from appliance.core.model import AccountId, Contact, ContactState, Package, Settings, Target, Watch
from appliance.core.orders import Subscribe, Unsubscribe
from appliance.core.transition import Turn

LONGEST_ASKED_S = 3600.0  # an upper limit for Retry-After
NO_NOTIFY = "No state was reported"
ONGOING = {"deactivated", "timeout"}  # subscribe again at once (RFC 6665 §4.1.3)
REFUSED = {"rejected", "noresource", "invariant"}  # do not subscribe again at once
BAD_EVENT, GONE, BEGUN = 489, 481, 200
PASSING = {0, 408, 423, 429, 480, GONE, 491}  # beside 5xx


def due(turn: Turn) -> None:
    """Begin or repeat subscriptions that are due, and handle answers that never came."""
    for target in contacts.watched(turn, Watch.SUBSCRIBE):
        contact = turn.accounts.contact(target.name)
        if contact.wake is None or turn.now < contact.wake:
            continue
        if contact.asking:
            ended(turn, inputs.SubscriptionEnded(at=turn.now, contact=target.name, code=0, reason=NO_NOTIFY))
        else:
            ask(turn, target, contact)


def ask(turn: Turn, target: Target, contact: Contact) -> None:
    """Send a SUBSCRIBE."""
    turn.order(Subscribe(target.name, target.uri, target.account, contact.package))
    contacts.CONTACTS.put(turn, replace(contact, asking=True, wake=turn.now + turn.settings.times.sip_answers_s))


def notified(turn: Turn, given: inputs.ContactNotified) -> None:
    """A contact's server reported its state."""
    target, contact = find_subscribed(turn, given.contact), turn.accounts.contact(given.contact)
    if target is None or contact.wake is None:
        return
    wake = turn.now + target.watch_s if contact.asking else contact.wake
    new = replace(contact, state=given.state, asking=False, wake=wake, code=BEGUN, reason=given.reason)
    contacts.change_contact(turn, target, new)


def ended(turn: Turn, given: inputs.SubscriptionEnded) -> None:
    """The subscription ended: it begins again if the server means that; otherwise the contact's state is unknown."""
    target, contact = find_subscribed(turn, given.contact), turn.accounts.contact(given.contact)
    if target is None or contact.wake is None:
        return
    if given.code == BAD_EVENT and contact.package is Package.PRESENCE:
        ask(turn, target, replace(contact, package=Package.DIALOG))
        return
    again = turn.now + delay_of(turn, target, contact, given)
    new = replace(contact, asking=False, wake=again, package=Package.PRESENCE)
    if contact.asking or not (given.code == BEGUN and given.reason in ONGOING):
        new = replace(new, state=ContactState.UNKNOWN, code=given.code, reason=given.reason)
    contacts.change_contact(turn, target, new)


def delay_of(turn: Turn, target: Target, contact: Contact, given: inputs.SubscriptionEnded) -> float:
    """Seconds until the next SUBSCRIBE."""
    spread, times = zlib.crc32(f"{turn.fresh} {target.name}".encode()) / 2**32, turn.settings.times
    soon = times.subscription_soon_s
    if given.retry_after_s is not None:
        return min(max(given.retry_after_s, soon), LONGEST_ASKED_S) + spread * soon
    if not contact.asking and (given.code == GONE or (given.code == BEGUN and given.reason in ONGOING)):
        return soon * (1.0 + spread)
    server = 500 <= given.code < 600  # noqa: PLR2004 - RFC 3261 §21.5
    if given.reason in REFUSED if given.code == BEGUN else not (given.code in PASSING or server):
        return max(target.watch_s, times.subscription_slow_s)
    return target.watch_s


def registered(turn: Turn, account: AccountId) -> None:
    """The account is registered again: repeat its subscriptions."""
    for target in contacts.watched(turn, Watch.SUBSCRIBE):
        if target.account == account:
            ask_soon(turn, target, contacts.first_delay(turn, target))


def network_changed(turn: Turn) -> None:
    """The network changed: subscribe again, so that the servers report to our new address."""
    for target in contacts.watched(turn, Watch.SUBSCRIBE):
        ask_soon(turn, target, turn.settings.times.subscription_settles_s + contacts.first_delay(turn, target))


def ask_soon(turn: Turn, target: Target, delay_s: float) -> None:
    """Subscribe again after `delay_s`, if the contact is being watched."""
    contact = turn.accounts.contact(target.name)
    if contact.wake is not None:
        contacts.CONTACTS.put(turn, replace(contact, asking=False, wake=turn.now + delay_s))


def configured(turn: Turn, before: Settings) -> None:
    """The configuration changed: end the subscriptions of targets that are gone or have moved."""
    now = {identity_of(target) for target in contacts.watched(turn, Watch.SUBSCRIBE)}
    for target in before.targets:
        if target.watch is Watch.SUBSCRIBE and identity_of(target) not in now:
            turn.order(Unsubscribe(target.name))
            contacts.CONTACTS.drop(turn, target.name)


def identity_of(target: Target) -> tuple[str, str, AccountId]:
    """The settings on which a subscription depends: if one of them changes, the subscription is made again."""
    return target.name, target.uri, target.account


def find_subscribed(turn: Turn, name: str) -> Target | None:
    """The target of that name, if it is watched by subscription."""
    return next((each for each in contacts.watched(turn, Watch.SUBSCRIBE) if each.name == name), None)
