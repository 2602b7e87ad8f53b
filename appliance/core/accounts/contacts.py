"""Watched contacts: targets that are probed regularly, so that their state is known before a visitor rings.

The probe is OPTIONS (RFC 3261 §11), which a SIP phone answers as it would answer a call; see also `subscriptions`.
"""

import zlib

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.accounts import sip_uris
from appliance.core.model import Contact, ContactState, Target, Watch
from appliance.core.orders import Probe
from appliance.core.tables import Table
from appliance.core.transition import Turn

C = ContactState
BUSY = {486, 600}
ABSENT = {0, 404, 408, 410, 480, 502, 503, 504, 604}
CONTACTS = Table("accounts.contacts", Contact, lambda row: row.name, ordered=True)


def sip_ready(turn: Turn) -> None:
    """Begin to watch all contacts, at slightly different times; servers are asked once their account is registered."""
    for target in watched(turn):
        delay = first_delay(turn, target) if target.watch is Watch.OPTIONS else turn.settings.times.sip_answers_s
        CONTACTS.put(turn, replace(turn.accounts.contact(target.name), asking=False, wake=turn.now + delay))


def stop_watching(turn: Turn) -> None:
    """Probe nobody while SIP is not ready or the daemon stops; the known states stay until better ones arrive."""
    for contact in turn.accounts.contacts:
        CONTACTS.put(turn, replace(contact, asking=False, wake=None))


def due(turn: Turn) -> None:
    """Send probes that are due, and handle answers that never came."""
    for target in watched(turn, Watch.OPTIONS):
        contact = turn.accounts.contact(target.name)
        if contact.wake is None or turn.now < contact.wake:
            continue
        if contact.asking:
            answered(turn, inputs.ContactAnswered(at=turn.now, contact=target.name, code=0, reason="No answer"))
        else:
            turn.order(Probe(target.name, target.uri, target.account))
            CONTACTS.put(turn, replace(contact, asking=True, wake=turn.now + turn.settings.times.sip_answers_s))


def answered(turn: Turn, given: inputs.ContactAnswered) -> None:
    """A contact answered, or no answer came."""
    target = next((each for each in watched(turn, Watch.OPTIONS) if each.name == given.contact), None)
    contact = turn.accounts.contact(given.contact)
    if target is None or not contact.asking:
        return
    new = replace(
        contact,
        state=state_of(given.code),
        asking=False,
        wake=turn.now + target.watch_s,
        code=given.code,
        reason=given.reason,
    )
    change_contact(turn, target, new)


def change_contact(turn: Turn, target: Target, new: Contact) -> None:
    """Store the contact; emit an event if its state is new, or unknown for another reason than before."""
    old = turn.accounts.contact(target.name)
    unknown = new.state is C.UNKNOWN and (new.code, new.reason) != (old.code, old.reason)
    if new.state is not old.state:
        new = replace(new, since=turn.now)
    if new.state is not old.state or unknown:
        event = events.ContactChanged(
            target.name, uri=sip_uris.public(target.uri), old=old.state, new=new.state, code=new.code, reason=new.reason
        )
        turn.emit(event)
    CONTACTS.put(turn, new)


def configured(turn: Turn) -> None:
    """The configuration changed: watch its targets from now on."""
    names = {target.name for target in watched(turn)}
    turn.accounts = replace(turn.accounts, contacts=tuple(c for c in turn.accounts.contacts if c.name in names))
    for target in watched(turn):
        if turn.appliance.sip_ready and turn.accounts.contact(target.name).wake is None:
            CONTACTS.put(turn, replace(turn.accounts.contact(target.name), wake=turn.now + first_delay(turn, target)))


def state_of(code: int) -> ContactState:
    """The state that a final response to OPTIONS means; an unknown code at least proves that somebody is there."""
    if code in BUSY:
        return C.BUSY
    return C.UNAVAILABLE if code in ABSENT else C.AVAILABLE


def watched(turn: Turn, *ways: Watch) -> tuple[Target, ...]:
    """The targets that are watched in one of these ways, or in any; none while the daemon stops."""
    wanted = ways or (Watch.OPTIONS, Watch.SUBSCRIBE)
    return (
        () if turn.appliance.stopping else tuple(target for target in turn.settings.targets if target.watch in wanted)
    )


def first_delay(turn: Turn, target: Target) -> float:
    """Seconds until the first probe, so that not all contacts are probed at once."""
    return zlib.crc32(f"{turn.fresh} {target.name}".encode()) / 2**32 * turn.settings.times.contact_spread_s
