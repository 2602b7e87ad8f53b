"""Keypads, card readers and the code book."""

from dataclasses import dataclass, field

from appliance.core.inputs.base import Input
from appliance.core.model import (
    CredentialBook,
    CredentialId,
    CredentialKind,
    DoorId,
    KeypadId,
    LockoutScope,
    Period,
    ReaderId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRead(Input):
    """The codes and cards on disc, and the lockouts that a restart must not end.

    lockouts: scope, who, wrong tries, and the seconds that were left when this was written.
    """

    book: CredentialBook
    lockouts: tuple[tuple[LockoutScope, str, int, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialKept(Input):
    """A credential, or its removal, is on disc."""

    id: CredentialId


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialNotKept(Input):
    """A credential, or its removal, could not be written."""

    id: CredentialId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypadKey(Input):
    """A key of a keypad was pressed: one of 0 to 9, * and #; debounced."""

    keypad: KeypadId
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead(Input):
    """A reader has read a card.

    number: decimal, without leading zeros: `bits` bits as they came by Wiegand, without parity if that is known; with
    `bits` 0, as the reader typed it.
    """

    reader: ReaderId
    number: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingDiscarded(Input):
    """Readings that were not a whole card or key, since the last report. `why`: of the last one."""

    reader: ReaderId
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class AddCredential:
    """A new code of these digits, or a card of this number."""

    kind: CredentialKind
    digits: str = field(repr=False)
    owner: str
    doors: tuple[DoorId, ...]
    schedule: tuple[Period, ...] = ()
    uses: int | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeCredential:
    """Change owner, doors, times and limits; every field is the new value."""

    id: CredentialId
    owner: str
    doors: tuple[DoorId, ...]
    schedule: tuple[Period, ...]
    uses: int | None
    expires: float | None


@dataclass(frozen=True, slots=True)
class RemoveCredential:
    """Remove a credential: it opens nothing from now on."""

    id: CredentialId


OfBook = AddCredential | ChangeCredential | RemoveCredential
