"""Accounts at registrars, targets, watched contacts, the network."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.ids import NO_ACCOUNT, AccountId, DoorId
from appliance.core.model.transfers import TransferPolicy


class AccountState(StrEnum):
    """The states of a registration (RFC 3261 §10): failed until the next attempt, registering while one is out."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"


class ContactState(StrEnum):
    """What is known of a watched contact."""

    UNKNOWN = "unknown"
    AVAILABLE = "available"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class Watch(StrEnum):
    """How it is found out whether a target is there: not at all, asked by OPTIONS, or told to us after SUBSCRIBE."""

    OFF = "off"
    OPTIONS = "options"
    SUBSCRIBE = "subscribe"


class Package(StrEnum):
    """What is subscribed to (RFC 6665 §7.2): presence (RFC 3856), or a telephone's calls (RFC 4235)."""

    PRESENCE = "presence"
    DIALOG = "dialog"


class TlsFault(StrEnum):
    """What is wrong with a server's certificate (RFC 5922): its name, who signed it, when it is valid, or else."""

    NONE = ""
    NAME = "name"
    ISSUER = "issuer"
    TIME = "time"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Our address at a registrar: sip:user@domain.

    registrar: host[:port] as configured, for texts. transport: udp, tcp or tls. srtp: off, optional or mandatory.
    refresh_s: the registration is renewed at least so often. callers: whose calls are taken: "registrar" (what comes
    from its address), "targets" or "anyone".
    """

    name: AccountId
    user: str
    domain: str
    registrar: str
    transport: str = "udp"
    srtp: str = "off"
    refresh_s: float = 8.0
    callers: str = "registrar"
    inband_digits: bool = False  # whether digits heard in the sound itself may open a door
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody whom we know: may be rung, may call us, and may open `doors` by digits.

    `account`: calls to it go through that account, and its own come from there. auto_answer: its calls that ask for it
    are answered by themselves. watch: it is asked every `watch_s` seconds whether it is there, or its server to tell.
    confirm: the digit by which who answers a visitor's ring shows that he is no machine; "": none. verify: its calls
    have to show a password, whatever address they come from. srtp: off, optional or mandatory, without an account.
    """

    name: str
    uri: str
    doors: tuple[DoorId, ...] = ()
    account: AccountId = NO_ACCOUNT
    auto_answer: bool = False
    watch: Watch = Watch.OFF
    watch_s: float = 60.0
    confirm: str = ""
    verify: bool = False
    srtp: str = "off"


@dataclass(frozen=True, slots=True)
class Account:
    """A registration. `wake` is due next: an answer while `asking`, else a refresh or the next attempt.

    wanted: a client may have ended it. failures: in a row. began: since when it is tried; None: not yet, or registered.
    expires_at: until when the registrar keeps what it last granted. server: address:port of the last answer; hosts: the
    addresses of all its servers; unreachable: those of them, as address:port, that did not answer when last tried.
    code, reason, explanation: of the last failure.
    """

    name: AccountId
    state: AccountState = AccountState.UNREGISTERED
    wanted: bool = True
    asking: bool = False
    wake: float | None = None
    failures: int = 0
    began: float | None = None
    registered_since: float | None = None
    registered_before: bool = False
    expires_at: float | None = None
    server: str = ""
    hosts: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    code: int = 0
    reason: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A watched target. `wake` is due next: an answer while `asking`, else the question; `since` it is in this state.

    code, reason: of the last answer; 0 for none. package: what its server is asked to tell, where it is asked to.
    """

    name: str
    state: ContactState = ContactState.UNKNOWN
    asking: bool = False
    wake: float | None = None
    since: float | None = None
    code: int = 0
    reason: str = ""
    package: Package = Package.PRESENCE


@dataclass(frozen=True, slots=True)
class Network:
    """The machine's addresses, none while it has no network, and its nameservers."""

    addresses: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
