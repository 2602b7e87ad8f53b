"""What all inputs have."""

from dataclasses import dataclass

from appliance.core.model import AccountId, CallId, ConferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The base of all. The reactor puts in `fresh`, 26 sortable characters that no other input has, and `taken`."""

    at: float
    taken: float = 0.0
    fresh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCall(Input):
    """The base of inputs about one call that is known already."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAccount(Input):
    """The base of inputs about one account."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class OfConference:
    """The base of what is asked about a conference."""

    conference: ConferenceId
