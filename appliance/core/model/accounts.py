"""Accounts at registrars, targets, watched contacts and the network."""

from enum import StrEnum
from typing import Literal

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import NO_ACCOUNT, AccountId, DoorId
from appliance.core.model.recordings import Announcements
from appliance.core.model.transfers import TransferPolicy

Transport = Literal["udp", "tcp", "tls"]
Srtp = Literal["off", "optional", "mandatory"]


class AccountState(StrEnum):
    """The states of a registration (RFC 3261 §10): failed until the next attempt, registering during an attempt."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"


class ContactState(StrEnum):
    """The state of a watched contact."""

    UNKNOWN = "unknown"
    AVAILABLE = "available"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class Watch(StrEnum):
    """How a target is watched: not at all, probed by OPTIONS, or by SUBSCRIBE."""

    OFF = "off"
    OPTIONS = "options"
    SUBSCRIBE = "subscribe"


class Package(StrEnum):
    """The event package of a subscription (RFC 6665 §7.2): presence (RFC 3856) or dialog (RFC 4235)."""

    PRESENCE = "presence"
    DIALOG = "dialog"


class TlsFault(StrEnum):
    """The fault of a server's certificate (RFC 5922): its name, its issuer, its validity time, or another fault."""

    NONE = ""
    NAME = "name"
    ISSUER = "issuer"
    TIME = "time"
    OTHER = "other"


class Unanswered(StrEnum):
    """What was seen where no answer came to a REGISTER: nothing, or why it did not even go out.

    NO_NAME: DNS knows no such name. NO_DNS: no name server answered. NO_ADDRESS: the name has none that can be used.
    REFUSED: the machine refused the connection. NO_ROUTE: no network leads there. HANDSHAKE: the connection was made,
    and its TLS handshake failed, though not for the server's certificate.
    """

    SILENT = ""
    NO_NAME = "no_name"
    NO_DNS = "no_dns"
    NO_ADDRESS = "no_address"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    HANDSHAKE = "handshake"


class ServerFault(StrEnum):
    """Why a server of an account cannot be used: it answers that it cannot serve, or as TlsFault and Unanswered say."""

    CANNOT_SERVE = "cannot_serve"
    NO_ANSWER = "no_answer"
    NO_NAME = "no_name"
    NO_DNS = "no_dns"
    NO_ADDRESS = "no_address"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    HANDSHAKE = "handshake"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_ISSUER = "certificate_issuer"
    CERTIFICATE_TIME = "certificate_time"
    CERTIFICATE_OTHER = "certificate_other"

    @classmethod
    def of(cls, code: int, tls: TlsFault, unanswered: Unanswered) -> "ServerFault":
        """Return the fault of a server that answered with `code`; 0: not at all."""
        if code:
            return cls.CANNOT_SERVE
        if tls:
            return cls(f"certificate_{tls}")
        return cls(unanswered) if unanswered else cls.NO_ANSWER


class AccountSettings(Record):
    """Our address at a registrar: sip:user@domain.

    registrar: host[:port] as configured, for texts.
    refresh_s: longest time between two renewals. callers: whose calls are accepted: "registrar" (every call from the
    registrar's address), "targets" or "anyone". display_name: its name for people; "": `name`, its id.
    """

    name: AccountId
    user: str
    domain: str
    registrar: str
    transport: Transport = "udp"
    srtp: Srtp = "off"
    refresh_s: float = 8.0
    callers: str = "registrar"
    inband_digits: bool = False  # whether digits heard in the sound may open a door
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE
    announcements: Announcements = Announcements()  # of the recordings of its calls
    display_name: str = ""


class Target(Record):
    """A known far end: we may call it, it may call us, and its digits may open `doors`.

    `account`: calls to and from it use that account. auto_answer: its calls are answered automatically if they request
    that. watch: its state is probed, or subscribed to, every `watch_s` seconds. confirm: the digit that a person who
    answers a visitor's ring must press, as a machine would not; "": none. verify: its calls must show a password,
    whatever address they come from. srtp: for a target without an account. display_name:
    its name for people; "": `name`, its id.
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
    srtp: Srtp = "off"
    display_name: str = ""


class Account(Record):
    """A registration. `wake`: when an answer is overdue while `asking`; otherwise the next refresh or attempt.

    wanted: false after a client unregistered it. failures: in a row. began: start of the current attempts; None: not
    yet, or registered. expires_at: until when the registrar keeps the registration. server: address:port of the last
    answer; hosts: the addresses of all its servers; unreachable: the servers, as address:port, that did not answer when
    last tried. code, reason, explanation: of the last failure. refusals: answers of 403 in a row after a success.
    """

    name: AccountId
    state: AccountState = AccountState.UNREGISTERED
    wanted: bool = True
    asking: bool = False
    wake: Deadline | None = None
    failures: int = 0
    began: float | None = None
    registered_since: float | None = None
    registered_before: bool = False
    expires_at: Deadline | None = None
    server: str = ""
    hosts: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    code: int = 0
    reason: str = ""
    explanation: str = ""
    refusals: int = 0


class KeptContact(Record):
    """The contact that an account's registrar keeps for the station until it expires, even over a power cut.

    address: user@domain of the account, which may have been changed meanwhile. contact: as in its REGISTER.
    """

    account: AccountId
    address: str
    contact: str


class Contact(Record):
    """A watched target. `wake`: when an answer is overdue while `asking`, else the next probe. `since`: of its state.

    code, reason: of the last answer; 0 for none. package: the event package of its subscription, if it has one.
    """

    name: str
    state: ContactState = ContactState.UNKNOWN
    asking: bool = False
    wake: Deadline | None = None
    since: float | None = None
    code: int = 0
    reason: str = ""
    package: Package = Package.PRESENCE


class Network(Record):
    """The machine's addresses, none without a network, and its nameservers."""

    addresses: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()


class AccountsPart(Record):
    """The accounts, the watched contacts, and the network they need."""

    begun: tuple[Account, ...] = ()  # accounts that have begun to register: all once SIP was ready
    contacts: tuple[Contact, ...] = ()  # watched contacts
    network: Network | None = None  # None: unknown
    last_addresses: tuple[str, ...] = ()  # the machine's addresses when it last had any
    kept: tuple[KeptContact, ...] = ()  # of accounts that were registered, in an earlier run too

    def get(self, wanted: str) -> Account:
        """The account of that name; at rest if it never began to register."""
        return next((a for a in self.begun if a.name == wanted), Account(AccountId(wanted)))

    def contact(self, wanted: str) -> Contact:
        """The state of the target of that name; unknown if it is not watched."""
        return next((c for c in self.contacts if c.name == wanted), Contact(wanted))

    @property
    def offline(self) -> bool:
        """Whether the machine is known to have no network."""
        return self.network is not None and not self.network.addresses
