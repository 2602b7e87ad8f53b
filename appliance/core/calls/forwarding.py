"""Forwarding: where our incoming calls go instead of ringing here, and where far ends may redirect our own calls.

Either way a call goes only to a target, or to a number at one of our accounts, so that nobody can make this station or
its PBX call an arbitrary address; and never to an address that the call has already visited.
"""

import re
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.core import events, inputs, wall_clock
from appliance.core.accounts import sip_uris
from appliance.core.lookup import check_profile
from appliance.core.model import NO_ACCOUNT, AccountId, Call, Cause, NoticeCode, Settings, State
from appliance.core.transition import Turn, unanswered

MOVED, BUSY, UNDISTURBED = 302, 486, 480  # RFC 3261 §21.3.3, §21.4.22, §21.4.18
MOST_DIVERSIONS = 5  # of a call before it reached us: more is a loop that its addresses do not show
SHORTEST_S, LONGEST_S = 1.0, 600.0
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
RULES = ("always", "quiet", "busy", "no_answer")


class Callee(Record):
    """An address that may be called: its URI, its target's name and its account."""

    uri: str
    target: str = ""
    account: AccountId = NO_ACCOUNT


class Refusal(Record):
    """How we refuse an incoming call. to: the URI that the caller should call instead, "" for none."""

    cause: Cause
    code: int
    to: str = ""


def callee(settings: Settings, name: str) -> Callee | None:
    """Return the callee that a rule names: a target, or a number at the first account; None for any other text."""
    target = settings.target(name)
    if target is not None:
        return Callee(target.uri, target.name, target.account)
    account = next(iter(settings.accounts), None)
    if account is None or not sip_uris.NUMBER.fullmatch(name):
        return None
    return Callee(f"sip:{name}@{account.domain}", account=account.name)


# -- calls to us -----------------------------------------------------------------------------------------------------


def refusal(state: State, call: Call, given: inputs.CallArrived, *, busy: bool) -> Refusal | None:
    """Return how to refuse a welcome call, None if it rings here. A rule without a usable destination is ignored."""
    rules = state.runtime.forwarding
    if always(state) and (to := destination(state.settings, rules.always, call, given)):
        return Refusal(Cause.REJECTED, MOVED, to)
    if state.appliance.quiet or state.runtime.do_not_disturb:
        return refused(Cause.UNAVAILABLE, UNDISTURBED, destination(state.settings, rules.quiet, call, given))
    if busy:
        return refused(Cause.BUSY, BUSY, destination(state.settings, rules.busy, call, given))
    return None


def always(state: State) -> bool:
    """Whether the rule for all calls applies now: always, or while its time profile is active."""
    return wall_clock.profile_why_not(state, state.settings.forwarding_profile) is None


def refused(cause: Cause, code: int, to: str) -> Refusal:
    """Return a refusal that forwards the call (302) to `to`; with `code` if `to` is empty."""
    return Refusal(cause, MOVED if to else code, to)


def to_be_sent_on(turn: Turn, call: Call, given: inputs.CallArrived) -> Call:
    """The ringing call, with the destination and the time at which it is forwarded if nobody answers."""
    rules = turn.state.runtime.forwarding
    to = destination(turn.settings, rules.no_answer, call, given)
    return replace(call, forward=replace(call.forward, to=to, at=turn.now + rules.no_answer_s)) if to else call


def destination(settings: Settings, name: str, call: Call, given: inputs.CallArrived) -> str:
    """The URI that a rule names; "" for no usable one, for the caller, and for an address that the call has visited."""
    found = callee(settings, name)
    if found is None or len(given.diverted) >= MOST_DIVERSIONS or found.target == call.remote.target != "":
        return ""
    return "" if visited(found.uri, (call.remote.uri, *given.diverted)) else found.uri


def visited(uri: str, before: Iterable[str]) -> bool:
    """Whether `uri` is one of these addresses; port and parameters do not count."""
    wanted = sip_uris.parts(uri)
    return any(sip_uris.parts(each) == wanted for each in before)


# -- our own calls ---------------------------------------------------------------------------------------------------


def followed(turn: Turn, call: Call, contacts: tuple[str, ...]) -> Callee | None:
    """The contact of a redirect (3xx) to which our call goes on; None if none is allowed or the limit is reached."""
    if not unanswered(call) or turn.appliance.stopping or len(call.placing.redirected) >= turn.settings.max_redirects:
        return None
    allowed = (known(turn.state, call, contact) for contact in contacts)
    before = (*call.placing.redirected, call.remote.uri)
    return next((to for to in allowed if to is not None and not visited(to.uri, before)), None)


