"""Keypads, cards, and the code book."""

from dataclasses import dataclass

from appliance.core.events.base import Event
from appliance.core.model import CredentialId, CredentialKind, DoorId, KeypadId, ReaderId


@dataclass(frozen=True, slots=True)
class KeypadDigit(Event):
    """A key of a keypad was pressed. `digit` is null and `masked` true where it may belong to a door code."""

    TYPE = "keypad.digit"
    keypad: KeypadId
    digit: str | None
    masked: bool
    at: float


@dataclass(frozen=True, slots=True)
class KeypadAccepted(Event):
    """A code was typed at a keypad and its door opens: the guard has taken it. Never beside keypad.refused."""

    TYPE = "keypad.accepted"
    keypad: KeypadId
    code: CredentialId
    owner: str


@dataclass(frozen=True, slots=True)
class KeypadRefused(Event):
    """What was typed at a keypad opens nothing, and rings nowhere; lamp and tone show the error."""

    TYPE = "keypad.refused"
    keypad: KeypadId
    why: str


@dataclass(frozen=True, slots=True)
class KeypadLockedOut(Event):
    """After too many wrong codes none is taken at the keypad for `seconds`; it rings flats all the same."""

    TYPE = "keypad.locked_out"
    keypad: KeypadId
    seconds: float


@dataclass(frozen=True, slots=True)
class CardRead(Event):
    """A card was read. `number` is null and `masked` true unless the reader's settings have it told.

    `bits`: how many came by Wiegand, parity among them; 0 from a reader at USB.
    """

    TYPE = "card.read"
    reader: ReaderId
    number: str | None
    masked: bool
    bits: int
    at: float


@dataclass(frozen=True, slots=True)
class CardDiscarded(Event):
    """What a reader sent was no whole card or key, and nothing came of it: so often since this was last told."""

    TYPE = "card.discarded"
    reader: ReaderId
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class CodeEvent(Event):
    """A code or card: its id and owner; `by`: who changed it."""

    code: CredentialId
    kind: CredentialKind
    owner: str
    doors: tuple[DoorId, ...]
    by: str


@dataclass(frozen=True, slots=True)
class CodeAdded(CodeEvent):
    """A code or card opens these doors from now on."""

    TYPE = "code.added"


@dataclass(frozen=True, slots=True)
class CodeChanged(CodeEvent):
    """A code or card has another owner, or other doors, times or limits."""

    TYPE = "code.changed"


@dataclass(frozen=True, slots=True)
class CodeRemoved(CodeEvent):
    """A code or card opens nothing any more."""

    TYPE = "code.removed"
