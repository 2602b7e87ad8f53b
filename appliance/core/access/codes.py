"""The book of codes and cards: changes by clients, and the use of a code or card at the panel or in a call.

A change takes effect only once it is on disc. For a code with a limited number of uses, the use is on disc before the
door opens: a power cut returns no use.
"""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import asdict, replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import carried
from appliance.core import events, faults, inputs
from appliance.core.access import credentials, lockouts
from appliance.core.appliance import error_events
from appliance.core.doors import outcomes, pulses
from appliance.core.doors.requests import find_door
from appliance.core.lookup import check_profile
from appliance.core.model import (
    Attempt,
    BookChange,
    Credential,
    CredentialBook,
    CredentialId,
    CredentialKind,
    CredentialTerms,
    Denial,
    DoorId,
    PendingWrite,
)
from appliance.core.orders import DropCredential, KeepCredential, Reply
from appliance.core.tables import Table
from appliance.core.transition import Turn

MOST = 1000


# -- shown -----------------------------------------------------------------------------------------------------------


PART = "codes"
WRITES = Table("access.pending_writes", PendingWrite, lambda row: row.code.id)


def shown(turn: Turn, attempt: Attempt, kind: CredentialKind, text: str) -> str:
    """Process a typed code or a card: open its doors, or return why nothing opens.

    Returns "" if the outcome depends on the disc or the guard; `outcomes` then reports it.
    """
    if refused_at_once(turn, attempt):
        outcomes.refused(turn, attempt, Denial.LOCKED_OUT)
        return Denial.LOCKED_OUT
    book = turn.access.book
    if book is None:
        unavailable(turn, attempt)
        return Denial.UNAVAILABLE
    found = credentials.match(book, kind, text)
    if found is None:
        wrong_code(turn, attempt, credentials.digest(book.secret, kind, text))
        outcomes.refused(turn, attempt, Denial.WRONG)
        return Denial.WRONG
    by = replace(attempt, by=f"{found.kind} of {found.owner}, {attempt.by}", code=found.id, owner=found.owner)
    wanted = tuple(door for door in found.doors if door in attempt.doors)
    why = credentials.why_not(turn.state, found) if wanted else Denial.FOREIGN
    if not why and being_written(turn, found.id):
        why = Denial.BEING_WRITTEN
    if why:
        deny(turn, by, wanted or found.doors, why)
        outcomes.refused(turn, by, why)
        return why
    lockouts.count_right_code(turn, replace(attempt, doors=wanted))
    if found.uses is None or is_open_by(turn, by, wanted) or not may_open(turn, by, wanted):
        open_doors(turn, by, wanted)
    else:
        spend(turn, replace(by, doors=wanted), found, found.uses)
    return ""


def unavailable(turn: Turn, attempt: Attempt) -> None:
    """Deny a code or card because the book is not loaded. The code may be valid, so no lockout counts the attempt."""
    if PART not in dict(turn.appliance.failed):  # the store reports a better cause if it knows one
        why, resolution = (
            "Codes and cards have not been read yet.",
            "Check the storage; GET /v1/state shows the faults.",
        )
        faults.failed(turn, PART, why, resolution)
    deny(turn, attempt, attempt.doors, Denial.UNAVAILABLE)
    outcomes.refused(turn, attempt, Denial.UNAVAILABLE)


def book_read(turn: Turn, given: inputs.BookRead) -> None:
    """Store the loaded book; from now on codes open doors."""
    turn.access = replace(turn.access, book=given.book)
    faults.recovered(turn, PART)
    lockouts.restore(turn, given.lockouts)


def wrong_code(turn: Turn, attempt: Attempt, digest: str) -> None:
    """Report a wrong code, and count it."""
    deny(turn, attempt, attempt.doors, Denial.WRONG)
    lockouts.count_wrong_code(turn, attempt, digest)


def is_code(book: CredentialBook | None, digits: str) -> bool:
    """Whether these digits are a code of the book, valid now or not."""
    return book is not None and credentials.match(book, CredentialKind.CODE, digits) is not None


def refused_at_once(turn: Turn, attempt: Attempt) -> bool:
    """Deny at once, without a look at the code, if its source or every door of the attempt is locked out."""
    if not lockouts.left_s(turn, attempt):
        return False
    deny(turn, attempt, attempt.doors, Denial.LOCKED_OUT)
    return True


def is_open_by(turn: Turn, attempt: Attempt, wanted: tuple[DoorId, ...]) -> bool:
    """Whether the door is still open by the same person: showing the code again then counts as no further use."""
    return any(
        door in wanted and pulse.by == attempt.by and pulse.until > turn.decided for door, pulse in turn.doors.pulses
    )


