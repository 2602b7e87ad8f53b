"""Card readers: report cards, open doors with them, and count readings that were not a whole card.

A reader repeats the number of a card that stays in front of it. All these readings are one act: it is reported, opens
and counts once. The act is over once the card has been away for some seconds, or once the door is locked again.
"""

import hmac

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.access import codes
from appliance.core.model import Attempt, CardAct, CredentialKind, LockoutScope, OpenedBy, ReaderId, ReaderSettings
from appliance.core.tables import Table
from appliance.core.transition import Turn

AWAY_S = 3.0  # readers repeat a number each 0.1 to 2 s
MOST_ACTS = 16  # a purse has fewer cards
DISCARDED = Table("access.discarded", tuple[ReaderId, int], lambda row: row[0], ordered=True)


def card_read(turn: Turn, given: inputs.CardRead) -> None:
    """Process a card that a reader read."""
    reader = turn.settings.reader(given.reader)
    if reader is None:
        return
    act = act_of(turn, reader, given.number)
    if act is None:
        number = given.number if reader.tell_numbers else None
        turn.emit(events.CardRead(reader.id, number, masked=number is None, bits=given.bits, at=turn.now))
        by = Attempt(f"reader {reader.id}", OpenedBy.CARD, reader.doors, LockoutScope.READER, reader.id)
        codes.shown(turn, by, CredentialKind.CARD, given.number)
    opened = is_open(turn, reader) or (act is not None and act.opened)
    put_act(turn, CardAct(reader.id, given.number, turn.now + AWAY_S, opened))


def act_of(turn: Turn, reader: ReaderSettings, card: str) -> CardAct | None:
    """The act that a reading of the card belongs to; None: a new one begins."""
    for act in turn.access.card_acts:
        if same_card(act, reader, card) and turn.now < act.until:
            return None if act.opened and not is_open(turn, reader) else act
    return None


def same_card(act: CardAct, reader: ReaderSettings, card: str) -> bool:
    """Whether the act is one of this card at this reader."""
    return act.reader == reader.id and hmac.compare_digest(act.card.encode(), card.encode())


def is_open(turn: Turn, reader: ReaderSettings) -> bool:
    """Whether a door of the reader's is open, or opens now."""
    return any(door in reader.doors for door, _ in turn.doors.pulses)


def put_act(turn: Turn, act: CardAct) -> None:
    """Store a new or changed act, and forget the acts that are over."""
    others = [
        each
        for each in turn.access.card_acts
        if turn.now < each.until and (each.reader, each.card) != (act.reader, act.card)
    ]
    turn.access = replace(turn.access, card_acts=(*others, act)[-MOST_ACTS:])


def reading_discarded(turn: Turn, given: inputs.ReadingDiscarded) -> None:
    """Count readings that were not a card."""
    if turn.settings.reader(given.reader) is None:
        return
    count = dict(turn.access.discarded).get(given.reader, 0) + given.count
    DISCARDED.put(turn, (given.reader, count))
    turn.emit(events.CardDiscarded(given.reader, given.count, given.why))
