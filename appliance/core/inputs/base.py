"""Base classes of all inputs."""

from appliance.base.record import Tagged
from appliance.core.model import AccountId, CallId, ConferenceId


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


class OfConference(Tagged):
    """Base of requests about a conference."""

    conference: ConferenceId
