"""Registrations, servers, contacts, the network."""

from typing import Literal

from appliance.core.events.base import Event, TargetId
from appliance.core.model import AccountId, ContactState, ServerFault


class AccountEvent(Event):
    """An event of an account."""

    account: AccountId


class AccountRegistering(AccountEvent):
    """The first REGISTER is being sent, or after a failure the next one will be in `in_s` seconds.

    Reported for attempts 1, 2, 4, 8 and so on, so that a long outage does not fill the journal.
    """

    TYPE = "account.registering"
    attempt: int
    in_s: float


class AccountRegistered(AccountEvent):
    """The account is registered; refreshes are not reported. `after`: start, or recovery after a failure."""

    TYPE = "account.registered"
    after: Literal["start", "recovery"]
    after_s: float
    expires_s: float


class AccountUnregistered(AccountEvent):
    """The registration has ended: by us, or with the SIP process."""

    TYPE = "account.unregistered"


class AccountExpired(AccountEvent):
    """The registration expired before it could be renewed: calls through the registrar no longer arrive."""

    TYPE = "account.expired"


class AccountFailed(AccountEvent):
    """A REGISTER failed; next attempt in `retry_in_s`. Reported for each new code, and failures 1, 2, 4, 8 and so on.

    `code` 0: no response; 200: granted for no time. `explanation`: one sentence that names the setting to check.
    """

    TYPE = "account.failed"
    code: int
    reason: str
    retry_in_s: float
    explanation: str


class ServerUnreachable(AccountEvent):
    """A registrar or proxy of the account does not answer, cannot be trusted, or reports a fault (502, 503, 504).

    `server`: address:port, or its name. `fault`: its kind; `why`: the words of the system, of the server, or about its
    certificate. no_name: DNS knows no such name; no_dns: no name server answered; no_address: the name has none that
    can be used; refused: the machine refuses the connection; no_route: no network leads there; handshake: TLS fails,
    though not for the certificate; certificate_*: its name, issuer, validity time or something else is wrong.
    """

    TYPE = "server.unreachable"
    server: str
    why: str
    fault: ServerFault


class ServerReachable(AccountEvent):
    """The server answers again."""

    TYPE = "server.reachable"
    server: str


class NetworkUp(Event):
    """The machine has a network again."""

    TYPE = "network.up"
    addresses: str


class NetworkDown(Event):
    """The machine has no network: no interface with a carrier and an address."""

    TYPE = "network.down"


class NetworkChanged(Event):
    """The machine has other addresses or nameservers; calls continue at the new address if the far end allows it."""

    TYPE = "network.changed"
    addresses: str
    nameservers: str


class ContactChanged(Event):
    """The state of a watched target (`watch`), or the reason for an unknown state, has changed.

    `code` 0: no response; 200: its server reported the state.
    """

    TYPE = "contact.changed"
    contact: TargetId
    uri: str
    old: ContactState
    new: ContactState
    code: int
    reason: str
