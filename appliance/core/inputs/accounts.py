"""Registrations, contacts and the network."""

from appliance.core.inputs.base import Action, Input, OfAccount
from appliance.core.model import AccountId, ContactState, ServerFault, TlsFault, Unanswered


class NetworkChanged(Input, kw_only=True):
    """The network now: our addresses that others can reach, none while it is down, and the nameservers."""

    addresses: tuple[str, ...]
    nameservers: tuple[str, ...] = ()


class Registered(OfAccount, kw_only=True):
    """The registrar accepted a REGISTER. `server`: address:port of the answer.

    hosts: addresses of all servers of the account, each of which may send us calls. contact: our contact as the
    registrar stores it.
    """

    expires_s: float
    server: str
    hosts: tuple[str, ...] = ()
    contact: str = ""


class RegistrationFailed(OfAccount, kw_only=True):
    """A REGISTER failed; code 0: no answer. `retry_after_s`: as the registrar demands (RFC 3261 §20.33).

    tls: the fault of the server's certificate; `reason` then describes it. server: address:port of the attempt, ""
    without a server. unanswered: what was seen where no answer came. doubt, doubted: why an answer that came did not
    count, and its sender. challenge: why the registrar's question for a password cannot be answered, "" if it can.
    """

    code: int
    reason: str
    retry_after_s: float | None = None
    tls: TlsFault = TlsFault.NONE
    server: str = ""
    unanswered: Unanswered = Unanswered.SILENT
    doubt: str = ""
    doubted: str = ""
    challenge: str = ""


class ServerFailed(OfAccount, kw_only=True):
    """One of several servers, at address:port, does not answer or reports a fault: another one is being tried."""

    server: str
    why: str
    fault: ServerFault = ServerFault.NO_ANSWER


class Unregistered(OfAccount, kw_only=True):
    """The registrar confirmed the end of a registration."""


AccountInput = Registered | RegistrationFailed | Unregistered | ServerFailed


class ContactAnswered(Input, kw_only=True):
    """A final response to OPTIONS; code 0: none came. `contact`: the target's name."""

    contact: str
    code: int
    reason: str


class ContactNotified(Input, kw_only=True):
    """A contact's server reported its state (NOTIFY, RFC 6665 §4.1.3). reason: why the state is unknown."""

    contact: str
    state: ContactState
    reason: str = ""


class SubscriptionEnded(Input, kw_only=True):
    """A contact's subscription ended: SUBSCRIBE was refused, or the server ended it.

    code: of the final response, 0: none came; 200: the subscription had begun, and `reason` is the server's (RFC 6665
    §4.1.3).
    """

    contact: str
    code: int
    reason: str
    retry_after_s: float | None = None


class RegisterAccount(Action):
    """Register or refresh now, and stay registered; events report the outcome."""

    account: AccountId


class UnregisterAccount(Action):
    """End the registration until the next request to register; events report the outcome."""

    account: AccountId
