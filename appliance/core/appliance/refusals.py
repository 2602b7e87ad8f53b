"""Access from outside: tokens, and refused strangers.

The latter are reported once a minute for each source, so that a flood of them cannot fill the journal. Each kind of
report has its own sources, so that a flood of one kind, as of forged requests by UDP, hides no other.
"""

from msgspec.structs import replace

from appliance.base.record import carried
from appliance.core import events, inputs
from appliance.core.model import LockoutScope
from appliance.core.transition import Turn

AGAIN_AFTER_S = 60.0
MOST_SOURCES = 16  # of each kind: addresses can be made up


def denied(turn: Turn, given: inputs.AccessDenied) -> None:
    """Report that access was denied."""
    if is_news(turn, events.AccessDenied, given.source):
        turn.emit(carried(events.AccessDenied, given, from_=given.source))


def token_added(turn: Turn, given: inputs.AccessTokenAdded) -> None:
    """Report a new token."""
    turn.emit(carried(events.AccessTokenAdded, given.added, expires=given.expires, by=given.by))


def token_removed(turn: Turn, given: inputs.AccessTokenRemoved) -> None:
    """Report that a token allows nothing any more."""
    turn.emit(carried(events.AccessTokenRemoved, given))


def locked_out(turn: Turn, given: inputs.AccessLockedOut) -> None:
    """Report that somebody is locked out for a while. Clients are locked out without end by who has many addresses."""
    if given.scope is not LockoutScope.CLIENT or is_news(turn, events.AccessLockedOut, given.source):
        turn.emit(carried(events.AccessLockedOut, given, from_=given.source, doors=()))


def order_refused(turn: Turn, given: inputs.OrderRefused) -> None:
    """Report an order by MQTT that was refused; its process keeps to a rate."""
    turn.emit(carried(events.AccessOrderRefused, given))


def request_refused(turn: Turn, given: inputs.RequestRefused) -> None:
    """Report a SIP request that was refused."""
    if is_news(turn, events.RequestRefused, f"{given.code} {given.source}"):
        turn.emit(carried(events.RequestRefused, given, from_=given.source))


def answer_doubted(turn: Turn, given: inputs.AnswerDoubted) -> None:
    """Count an answer that was not believed, and report it."""
    turn.appliance = replace(turn.appliance, doubted=turn.appliance.doubted + 1)
    if is_news(turn, events.AnswerDoubted, f"{given.reason} {given.source}"):
        turn.emit(carried(events.AnswerDoubted, given, from_=given.source))


def requests_dropped(turn: Turn, given: inputs.RequestsDropped) -> None:
    """Count SIP requests of senders that send too many."""
    turn.appliance = replace(turn.appliance, dropped=turn.appliance.dropped + given.count)


def is_news(turn: Turn, kind: type[events.Event], what: str) -> bool:
    """Whether to report this: once a minute for each source, of a few sources only, as addresses can be forged."""
    known = tuple(each for each in turn.appliance.denied if turn.now - each[2] < AGAIN_AFTER_S)
    alike = {each for of, each, _ in known if of == kind.TYPE}
    news = len(alike) < MOST_SOURCES and what not in alike
    turn.appliance = replace(turn.appliance, denied=(*known, (kind.TYPE, what, turn.now)) if news else known)
    return news
