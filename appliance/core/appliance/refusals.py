"""Access from outside: tokens, and refused strangers.

The latter are reported once a minute for each source, so that a flood of them cannot fill the journal.
"""

from msgspec.structs import replace

from appliance.base.record import carried
from appliance.core import events, inputs
from appliance.core.transition import Turn

AGAIN_AFTER_S = 60.0
MOST_SOURCES = 16  # addresses can be made up


def denied(turn: Turn, given: inputs.AccessDenied) -> None:
    """Report that access was denied."""
    if is_news(turn, given.source):
        turn.emit(carried(events.AccessDenied, given, from_=given.source))


def token_added(turn: Turn, given: inputs.AccessTokenAdded) -> None:
    """Report a new token."""
    turn.emit(carried(events.AccessTokenAdded, given.added, expires=given.expires, by=given.by))


def token_removed(turn: Turn, given: inputs.AccessTokenRemoved) -> None:
    """Report that a token allows nothing any more."""
    turn.emit(carried(events.AccessTokenRemoved, given))


def locked_out(turn: Turn, given: inputs.AccessLockedOut) -> None:
    """Report that somebody is locked out for a while."""
    turn.emit(carried(events.AccessLockedOut, given, from_=given.source, doors=()))


def order_refused(turn: Turn, given: inputs.OrderRefused) -> None:
    """Report an order by MQTT that was refused; its process keeps to a rate."""
    turn.emit(carried(events.AccessOrderRefused, given))


def request_refused(turn: Turn, given: inputs.RequestRefused) -> None:
    """Report a SIP request that was refused."""
    if is_news(turn, f"{given.code} {given.source}"):
        turn.emit(carried(events.RequestRefused, given, from_=given.source))


def answer_doubted(turn: Turn, given: inputs.AnswerDoubted) -> None:
    """Count an answer that was not believed, and report it."""
    turn.appliance = replace(turn.appliance, doubted=turn.appliance.doubted + 1)
    if is_news(turn, f"{given.reason} {given.source}"):
        turn.emit(carried(events.AnswerDoubted, given, from_=given.source))


def requests_dropped(turn: Turn, given: inputs.RequestsDropped) -> None:
    """Count SIP requests of senders that send too many."""
    turn.appliance = replace(turn.appliance, dropped=turn.appliance.dropped + given.count)


def is_news(turn: Turn, what: str) -> bool:
    """Whether to report this: once a minute for each source, of a few sources only, as addresses can be forged."""
    known = tuple((each, at) for each, at in turn.appliance.denied if turn.now - at < AGAIN_AFTER_S)
    news = len(known) < MOST_SOURCES and what not in {each for each, _ in known}
    turn.appliance = replace(turn.appliance, denied=(*known, (what, turn.now)) if news else known)
    return news
