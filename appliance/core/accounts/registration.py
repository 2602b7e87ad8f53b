"""Accounts: register, keep registered, and register again after any failure, by timers of our own.

A registrar that restarts may forget us without notice, so a registration is renewed every few seconds, far more often
than it would expire. Faults that usually pass are retried within 8 s; faults that a person must fix, more slowly.
"""

import zlib

from msgspec.structs import replace

from appliance.core import diagnosis, events, inputs
from appliance.core.model import (
    Account,
    AccountId,
    AccountSettings,
    AccountState,
    KeptContact,
    ServerFault,
    State,
    TlsFault,
)
from appliance.core.orders import Register, Unregister
from appliance.core.tables import Table
from appliance.core.transition import Turn

S = AccountState
FORBIDDEN = 403
GATEWAY_FAULTS = {502, 503, 504}  # a server answers that cannot do what we ask, or cannot reach the one that can
LONGEST_ASKED_S = 3600.0  # an upper limit for Retry-After
UNREACHABLE_KEPT = 16
QUICK = {0, 408, 423, 429, 480, 491}  # beside 5xx: faults that pass without help
ACCOUNTS = Table("accounts.begun", Account, lambda row: row.name, ordered=True)
KEPT = Table("accounts.kept", KeptContact, lambda row: row.account)


# -- the SIP process -------------------------------------------------------------------------------------------------


def sip_ready(turn: Turn) -> None:
    """The SIP process accepts orders: register every wanted account."""
    for settings in turn.settings.accounts:
        account = turn.accounts.get(settings.name)
        if account.wanted and not turn.appliance.stopping:
            attempt(turn, account)
        else:
            ACCOUNTS.put(turn, account)


def sip_lost(turn: Turn) -> None:
    """The SIP process is gone, and the registrations with it; the next process registers again."""
    for account in turn.accounts.begun:
        report = account.state is S.REGISTERED
        at_rest(turn, account, report=report)


def take_report(turn: Turn, given: inputs.AccountInput) -> None:
    """Process a report of the SIP process about an account."""
    settings, account = turn.settings.account(given.account), turn.accounts.get(given.account)
    if settings is None:
        return
    match given:
        case inputs.Registered():
            registered(turn, settings, account, given)
        case inputs.RegistrationFailed():
            failed(turn, settings, account, given)
        case inputs.ServerFailed(server=server, why=why, fault=fault):
            unreachable(turn, account, server, why, fault)
        case _:
            unregistered(turn, account)


def registered(turn: Turn, settings: AccountSettings, account: Account, given: inputs.Registered) -> None:
    """The registrar accepted the registration, for the first time or again."""
    if not account.wanted:  # the response crossed our order to unregister
        return
    keep_contact(turn, account.name, given.contact)
    account = reachable(turn, account, given.server)
    least = turn.settings.times.registration_least_s
    new = replace(
        account,
        state=S.REGISTERED,
        asking=False,
        wake=turn.now + max(least, min(settings.refresh_s, given.expires_s / 2)),
        failures=0,
        began=None,
        registered_before=True,
        expires_at=turn.now + max(2 * least, given.expires_s),
        server=given.server,
        hosts=given.hosts,
        refusals=0,
        code=0,
        reason="",
        explanation="",
    )
    if account.state is not S.REGISTERED:
        new = replace(new, registered_since=turn.now)
        began = turn.now if account.began is None else account.began
        turn.emit(
            events.AccountRegistered(
                account.name,
                after="recovery" if account.registered_before else "start",
                after_s=round(turn.now - began, 3),
                expires_s=given.expires_s,
            )
        )
    ACCOUNTS.put(turn, new)


