"""Base classes of all inputs."""

from dataclasses import dataclass

from appliance.core.model import AccountId, CallId, ConferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Base of all inputs. The reactor adds `fresh`, 26 sortable characters that no other input has, and `taken`."""

    at: float
    taken: float = 0.0
    fresh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCall(Input):
    """Base of inputs about one known call."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAccount(Input):
    """Base of inputs about one account."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class OfConference:
    """Base of requests about a conference."""

    conference: ConferenceId
