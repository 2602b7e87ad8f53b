"""Tables of a room: a row for each input that the room processes, and for each request that it performs.

A room makes its two tables once, when it is imported; `step` and `requests` look up in them who takes what.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from appliance.core.inputs import Input, OfCall, Requested
from appliance.core.lookup import find_call
from appliance.core.model import Call, CallId
from appliance.core.orders import Reply
from appliance.core.transition import Turn


class NamesCall(Protocol):
    """A request about one call."""

    @property
    def call(self) -> CallId:
        """The call's id."""


AnInput = TypeVar("AnInput", bound=Input)
InputOfCall = TypeVar("InputOfCall", bound=OfCall)
AnAction = TypeVar("AnAction")
ActionOnCall = TypeVar("ActionOnCall", bound=NamesCall)
InputRule = Callable[[Turn, Any], None]
RequestRule = Callable[[Turn, Any, Requested], Reply | None]
InputRow = tuple[type[Input], InputRule]
RequestRow = tuple[type, RequestRule]
InputTable = dict[type[Input], InputRule]
RequestTable = dict[type, RequestRule]


def takes(*rows: InputRow) -> InputTable:
    """Make a room's table `take`."""
    return dict(rows)


def performs(*rows: RequestRow) -> RequestTable:
    """Make a room's table `perform`.

    A rule gives the reply, or None if it replies later by itself. It raises IntercomError where it cannot be done.
    """
    return dict(rows)


def on(kind: type[AnInput], rule: Callable[[Turn, AnInput], None]) -> InputRow:
    """Make the row of an input."""
    return kind, rule


def on_call(kind: type[InputOfCall], rule: Callable[[Turn, Call, InputOfCall], None]) -> InputRow:
    """Make the row of an input about one call; an input for a call that has ended came late and is ignored."""

    def take(turn: Turn, given: InputOfCall) -> None:
        call = turn.calls.get(given.call)
        if call is not None:
            rule(turn, call, given)

    return kind, take


def asks(kind: type[AnAction], rule: Callable[[Turn, AnAction, Requested], Reply | None]) -> RequestRow:
    """Make the row of a request."""
    return kind, rule


def asks_call(kind: type[ActionOnCall], rule: Callable[[Turn, Call, ActionOnCall, str], str | None]) -> RequestRow:
    """Make the row of a request about one call; the rule gets who asks, and gives a warning's text or nothing."""

    def perform(turn: Turn, action: ActionOnCall, asked: Requested) -> Reply:
        warning = rule(turn, find_call(turn, action.call), action, asked.who)
        return Reply(asked.request, call=action.call, warning=warning or "")

    return kind, perform
