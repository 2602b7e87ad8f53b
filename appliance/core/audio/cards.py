"""The list of sound cards: reports cards that came, went or changed."""

from msgspec.structs import replace

from appliance.core import events, faults, inputs
from appliance.core.model import SoundCard
from appliance.core.transition import Turn


def found(turn: Turn, given: inputs.CardsFound) -> None:
    """Store the list, and report what differs from the previous one. The first list is no change."""
    before = turn.audio.cards
    turn.audio = replace(turn.audio, cards=given.cards)
    if before is None:
        return
    old, new = by_id(before), by_id(given.cards)
    added, removed = (tuple(card for card in one if card not in other) for one, other in ((new, old), (old, new)))
    updated = tuple(card for card in new if card in old and new[card] != old[card])
    if added or removed or updated:
        turn.emit(events.AudioDevicesChanged(added=added, removed=removed, updated=updated, reason=given.reason))


def gaps(turn: Turn, given: inputs.XrunsCounted) -> None:
    """Report gaps in the sound, with the remedy."""
    turn.emit(
        events.AudioXruns(
            card=given.card,
            capture=given.capture,
            playback=given.playback,
            resolution="Find what keeps the processor busy (top), and connect a USB card without a hub.",
            call=faults.talking(turn),
        )
    )


def by_id(cards: tuple[SoundCard, ...]) -> dict[str, SoundCard]:
    """The cards by id, without their numbers, which depend on the order of their detection."""
    return {card.id: replace(card, number=0) for card in cards}
