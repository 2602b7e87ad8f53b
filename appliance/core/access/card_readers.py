"""Card readers: report cards, open doors with them, and count readings that were not a whole card."""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.access import codes
from appliance.core.model import Attempt, CredentialKind, LockoutScope, OpenedBy
from appliance.core.transition import Turn


def card_read(turn: Turn, given: inputs.CardRead) -> None:
    """Process a card that a reader read."""
    reader = turn.settings.reader(given.reader)
    if reader is not None:
        number = given.number if reader.tell_numbers else None
        turn.emit(events.CardRead(reader.id, number, masked=number is None, bits=given.bits, at=turn.now))
        by = Attempt(f"reader {reader.id}", OpenedBy.CARD, reader.doors, LockoutScope.READER, reader.id)
        codes.shown(turn, by, CredentialKind.CARD, given.number)


def reading_discarded(turn: Turn, given: inputs.ReadingDiscarded) -> None:
    """Count readings that were not a card."""
    if turn.settings.reader(given.reader) is None:
        return
    known = dict(turn.access.discarded)
    known[given.reader] = known.get(given.reader, 0) + given.count
    turn.access = replace(turn.access, discarded=tuple(sorted(known.items())))
    turn.emit(events.CardDiscarded(given.reader, given.count, given.why))
