"""Codes, cards, keypads, readers and lockouts."""

from collections.abc import Collection
from enum import StrEnum
from typing import Literal

from appliance.base.record import Record, RecordWithSecrets, carried
from appliance.core.model.clock import Deadline, Period
from appliance.core.model.ids import CredentialId, DoorId, KeypadId, ReaderId, RequestId

# How long lockouts last, at keypads and doors as for wrong passwords, which the SIP process counts.
LOCKOUT_FIRST_S, LOCKOUT_LONGEST_S = 30.0, 3600.0
LOCKOUT_FORGOTTEN_S = 86_400.0  # after the last wrong code or password
LOCKOUT_DOUBLINGS = 16  # enough for LOCKOUT_LONGEST_S
LOCKOUT_CLEARS_AGAIN_S = 300.0  # after a right code or password cleared a count, before another clears it again


class OpenedBy(StrEnum):
    """How a door is opened. RULE: by a configured rule; EXIT: by an indoor button."""

    BUTTON = "button"
    DTMF = "dtmf"
    API = "api"
    KEYPAD = "keypad"
    CARD = "card"
    RULE = "rule"
    EXIT = "exit"


class CredentialKind(StrEnum):
    """The kinds of credentials: digits that a person knows, or a card."""

    CODE = "code"
    CARD = "card"


class BookChange(StrEnum):
    """The change of a code or card that is being written."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    USED = "used"


class Denial(StrEnum):
    """Why a door stays locked: `why` of door.denied and keypad.refused; text after a colon adds details."""

    WRONG = "a wrong code"
    UNAVAILABLE = "codes are unavailable"
    FOREIGN = "it does not open this door"
    NO_TARGET = "the far end is no target that may open this door"
    LOCKED_OUT = "no code is accepted for a while after too many wrong ones"
    USED_UP = "the code is used up"
    EXPIRED = "the code has expired"
    NOT_NOW = "the code is not valid at this time"
    NO_CLOCK = "the clock is not synchronised, and this opens at certain times only"
    NO_PROFILE = "its time profile is not configured"
    NO_HOLIDAYS = "the holidays are not known, and this depends on them"
    BEING_WRITTEN = "it is being saved"
    NOT_WRITTEN = "its use could not be recorded"
    LOCKED_DOWN = "the door is locked down"
    TAMPERED = "a sensor blocks it"
    NO_GUARD = "the relay guard is not running"
    NOT_TAKEN = "the relay guard did not accept the pulse"
    TOO_OFTEN = "a client orders it too often"


class AccessScope(StrEnum):
    """The right that a token of HTTP gives, or that a client or a far end lacked.

    VIEW: read the state and the events. CALL: everything about calls and their recordings. LISTEN: with CALL, talk and
    listen at the door from a browser. DIGITS: get the digits of calls, in place of the codes. DOOR: open and lock
    doors. ADMIN: everything. For a far end it names the refused request: a call or a MESSAGE.
    """

    VIEW = "view"
    CALL = "call"
    LISTEN = "listen"
    DIGITS = "digits"
    DOOR = "door"
    ADMIN = "admin"
    MESSAGE = "message"


def allows(scopes: Collection[str], wanted: AccessScope) -> bool:
    """Whether these scopes are enough for what needs `wanted`."""
    return wanted in scopes or AccessScope.ADMIN in scopes


class ClientToken(Record):
    """A token of HTTP that an administrator made for a client, and what it allows."""

    id: str
    name: str
    scopes: tuple[AccessScope, ...]


class PasswordFault(StrEnum):
    """Why a caller's password was refused: it is wrong, or the caller repeated an answer that was used before."""

    NONE = ""
    WRONG = "wrong"
    REPLAYED = "replayed"


OrderRefusal = Literal[
    "retained", "repeated", "late", "no_expiry", "unknown", "invalid", "too_long", "too_many", "not_allowed"
]


class LockoutScope(StrEnum):
    """The extent of a lockout. After wrong codes: a far end, a keypad, a reader, or everybody at a door.

    After wrong passwords of targets: an address (source), or all addresses from which a target has not yet shown its
    password (target). After wrong tokens: an address (client); correct tokens from there are still accepted.
    """

    CALLER = "caller"
    KEYPAD = "keypad"
    READER = "reader"
    DOOR = "door"
    SOURCE = "source"
    TARGET = "target"
    CLIENT = "client"


