"""Keypads, card readers and the code book."""

from msgspec import UNSET, UnsetType

from appliance.base.record import RecordWithSecrets
from appliance.core.inputs.base import Action, Input
from appliance.core.model import (
    CredentialBook,
    CredentialId,
    CredentialKind,
    CredentialTerms,
    DoorId,
    KeypadId,
    LockoutScope,
    Period,
    ReaderId,
)


class BookRead(Input, kw_only=True):
    """The codes and cards on disc, and the lockouts that a restart must not end.

    lockouts: scope, who, door, wrong tries, and the seconds that were left when this was written.
    """

    book: CredentialBook
    lockouts: tuple[tuple[LockoutScope, str, str, int, float], ...] = ()


class CredentialKept(Input, kw_only=True):
    """A credential, or its removal, is on disc. terms: what it is there for; None: it is there no longer."""

    id: CredentialId
    terms: CredentialTerms | None


class CredentialNotKept(Input, kw_only=True):
    """A credential, or its removal, could not be written."""

    id: CredentialId
    why: str


class KeypadKey(Input, kw_only=True):
    """A key of a keypad was pressed: one of 0 to 9, * and #; debounced."""

    keypad: KeypadId
    key: str


class CardRead(Input, kw_only=True):
    """A reader has read a card.

    number: decimal, without leading zeros: `bits` bits as they came by Wiegand, without parity if that is known; with
    `bits` 0, as the reader typed it.
    """

    reader: ReaderId
    number: str
    bits: int


class ReadingDiscarded(Input, kw_only=True):
    """Readings that were not a whole card or key, since the last report. `why`: of the last one."""

    reader: ReaderId
    count: int
    why: str


class AddCredential(RecordWithSecrets, CredentialTerms, Action, kw_only=True):
    """A new code of these digits, or a card of this number."""

    SECRETS = frozenset({"digits"})

    kind: CredentialKind
    digits: str


class ChangeCredential(Action, kw_only=True):
    """Change some of the terms; what is not given stays, also where another client or a use changes it meanwhile."""

    id: CredentialId
    owner: str | UnsetType = UNSET
    doors: tuple[DoorId, ...] | UnsetType = UNSET
    schedule: tuple[Period, ...] | UnsetType = UNSET
    uses: int | UnsetType | None = UNSET
    expires: float | UnsetType | None = UNSET
    profile: str | UnsetType = UNSET


class RemoveCredential(Action):
    """Remove a code or card, which then opens no door."""

    id: CredentialId


OfBook = AddCredential | ChangeCredential | RemoveCredential
