"""Forwarding: where calls to us are sent on to instead of ringing here, and where far ends may send calls of ours.

Either way a call goes only to a target, or to a number at an account of ours, so that nobody can have this station, or
its PBX, call whomever he likes; and never to where it has been already.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from appliance.base.errors import IntercomError
from appliance.core import events, inputs
from appliance.core.accounts import callers
from appliance.core.model import NO_ACCOUNT, AccountId, Call, Cause, Forwarding, Runtime, Settings, State
from appliance.core.transition import Turn, unanswered

MOVED, BUSY, UNDISTURBED = 302, 486, 480  # RFC 3261 §21.3.3, §21.4.22, §21.4.18
MOST_DIVERSIONS = 5  # of a call before it came here: more is a loop that no address shows
SHORTEST_S, LONGEST_S = 1.0, 600.0
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
RULES = ("always", "quiet", "busy", "no_answer")


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody who may be called: as which target, and through which account."""

    uri: str
    target: str = ""
    account: AccountId = NO_ACCOUNT


@dataclass(frozen=True, slots=True)
class Turned:
    """How a call to us is turned away; `to`: the URI that the caller is to call instead, "" for none."""

    cause: Cause
    code: int
    to: str = ""


def place(settings: Settings, name: str) -> Place | None:
    """Whom a rule names: a target, or a number at the first account; None where it is neither."""
    target = settings.target(name)
    if target is not None:
        return Place(target.uri, target.name, target.account)
    account = next(iter(settings.accounts), None)
    if account is None or not callers.NUMBER.fullmatch(name):
        return None
    return Place(f"sip:{name}@{account.domain}", account=account.name)


# -- calls to us -----------------------------------------------------------------------------------------------------


def turned_away(state: State, call: Call, given: inputs.CallArrived, *, busy: bool) -> Turned | None:
    """How a welcome call is turned away, None where it rings here. A rule that leads nowhere, or back, is none."""
    rules = state.runtime.forwarding
    if to := destination(state.settings, rules.always, call, given):
        return Turned(Cause.REJECTED, MOVED, to)
    if state.quiet or state.runtime.do_not_disturb:
        return turned(Cause.UNAVAILABLE, UNDISTURBED, destination(state.settings, rules.quiet, call, given))
    if busy:
        return turned(Cause.BUSY, BUSY, destination(state.settings, rules.busy, call, given))
    return None


def turned(cause: Cause, code: int, to: str) -> Turned:
    """Sent on where that is possible, refused by `code` where not."""
    return Turned(cause, MOVED if to else code, to)


def to_be_sent_on(turn: Turn, call: Call, given: inputs.CallArrived) -> Call:
    """The same call that rings here, with where it goes on to if nobody answers."""
    rules = turn.state.runtime.forwarding
    to = destination(turn.settings, rules.no_answer, call, given)
    return replace(call, forward_to=to, forward_at=turn.now + rules.no_answer_s) if to else call


def destination(settings: Settings, name: str, call: Call, given: inputs.CallArrived) -> str:
    """The URI of whom a rule names; "" for nobody, the caller himself, and where the call has been already."""
    found = place(settings, name)
    if found is None or len(given.diverted) >= MOST_DIVERSIONS or found.target == call.remote.target != "":
        return ""
    return "" if visited(found.uri, (call.remote.uri, *given.diverted)) else found.uri


def visited(uri: str, before: Iterable[str]) -> bool:
    """Whether it is one of these addresses, whatever port and parameters they have."""
    wanted = callers.parts(uri)
    return any(callers.parts(each) == wanted for each in before)


# -- calls of ours ---------------------------------------------------------------------------------------------------


def followed(turn: Turn, call: Call, contacts: tuple[str, ...]) -> Place | None:
    """Which of these a call of ours goes on to; None where none may be called, or it was sent on too often already."""
    if not unanswered(call) or turn.state.stopping or len(call.redirected) >= turn.settings.max_redirects:
        return None
    allowed = (known(turn.state, call, contact) for contact in contacts)
    before = (*call.redirected, call.remote.uri)
    return next((to for to in allowed if to is not None and not visited(to.uri, before)), None)


