"""Keypads, card readers and the code book."""

from appliance.base.record import RecordWithSecrets
from appliance.core.inputs.base import Action, Input
from appliance.core.model import (
    CredentialBook,
    CredentialId,
    CredentialKind,
    CredentialTerms,
    KeypadId,
    LockoutScope,
    ReaderId,
)


class BookRead(Input, kw_only=True):
    """The codes and cards on disc, and the lockouts that a restart must not end.

    lockouts: scope, who, door, wrong tries, and the seconds that were left when this was written.
    """

    book: CredentialBook
    lockouts: tuple[tuple[LockoutScope, str, str, int, float], ...] = ()


class CredentialKept(Input, kw_only=True):
    """A credential, or its removal, is on disc."""

    id: CredentialId


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


class ChangeCredential(CredentialTerms, Action, kw_only=True):
    """Change owner, doors, times and limits; every field is the new value, also one that is not given."""

    id: CredentialId


class RemoveCredential(Action):
    """Remove a code or card, which then opens no door."""

    id: CredentialId


OfBook = AddCredential | ChangeCredential | RemoveCredential
