"""The room of access by codes, cards and digits: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.access import card_readers, codes, dtmf, keypads
from appliance.core.dispatch import asks, asks_call, on, on_call, performs, takes
from appliance.core.lookup import connected
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(
    on(inputs.BookRead, codes.book_read),
    on(inputs.CredentialKept, lambda turn, given: codes.written(turn, given.id, given.terms)),
    on(inputs.CredentialNotKept, lambda turn, given: codes.not_written(turn, given.id, given.why)),
    on(inputs.KeypadKey, lambda turn, given: keypads.pressed(turn, given.keypad, given.key)),
    on(inputs.CardRead, card_readers.card_read),
    on(inputs.ReadingDiscarded, card_readers.reading_discarded),
    on_call(inputs.DigitReceived, dtmf.received),
    on_call(inputs.DigitSent, dtmf.sent),
    on_call(inputs.DigitUnreadable, lambda turn, call, given: dtmf.unreadable(turn, call, given.content_type)),
    on_call(inputs.DigitsNotSent, lambda turn, call, given: dtmf.not_sent(turn, call, given.why)),
    on_call(inputs.DigitsUnread, lambda turn, call, _: dtmf.unread(turn, call)),
    on(inputs.MessageAnswered, dtmf.answered),
)

perform = performs(
    asks_call(inputs.SendDigits, lambda turn, call, action, who: dtmf.order(turn, connected(call), action, who)),
    asks_call(inputs.SetDigitMethods, lambda turn, call, action, _: dtmf.set_methods(turn, call, action.methods)),
    asks_call(
        inputs.SendDigitsTo, lambda turn, call, action, who: dtmf.redirect(turn, connected(call), action.to, who)
    ),
    asks(inputs.AddCredential, codes.requested),
    asks(inputs.ChangeCredential, codes.requested),
    asks(inputs.RemoveCredential, codes.requested),
)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    if turn.calls.living:
        dtmf.due(turn)
    if turn.access.entries:
        keypads.due(turn)
    if turn.access.pending_writes:
        codes.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [
        *(dtmf.wake(call) for call in state.calls.living),
        *(entry.until for entry in state.access.entries),
        *(keeping.until for keeping in state.access.pending_writes),
    ]