def known(state: State, call: Call, contact: str) -> Callee | None:
    """The address that a redirect means: a target, called as it is configured, or a number at the call's registrar."""
    meant = sip_uris.parts(contact)
    if meant is None:
        return None
    user, host = meant
    for target in state.settings.targets:
        its_user, its_host = sip_uris.parts(target.uri) or ("", "")
        if its_host == host and its_user in {"", user}:
            return Callee(target.uri, target.name, target.account)
    account = state.settings.account(call.account)
    if account is None or not sip_uris.NUMBER.fullmatch(user):
        return None
    registrar = sip_uris.parts(f"sip:{account.registrar}") or ("", "")
    if host not in {account.domain.lower(), registrar[1], *state.accounts.get(account.name).hosts}:
        return None
    return Callee(f"sip:{user}@{account.domain}", account=account.name)


# -- run-time settings -----------------------------------------------------------------------------------------------


def change_runtime(turn: Turn, wanted: inputs.ChangeRuntime) -> str:
    """Change run-time settings; return a warning if all have these values already. Raises IntercomError."""
    check_runtime(turn.settings, wanted)
    old = turn.state.runtime
    if wanted.read is not None and replace(wanted.read, levels=old.levels) != old:
        raise IntercomError(
            ErrorCode.PRECONDITION_FAILED,
            "These settings are not the ones that you have read.",
            "Another client has just changed them.",
            "Read them again, and decide again.",
        )
    rules_given = given(wanted, inputs.ForwardingChange)
    hours_given = given(wanted.quiet_hours, inputs.QuietHoursChange) if wanted.quiet_hours else {}
    rules = replace(old.forwarding, **rules_given)
    new = replace(
        old,
        forwarding=rules,
        quiet_hours=replace(old.quiet_hours, **hours_given),
        do_not_disturb=old.do_not_disturb if wanted.do_not_disturb is None else wanted.do_not_disturb,
    )
    changed = [f"forwarding.{name}" for name in rules_given if getattr(rules, name) != getattr(old.forwarding, name)]
    changed += [name for name in ("quiet_hours", "do_not_disturb") if getattr(new, name) != getattr(old, name)]
    if not changed:
        return "These settings are active already."
    turn.appliance = replace(turn.appliance, changed=new)
    turn.emit(events.ConfigChanged(applied=", ".join(changed), needs_restart=""))
    return ""


def given(change: Record, kind: type[Record]) -> dict[str, Any]:
    """The fields of this kind that a change gives; None: unchanged."""
    values = ((name, getattr(change, name)) for name in kind.__struct_fields__)
    return {name: value for name, value in values if value is not None}


def check_runtime(settings: Settings, wanted: inputs.ChangeRuntime) -> None:
    """Raise IntercomError for a value that is not allowed."""
    for rule in RULES:
        name = getattr(wanted, rule)
        if name and callee(settings, name) is None:
            raise IntercomError(
                ErrorCode.NUMBER_INVALID,
                f"Calls cannot be forwarded to {name!r}.",
                "It is neither the name of a target nor a number at an account.",
                f"Use one of {', '.join(t.name for t in settings.targets) or 'no targets yet'}.",
            )
    if wanted.no_answer_s is not None and not SHORTEST_S <= wanted.no_answer_s <= LONGEST_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A call cannot ring for {wanted.no_answer_s} s.", "It rings for 1 to 600 s."
        )
    hours = wanted.quiet_hours
    if hours is not None and hours.profile:
        check_profile(settings, hours.profile)
    if (
        hours is not None
        and (hours.begin or hours.end)
        and (hours.begin == hours.end or not (re.fullmatch(TIME, hours.begin) and re.fullmatch(TIME, hours.end)))
    ):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{hours.begin!r} to {hours.end!r} cannot be quiet hours.",
            "Give two different times such as 22:30, or leave both empty.",
        )


def due(turn: Turn) -> None:
    """Report that the quiet hours have begun or ended."""
    quiet = wall_clock.is_quiet(turn.state)
    if quiet != turn.appliance.quiet:
        turn.appliance = replace(turn.appliance, quiet=quiet)
        turn.emit(
            events.NoticeReported(NoticeCode.QUIET_HOURS, f"The quiet hours {'have begun' if quiet else 'are over'}.")
        )


def standing(state: State) -> list[str]:
    """The words of the status line on forwarding, do-not-disturb and quiet hours; of several, only the strongest."""
    runtime = state.runtime
    if runtime.forwarding.always and always(state):
        return [f"calls are forwarded to {runtime.forwarding.always}"]
    if runtime.do_not_disturb:
        return ["do not disturb"]
    return ["quiet hours"] if state.appliance.quiet else []