def may_open(turn: Turn, attempt: Attempt, wanted: tuple[DoorId, ...]) -> bool:
    """Whether one of the doors can open now: while none can, as in a lockdown, no use is counted."""
    free = lockouts.not_locked_out(turn, attempt)
    return any(
        door.id in wanted and door.id in free and not pulses.refusal(turn, door, attempt.means)
        for door in turn.settings.doors
    )


def spend(turn: Turn, attempt: Attempt, found: Credential, uses: int) -> None:
    """Write that the code was used, then open its doors."""
    write(
        turn,
        PendingWrite(
            BookChange.USED,
            replace(found, uses=uses - 1),
            turn.now + turn.settings.times.code_saved_s,
            attempt.by,
            attempt=attempt,
        ),
    )


def open_doors(turn: Turn, attempt: Attempt, wanted: tuple[DoorId, ...]) -> None:
    """Open the doors, and report each that does not open. The first that opens decides the outcome."""
    free, opening = lockouts.not_locked_out(turn, attempt), False
    why: str = Denial.LOCKED_OUT
    for door in turn.settings.doors:
        if door.id not in wanted:
            continue
        if door.id not in free:
            deny(turn, attempt, (door.id,), Denial.LOCKED_OUT)
            continue
        why = pulses.refusal(turn, door, attempt.means) or why
        try:
            pulses.open_door(turn, door, None, attempt.by, attempt.means, None if opening else attempt)
        except IntercomError:
            continue  # reported as door.denied; nobody waits for a reply
        opening = True
    if not opening:
        outcomes.refused(turn, attempt, why)


def deny(turn: Turn, attempt: Attempt, wanted: Iterable[DoorId], why: str) -> None:
    """Report that doors stay locked."""
    for door in wanted:
        turn.emit(events.DoorDenied(door, by=attempt.by, means=attempt.means, why=why))


# -- changed by clients ----------------------------------------------------------------------------------------------


def requested(turn: Turn, action: inputs.OfBook, asked: inputs.Requested) -> None:
    """Add, change or remove a credential; the reply follows once it is on disc. Raises IntercomError."""
    book = turn.access.book
    if book is None:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "Codes cannot be changed now.",
            "They have not been loaded, because the storage does not work.",
            "Try again; GET /v1/state shows what does not work.",
        )
    match action:
        case inputs.AddCredential():
            change, credential = BookChange.ADDED, new_credential(turn, book, action)
        case inputs.ChangeCredential():
            change, credential = BookChange.CHANGED, find_credential(turn, book, action.id)
            given = {name: value for name, value in asdict(action).items() if value is not UNSET}
            credential = replace(credential, **given)
            check_limits(turn, credential)
        case _:
            change, credential = BookChange.REMOVED, find_credential(turn, book, action.id)
    credential = replace(credential, doors=tuple(dict.fromkeys(credential.doors)))  # else a door would be refused twice
    write(turn, PendingWrite(change, credential, turn.now + turn.settings.times.code_saved_s, asked.who, asked.request))


def write(turn: Turn, keeping: PendingWrite) -> None:
    """Order the write, and wait for its result."""
    removed = keeping.change is BookChange.REMOVED
    turn.order(DropCredential(keeping.code.id) if removed else KeepCredential(keeping.code))
    WRITES.put(turn, keeping)


def new_credential(turn: Turn, book: CredentialBook, action: inputs.AddCredential) -> Credential:
    """Build the new credential. Raises IntercomError."""
    check_limits(turn, action)
    if action.kind is CredentialKind.CODE:
        begins = [
            static.id for static in turn.settings.doors if static.digits and action.digits.startswith(static.digits)
        ]
        if begins:
            raise IntercomError(
                ErrorCode.CONFLICT,
                "These digits cannot be a code.",
                f"They begin with the digits of door {begins[0]}, which would open first.",
                f"Choose others, or change door.{begins[0]}.digits.",
            )
    waiting = tuple(keeping.code for keeping in turn.access.pending_writes if keeping.change is BookChange.ADDED)
    known = credentials.match(replace(book, codes=book.codes + waiting), action.kind, action.digits)
    if known is not None:
        raise IntercomError(
            ErrorCode.CONFLICT, "This code exists already.", f"It belongs to {known.owner}.", "Choose other digits."
        )
    if len(book.codes) + len(waiting) >= MOST:
        raise IntercomError(ErrorCode.CONFLICT, "There are too many codes.", f"There are {MOST}.", "Remove some.")
    code = action.kind is CredentialKind.CODE
    return carried(
        Credential,
        action,
        id=CredentialId(f"a-{turn.new_id()}"),
        digest=credentials.digest(book.secret, action.kind, action.digits),
        length=len(action.digits) if code else 0,
    )