def known(state: State, call: Call, contact: str) -> Place | None:
    """Who a far end means: a target, which is called as it is configured, or a number at the call's own registrar."""
    meant = callers.parts(contact)
    if meant is None:
        return None
    user, host = meant
    for target in state.settings.targets:
        its_user, its_host = callers.parts(target.uri) or ("", "")
        if its_host == host and its_user in {"", user}:
            return Place(target.uri, target.name, target.account)
    account = state.settings.account(call.account)
    if account is None or not callers.NUMBER.fullmatch(user):
        return None
    registrar = callers.parts(f"sip:{account.registrar}") or ("", "")
    if host not in {account.domain.lower(), registrar[1], *state.account(account.name).hosts}:
        return None
    return Place(f"sip:{user}@{account.domain}", account=account.name)


# -- what clients change ---------------------------------------------------------------------------------------------


def change(turn: Turn, wanted: inputs.ChangeRuntime) -> str:
    """Change what a client wants otherwise; the warning's text if it is all so already. Raises IntercomError."""
    check(turn.settings, wanted)
    old = turn.state.runtime
    names = [each.name for each in fields(Forwarding) if getattr(wanted, each.name) is not None]
    rules = replace(old.forwarding, **{name: getattr(wanted, name) for name in names})
    new = Runtime(
        rules,
        old.quiet_hours if wanted.quiet_hours is None else wanted.quiet_hours,
        old.do_not_disturb if wanted.do_not_disturb is None else wanted.do_not_disturb,
    )
    changed = [f"forwarding.{name}" for name in names if getattr(rules, name) != getattr(old.forwarding, name)]
    changed += [name for name in ("quiet_hours", "do_not_disturb") if getattr(new, name) != getattr(old, name)]
    if not changed:
        return "These settings are active already."
    turn.state = replace(turn.state, changed=new)
    turn.emit(events.ConfigChanged(applied=", ".join(changed), needs_restart=""))
    return ""


def check(settings: Settings, wanted: inputs.ChangeRuntime) -> None:
    """Raises IntercomError for what cannot be."""
    for rule in RULES:
        name = getattr(wanted, rule)
        if name and place(settings, name) is None:
            raise IntercomError(
                "number-invalid",
                f"Calls cannot be forwarded to {name!r}.",
                "It is neither the name of a target nor a number at an account.",
                f"Use one of {', '.join(t.name for t in settings.targets) or 'no targets yet'}.",
            )
    if wanted.no_answer_s is not None and not SHORTEST_S <= wanted.no_answer_s <= LONGEST_S:
        raise IntercomError(
            "parameter-invalid", f"A call cannot ring for {wanted.no_answer_s} s.", "It rings for 1 to 600 s."
        )
    hours = wanted.quiet_hours
    if (
        hours is not None
        and (hours.begin or hours.end)
        and not (TIME.fullmatch(hours.begin) and TIME.fullmatch(hours.end))
    ):
        raise IntercomError(
            "parameter-invalid",
            f"{hours.begin!r} to {hours.end!r} cannot be quiet hours.",
            "Give two different times such as 22:30, or leave both empty.",
        )


def quiet_changed(turn: Turn, *, quiet: bool) -> None:
    """The quiet hours have begun, or are over."""
    if quiet != turn.state.quiet:
        turn.state = replace(turn.state, quiet=quiet)
        turn.emit(events.NoticeTold("quiet-hours", f"The quiet hours {'have begun' if quiet else 'are over'}."))


def standing(state: State) -> list[str]:
    """What of this people should know who look at the status."""
    runtime = state.runtime
    if runtime.forwarding.always:
        return [f"calls are forwarded to {runtime.forwarding.always}"]
    if runtime.do_not_disturb:
        return ["do not disturb"]
    return ["quiet hours"] if state.quiet else []


def view(state: State) -> dict[str, Any]:
    """For clients."""
    runtime = state.runtime
    rules, hours = runtime.forwarding, runtime.quiet_hours
    return {
        "forwarding": {each.name: getattr(rules, each.name) for each in fields(Forwarding)},
        "quiet_hours": {"begin": hours.begin, "end": hours.end},
        "do_not_disturb": runtime.do_not_disturb,
        "quiet": state.quiet,
    }