def failed(turn: Turn, settings: AccountSettings, account: Account, given: inputs.RegistrationFailed) -> None:
    """The registrar refused the registration, or did not answer."""
    if not account.wanted:  # unregistered meanwhile
        if account.asking:
            at_rest(turn, account, report=True)
        return
    if given.code == 0 or given.code in GATEWAY_FAULTS:
        why = f"It answers {given.code} {given.reason}".rstrip() if given.code else given.reason
        fault = ServerFault.of(given.code, given.tls, given.unanswered)
        account = unreachable(turn, account, given.server or settings.registrar, why, fault)
    else:
        account = reachable(turn, account, given.server)
    failures = account.failures + 1
    accepted = account.registered_before or former(turn, account.name) != ""
    refusals = account.refusals + 1 if given.code == FORBIDDEN and accepted else 0
    delay = delay_of(turn, account.name, failures, given, refusals)
    explanation = diagnosis.registration(settings, given, accepted_before=refusals > 0)
    if given.code != account.code or account.state is S.REGISTERED or is_reported(failures):
        turn.emit(
            events.AccountFailed(
                account.name,
                code=given.code,
                reason=given.reason,
                retry_in_s=round(delay, 3),
                explanation=explanation,
            )
        )
    if is_reported(failures + 1):
        turn.emit(events.AccountRegistering(account.name, attempt=failures + 1, in_s=round(delay, 3)))
    ACCOUNTS.put(
        turn,
        replace(
            account,
            state=S.FAILED,
            asking=False,
            wake=turn.now + delay,
            failures=failures,
            refusals=refusals,
            began=turn.now if account.began is None else account.began,
            registered_since=None,
            code=given.code,
            reason=given.reason,
            explanation=explanation,
        ),
    )


def unreachable(turn: Turn, account: Account, server: str, why: str, fault: ServerFault) -> Account:
    """A server does not work: reported once, until it works again."""
    if server in account.unreachable:
        return account
    turn.emit(events.ServerUnreachable(account.name, server=server, why=why, fault=fault))
    account = replace(account, unreachable=(*account.unreachable, server)[-UNREACHABLE_KEPT:])
    ACCOUNTS.put(turn, account)
    return account


def reachable(turn: Turn, account: Account, server: str) -> Account:
    """A server answers: reported if it did not before. A server whose name did not resolve is known by that name."""
    settings = turn.settings.account(account.name)
    known = {server, settings.registrar if settings is not None else server}
    for name in account.unreachable:
        if name in known:
            turn.emit(events.ServerReachable(account.name, server=name))
    return replace(account, unreachable=tuple(name for name in account.unreachable if name not in known))


def unregistered(turn: Turn, account: Account) -> None:
    """The registration has ended on our request; if a client wants it again by now, we register again."""
    keep_contact(turn, account.name, "")
    if account.asking or account.state is S.REGISTERED:
        at_rest(turn, account, report=True)
    if account.wanted:
        rested = turn.accounts.get(account.name)
        ACCOUNTS.put(turn, replace(rested, wake=turn.now + quick(turn, account.name, 1), began=turn.now))


def keep_contact(turn: Turn, name: AccountId, contact: str) -> None:
    """Store our contact at an account's registrar, also over restarts; "": the registrar has none."""
    if contact == former(turn, name):
        return
    if contact:
        KEPT.put(turn, KeptContact(name, address_of(turn, name), contact))
    else:
        KEPT.drop(turn, name)


def former(turn: Turn, name: AccountId) -> str:
    """The contact that the registrar keeps for this account, unless it is another user's by now; "" for none."""
    kept = KEPT.get(turn.state, name)
    return kept.contact if kept is not None and kept.address == address_of(turn, name) else ""


def address_of(turn: Turn, name: AccountId) -> str:
    """The account's user@domain, "" without such an account."""
    settings = turn.settings.account(name)
    return f"{settings.user}@{settings.domain}" if settings is not None else ""


# -- time ------------------------------------------------------------------------------------------------------------


def due(turn: Turn) -> None:
    """Handle expired registrations and missing answers; send refreshes and attempts that are due."""
    for settings in turn.settings.accounts:
        account = turn.accounts.get(settings.name)
        if account.expires_at is not None and turn.now >= account.expires_at:
            turn.emit(events.AccountExpired(account.name))
            state = S.REGISTERING if account.state is S.REGISTERED else account.state  # a refresh was sent long ago
            account = replace(account, state=state, expires_at=None, registered_since=None)
            ACCOUNTS.put(turn, account)
        if account.wake is None or turn.now < account.wake:
            continue
        if account.asking:
            silent = inputs.RegistrationFailed(at=turn.now, account=account.name, code=0, reason="No answer")
            failed(turn, settings, account, silent)
        else:
            attempt(turn, account)


def attempt(turn: Turn, account: Account) -> None:
    """Send a REGISTER."""
    new = replace(account, wanted=True, asking=True, wake=turn.now + turn.settings.times.sip_answers_s)
    if account.state is not S.REGISTERED:
        new = replace(new, state=S.REGISTERING, began=turn.now if account.began is None else account.began)
        if not account.failures:  # later ones are reported when their time is known
            turn.emit(events.AccountRegistering(account.name, attempt=1, in_s=0.0))
    turn.order(Register(account.name, former(turn, account.name)))
    ACCOUNTS.put(turn, new)


