"""Registrations, contacts and the network."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input, OfAccount
from appliance.core.model import AccountId, ContactState, TlsFault


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChanged(Input):
    """The network now: our addresses that others can reach, none while it is down, and the nameservers."""

    addresses: tuple[str, ...]
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(OfAccount):
    """The registrar accepted a REGISTER. `server`: address:port of the answer.

    hosts: addresses of all servers of the account, each of which may send us calls.
    """

    expires_s: float
    server: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFailed(OfAccount):
    """A REGISTER failed; code 0: no answer. `retry_after_s`: as the registrar demands (RFC 3261 §20.33).

    tls: what is wrong with its certificate; `reason` then describes it. server: address:port that was tried, "" if
    none. unresolved: its name has no address; `reason` explains why.
    """

    code: int
    reason: str
    retry_after_s: float | None = None
    tls: TlsFault = TlsFault.NONE
    server: str = ""
    unresolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailed(OfAccount):
    """One of several servers, at address:port, does not answer or reports a fault: another one is being tried."""

    server: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered(OfAccount):
    """The registrar confirmed the end of a registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAnswered(Input):
    """A final response to OPTIONS; code 0: none came. `contact`: the target's name."""

    contact: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNotified(Input):
    """A contact's server reported its state (NOTIFY, RFC 6665 §4.1.3). reason: why the state is unknown."""

    contact: str
    state: ContactState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded(Input):
    """A contact's subscription ended: SUBSCRIBE was refused, or the server ended it.

    code: of the final response, 0: none came; 200: the subscription had begun, and `reason` is the server's (RFC 6665
    §4.1.3).
    """

    contact: str
    code: int
    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """Register now, or refresh, and stay registered."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class UnregisterAccount:
    """End the registration until RegisterAccount, or until the daemon starts again."""

    account: AccountId


AccountInput = Registered | RegistrationFailed | Unregistered | ServerFailed
