"""Keypads, cards, and the code book."""

from appliance.core.events.base import Event
from appliance.core.model import CredentialId, CredentialKind, DoorId, KeypadId, ReaderId


class KeypadDigit(Event):
    """A key of a keypad was pressed. `digit` is null and `masked` true where it may belong to a door code."""

    TYPE = "keypad.digit"
    keypad: KeypadId
    digit: str | None
    masked: bool
    at: float


class KeypadAccepted(Event):
    """A code was typed at a keypad and its door opens: the guard accepted the pulse. Never beside keypad.refused."""

    TYPE = "keypad.accepted"
    keypad: KeypadId
    code: CredentialId
    owner: str


class KeypadRefused(Event):
    """The digits typed at a keypad open no door and ring no flat; lamp and tone show the error."""

    TYPE = "keypad.refused"
    keypad: KeypadId
    why: str


class KeypadLockedOut(Event):
    """After too many wrong codes the keypad accepts none for `seconds`; it still rings flats."""

    TYPE = "keypad.locked_out"
    keypad: KeypadId
    seconds: float


class CardRead(Event):
    """A card was read. `number` is null and `masked` true unless the settings of the reader allow the number.

    `bits`: number of Wiegand bits, including parity; 0 for a reader on USB.
    """

    TYPE = "card.read"
    reader: ReaderId
    number: str | None
    masked: bool
    bits: int
    at: float


class CardDiscarded(Event):
    """Invalid cards or keys of a reader were discarded; `count` since the last such event."""

    TYPE = "card.discarded"
    reader: ReaderId
    count: int
    why: str


class CodeEvent(Event):
    """A code or card with its id and owner. by: the client that changed the code or card."""

    code: CredentialId
    kind: CredentialKind
    owner: str
    doors: tuple[DoorId, ...]
    by: str


class CodeAdded(CodeEvent):
    """A code or card was added; it opens these doors."""

    TYPE = "code.added"


class CodeChanged(CodeEvent):
    """The owner, doors, times or limits of a code or card were changed."""

    TYPE = "code.changed"


class CodeRemoved(CodeEvent):
    """A code or card was removed; it no longer opens doors."""

    TYPE = "code.removed"