def check_limits(turn: Turn, wanted: CredentialTerms) -> None:
    """Raise IntercomError for a door or a time profile that does not exist, or an empty period."""
    for name in wanted.doors:
        find_door(turn, name)
    if wanted.profile:
        check_profile(turn.settings, wanted.profile)
    for period in wanted.schedule:
        if period.begin == period.end:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"A period from {period.begin} to {period.end} is empty.",
                resolution="The whole day is from 00:00 to 24:00.",
            )


def find_credential(turn: Turn, book: CredentialBook, wanted: CredentialId) -> Credential:
    """Find a credential by its id. Raises IntercomError, also while the credential is being written."""
    found = book.credential(wanted)
    if found is None:
        raise IntercomError(
            ErrorCode.CODE_NOT_FOUND,
            f"There is no code {wanted}.",
            "It was removed or never existed.",
            "GET /v1/codes lists them.",
        )
    if being_written(turn, wanted):
        raise IntercomError(ErrorCode.CONFLICT, f"Code {wanted} is being saved.", "", "Try again.")
    return found


def being_written(turn: Turn, wanted: CredentialId) -> bool:
    """Whether the credential is being written."""
    return WRITES.get(turn.state, wanted) is not None


# -- on disc ---------------------------------------------------------------------------------------------------------


def written(turn: Turn, wanted: CredentialId, terms: CredentialTerms | None) -> None:
    """The disc has the credential on these terms, None: no longer. If that is awaited, it takes effect now."""
    keeping, book = WRITES.get(turn.state, wanted), turn.access.book
    if book is None:
        return
    if keeping is None or keeping.terms != terms:
        if keeping is None:
            undo(turn, book.credential(wanted), wanted, terms)
        return
    WRITES.drop(turn, wanted)
    about, removed = keeping.code, keeping.change is BookChange.REMOVED
    others = tuple(each for each in book.codes if each.id != wanted)
    now = others if removed else tuple(sorted((*others, about), key=lambda each: each.id))
    turn.access = replace(turn.access, book=replace(book, codes=now))
    if keeping.attempt is not None:
        open_doors(turn, keeping.attempt, keeping.attempt.doors)
    else:
        event = {BookChange.ADDED: events.CodeAdded, BookChange.REMOVED: events.CodeRemoved}.get(
            keeping.change, events.CodeChanged
        )
        turn.emit(event(about.id, about.kind, about.owner, about.doors, by=keeping.who))
    if keeping.request is not None:
        turn.order(Reply(keeping.request, code=wanted))


def undo(turn: Turn, known: Credential | None, wanted: CredentialId, terms: CredentialTerms | None) -> None:
    """Take a change back that came to the disc after it had failed: else it would count from the next start on."""
    if known is None and terms is not None:
        turn.order(DropCredential(wanted, again=True))
    elif known is not None and known.terms != terms:
        turn.order(KeepCredential(known, again=True))


def not_written(turn: Turn, wanted: CredentialId, why: str) -> None:
    """The write failed: nothing has changed, and nothing opens."""
    keeping = WRITES.get(turn.state, wanted)
    if keeping is not None:
        WRITES.drop(turn, wanted)
        write_failed(turn, keeping, why)


def due(turn: Turn) -> None:
    """Fail writes that take too long: the disc may hang."""
    for keeping in turn.access.pending_writes:
        if turn.now >= keeping.until:
            WRITES.drop(turn, keeping.code.id)
            write_failed(turn, keeping, "The disc takes too long.")


def write_failed(turn: Turn, keeping: PendingWrite, why: str) -> None:
    """Report the failed write to the client, or deny the doors of the code or card."""
    if keeping.attempt is not None:
        deny(turn, keeping.attempt, keeping.attempt.doors, f"{Denial.NOT_WRITTEN}: {why}")
        outcomes.refused(turn, keeping.attempt, f"{Denial.NOT_WRITTEN}: {why}")
    if keeping.request is not None:
        error = IntercomError(ErrorCode.UNAVAILABLE, "The code could not be saved.", why, "Try again.")
        error_events.emit(turn, error, "keep-code")
        turn.order(Reply(keeping.request, error=error))