class KeypadSettings(Record):
    """A keypad with keys 0 to 9, * and #: on lines, on a card reader or at USB. `doors`: its codes open these."""

    id: KeypadId
    doors: tuple[DoorId, ...] = ()


class ReaderSettings(Record):
    """A card reader. `tell_numbers`: events contain card numbers, from which their readers could make copies.

    doors: its cards open these.
    """

    id: ReaderId
    tell_numbers: bool = False
    doors: tuple[DoorId, ...] = ()


class CredentialTerms(Record, kw_only=True):
    """Whose a code or card is, and when it opens which doors.

    schedule: empty means always. profile: a time profile, "" for none; with a schedule, too, both must be active. uses:
    how many are left; None: no limit. expires: seconds since 1970, UTC; None: never.
    """

    owner: str
    doors: tuple[DoorId, ...]
    schedule: tuple[Period, ...] = ()
    uses: int | None = None
    expires: float | None = None
    profile: str = ""


class Credential(RecordWithSecrets, CredentialTerms, kw_only=True):
    """A code or card. digest: replaces its digits: HMAC-SHA256 in hexadecimal. length: number of digits of a code."""

    SECRETS = frozenset({"digest"})

    id: CredentialId
    kind: CredentialKind
    digest: str
    length: int = 0

    @property
    def terms(self) -> CredentialTerms:
        """All of it that changes."""
        return carried(CredentialTerms, self)


class Attempt(Record):
    """A code or card was shown: `by` whom, for people; `doors` that may open from there.

    scope, who: what wrong codes are counted against. source: a caller's address, as claimed. code, owner: the
    credential that was shown, once it is known.
    """

    by: str
    means: OpenedBy
    doors: tuple[DoorId, ...]
    scope: LockoutScope
    who: str
    source: str = ""
    code: CredentialId | None = None
    owner: str = ""


class KeypadEntry(Record):
    """The digits typed at a keypad so far; a pause until then ends the entry."""

    keypad: KeypadId
    typed: str
    until: Deadline


class PendingWrite(Record):
    """A change of a credential that is being written.

    Once it is on disc, it takes effect, is reported, and opens doors. code: its new content, or the credential to
    remove. request: the client's request that waits for the reply; attempt: the attempt whose doors open after the
    write.
    """

    change: BookChange
    code: Credential
    until: Deadline
    who: str
    request: RequestId | None = None
    attempt: Attempt | None = None

    @property
    def terms(self) -> CredentialTerms | None:
        """What the disc has of the credential afterwards; None: nothing."""
        return None if self.change is BookChange.REMOVED else self.code.terms


class Lockout(RecordWithSecrets):
    """Wrong codes of one far end, keypad or reader for one door, or of everybody at a door.

    door: the door of a far end's, keypad's or reader's count; "" if nothing opens from there. wrong: how many different
    ones; last: time of the last; until: no code is accepted before. clears_at: a right code clears nothing before.
    tried: digests of the latest wrong codes.
    """

    SECRETS = frozenset({"tried"})

    scope: LockoutScope
    who: str
    door: str
    wrong: int = 0
    last: float = 0.0
    until: float | None = None
    clears_at: float | None = None
    tried: tuple[str, ...] = ()


class CardAct(RecordWithSecrets):
    """A card that somebody holds at a reader; each reading of it before `until` belongs to the same act.

    opened: a door of the reader's was open during the act.
    """

    SECRETS = frozenset({"card"})

    reader: ReaderId
    card: str
    until: float
    opened: bool = False


class CredentialBook(RecordWithSecrets):
    """All codes and cards, and the device's key that their digests were made with, as `secret` in hexadecimal."""

    SECRETS = frozenset({"secret"})

    secret: str
    codes: tuple[Credential, ...] = ()

    def credential(self, wanted: str) -> Credential | None:
        """Return the credential with the id `wanted`, or None."""
        return next((c for c in self.codes if c.id == wanted), None)


class AccessPart(Record):
    """The codes and cards, and the attempts to use them."""

    book: CredentialBook | None = None  # None: not loaded yet
    pending_writes: tuple[PendingWrite, ...] = ()
    entries: tuple[KeypadEntry, ...] = ()
    lockouts: tuple[Lockout, ...] = ()
    card_acts: tuple[CardAct, ...] = ()
    discarded: tuple[tuple[ReaderId, int], ...] = ()  # readings of each reader that were not a card
