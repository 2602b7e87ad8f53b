"""Registrations, contacts, the network."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input, OfAccount
from appliance.core.model import AccountId, ContactState, TlsFault


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChanged(Input):
    """What the network is now: addresses that others can reach us at, none while it is down, and who resolves names."""

    addresses: tuple[str, ...]
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(OfAccount):
    """The registrar granted a REGISTER. `server`: address:port that the answer came from.

    hosts: addresses of all servers of the account, whichever of them may send us calls.
    """

    expires_s: float
    server: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFailed(OfAccount):
    """A REGISTER was refused; code 0: nobody answered. `retry_after_s`: as the registrar asks (RFC 3261 §20.33).

    tls: what is wrong with the certificate that it showed; `reason` then says it in words. server: address:port that
    was tried, "" where there was none to try. unresolved: its name has no address; `reason` says why.
    """

    code: int
    reason: str
    retry_after_s: float | None = None
    tls: TlsFault = TlsFault.NONE
    server: str = ""
    unresolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailed(OfAccount):
    """One of several servers, at address:port, does not answer or is in trouble: another one is being tried."""

    server: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered(OfAccount):
    """The registrar took the end of a registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAnswered(Input):
    """A final response to OPTIONS, or code 0: none came. `contact`: the target's name."""

    contact: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNotified(Input):
    """A contact's server told how it is (NOTIFY, RFC 6665 §4.1.3). reason: why that is not known."""

    contact: str
    state: ContactState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded(Input):
    """Nothing more will be told of a contact: SUBSCRIBE was refused, or the server has ended it.

    code: of the final response, 0: none came; 200: it had begun, and `reason` is the server's (RFC 6665 §4.1.3).
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
    """End the registration until RegisterAccount, or until the daemon starts anew."""

    account: AccountId


AccountInput = Registered | RegistrationFailed | Unregistered | ServerFailed