def delay_of(turn: Turn, name: AccountId, failures: int, given: inputs.RegistrationFailed, refusals: int) -> float:
    """Seconds until the next attempt, after so many failures in a row.

    refusals: answers of 403 in a row after a success: the PBX may not have let go of our former contact yet.
    """
    times = turn.settings.times
    if given.retry_after_s is not None:
        asked = min(max(given.retry_after_s, times.registration_least_s), LONGEST_ASKED_S)
        return asked + spread(turn, name) * min(
            asked, times.registration_quick_s[0]
        )  # stations sent away together return apart
    if 0 < refusals <= len(times.registration_refused_s):
        return times.registration_refused_s[refusals - 1] * (0.9 + 0.1 * spread(turn, name))
    lasting = given.tls in {TlsFault.NAME, TlsFault.ISSUER}
    if (given.code in QUICK and not lasting) or 500 <= given.code < 600:  # noqa: PLR2004 - server errors, RFC 3261 §21.5
        return quick(turn, name, failures)
    first, longest = times.registration_slow_s
    longest = min(first * failures, longest)
    return longest * (0.9 + 0.1 * spread(turn, name))


def quick(turn: Turn, name: AccountId, failures: int) -> float:
    """Seconds to wait, 1 to 5, later to 8: a registrar that returns is noticed within 10 s, but not by all at once."""
    least = turn.settings.times.registration_least_s
    first, longest = turn.settings.times.registration_quick_s
    longest = min(first + (failures - 1) * least, longest)
    return least + spread(turn, name) * (longest - least)


def spread(turn: Turn, name: AccountId) -> float:
    """A random number from 0 up to 1: the input's id has not been used before."""
    return zlib.crc32(f"{turn.fresh} {name}".encode()) / 2**32


def is_reported(count: int) -> bool:
    """Whether to report this failure: the 1st, 2nd, 4th, 8th…, so that a long outage does not fill the journal."""
    return count & (count - 1) == 0


def network_changed(turn: Turn) -> None:
    """The network changed: a registration may be bound to an address that is gone, and what failed may work now."""
    if not turn.appliance.sip_ready or turn.appliance.stopping:
        return
    for settings in turn.settings.accounts:
        account = turn.accounts.get(settings.name)
        if account.wanted:
            # Soon, but not all stations of a house at once after a power cut.
            ACCOUNTS.put(
                turn,
                replace(
                    account,
                    asking=False,
                    wake=turn.now + spread(turn, account.name) * turn.settings.times.registration_spread_s,
                ),
            )


# -- clients ---------------------------------------------------------------------------------------------------------


def register(turn: Turn, account: Account) -> str:
    """Register or refresh now; return a warning if that is in progress."""
    if account.asking and account.wanted:
        return f"Account {account.name} is registering already."
    if not turn.appliance.sip_ready:
        ACCOUNTS.put(turn, replace(account, wanted=True))
        return f"Account {account.name} registers as soon as SIP is ready."
    attempt(turn, account)
    return ""


def unregister(turn: Turn, account: Account) -> str:
    """End the account's registration, or stop trying; returns a warning if a client has ordered that already."""
    if not account.wanted:
        return f"Account {account.name} is being unregistered already."
    if account.asking or account.expires_at is not None:
        turn.order(Unregister(account.name))
        ACCOUNTS.put(
            turn, replace(account, wanted=False, asking=True, wake=turn.now + turn.settings.times.sip_answers_s)
        )
    else:
        at_rest(turn, replace(account, wanted=False), report=account.state is not S.UNREGISTERED)
    return ""


def stop(turn: Turn) -> None:
    """The daemon stops: unregister every account."""
    for account in turn.accounts.begun:
        unregister(turn, account)


# -- the state -------------------------------------------------------------------------------------------------------


def at_rest(turn: Turn, account: Account, *, report: bool) -> None:
    """Set the account to neither registered nor registering."""
    if report:
        turn.emit(events.AccountUnregistered(account.name))
    ACCOUNTS.put(
        turn,
        replace(
            account,
            state=S.UNREGISTERED,
            asking=False,
            wake=None,
            failures=0,
            began=None,
            registered_since=None,
            expires_at=None,
        ),
    )


def any_registered(state: State) -> bool:
    """Whether some account is registered."""
    return any(account.state is AccountState.REGISTERED for account in state.accounts.begun)
