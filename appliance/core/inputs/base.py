"""Base classes of all inputs."""

from typing import TypeVar

from appliance.base.record import Tagged
from appliance.core.model import AccountId, CallId, ConferenceId

_Base = TypeVar("_Base")


class Input(Tagged, kw_only=True):
    """Base of all inputs. The reactor adds `fresh`, 26 sortable characters that no other input has, and `taken`."""

    at: float
    taken: float = 0.0
    fresh: str = ""


class OfCall(Input, kw_only=True):
    """Base of inputs about one known call."""

    call: CallId


class OfAccount(Input, kw_only=True):
    """Base of inputs about one account."""

    account: AccountId


class Action(Tagged):
    """Base of clients' requests: what a client asks for."""


class OfConference(Action):
    """Base of requests about a conference."""

    conference: ConferenceId


def kinds(base: type[_Base]) -> tuple[type[_Base], ...]:
    """All records with this base, without the bases among them, whose names begin with `Of`."""
    found = base.__subclasses__()
    for each in found:
        found += each.__subclasses__()
    return tuple([kind for kind in found if kind.__name__[:2] != "Of"])
