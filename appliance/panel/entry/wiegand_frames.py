"""Wiegand frames from the pulses of a reader's two wires: a pulse on D0 is a 0, one on D1 a 1.

The interface has no beginning, end or check of its own: SIA AC-01-1996.10 (Wiegand reader interface) gives pulses of
20 to 100 µs every 0.2 to 20 ms, the 26-bit format and its parity; a frame is over when no pulse has come for a while.
Cards come in the lengths that the settings name, keys in bursts of 4 bits, or of 8 whose first half is the complement.
"""

from dataclasses import dataclass
from enum import StrEnum

KEYS = "0123456789*#"  # by value; as on nearly all readers 10 is * (Esc) and 11 is # (Enter)
BURST, CHECKED_BURST = 4, 8
LONGEST = 128  # bits that are kept of a frame without end
# Lengths whose first bit makes the first half even and whose last bit makes the second half odd.
PARITY = frozenset({26, 34})


@dataclass(frozen=True, slots=True)
class Card:
    """A card's number, in decimal, without parity where it is known; of `bits` bits as they came."""

    number: str
    bits: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the reader: one of KEYS."""

    key: str


class Spoiled(StrEnum):
    """Why what a reader sent is no card and no key; what follows a colon says more."""

    PULSES_LOST = "pulses were lost as this machine was too busy"
    LENGTH = "a frame of an unexpected length"
    PARITY = "the parity is wrong"
    HALVES = "the halves of a key's 8 bits do not match"
    NO_KEY = "the bits of a key do not mean 0 to 9, * or #"
    KEYS_LOST = "keys were lost as this machine was too busy"
    CHARACTERS = "it typed characters other than digits and A to F"
    TYPED_LENGTH = "it typed a number of the wrong length"
    NO_ENTER = "it typed a number without Enter"


@dataclass(frozen=True, slots=True)
class Discarded:
    """A frame that is none. Does not tell its bits: but for one they are a card's."""

    why: str


Reading = Card | Key | Discarded


class Frames:
    """Puts pulses together. `lengths`: those of cards; `keys`: whether bursts of 4 or 8 bits are keys.

    timeout_s: how long after its last pulse a frame is over; by the times of the pulses: nobody has to be quick.
    """

    def __init__(self, lengths: frozenset[int], *, keys: bool, timeout_s: float) -> None:
        self._lengths, self._keys, self._timeout_s = lengths, keys, timeout_s
        self._bits: list[int] = []
        self._count = 0
        self.last = 0.0  # s, the time of the newest pulse
        self._why = ""  # what spoils the frame

    def pulse(self, bit: int, at: float, *, after_loss: bool = False) -> Reading | None:
        """Take a pulse in; the frame before it, if this one is too late for that.

        after_loss: pulses were lost just before this one, so that what it belongs to is not whole, nor what was before.
        """
        if after_loss:
            self._why = Spoiled.PULSES_LOST
        done = self.due(at)
        if after_loss:
            self._why = Spoiled.PULSES_LOST
        if self._count < LONGEST:
            self._bits.append(bit)
        self._count += 1
        self.last = at
        return done

    def due(self, now: float) -> Reading | None:
        """The frame that is over by now, if one is."""
        if not self._count or now < self.ends_at:
            return None
        bits, count, why = tuple(self._bits), self._count, self._why
        self._bits, self._count, self._why = [], 0, ""
        return Discarded(why) if why else decode(bits, count, self._lengths, keys=self._keys)

    @property
    def ends_at(self) -> float:
        """When the frame is over unless another pulse comes."""
        return self.last + self._timeout_s


def decode(bits: tuple[int, ...], count: int, lengths: frozenset[int], *, keys: bool) -> Reading:
    """What a frame says; `count`: how many bits came, of which `bits` may be but the first."""
    if count in lengths:
        return _card(bits)
    if keys and count in {BURST, CHECKED_BURST}:
        return _key(bits)
    expected = ", ".join(
        str(length) for length in sorted(lengths | (frozenset({BURST, CHECKED_BURST}) if keys else set()))
    )
    return Discarded(f"{Spoiled.LENGTH}: {count} bits came, of {expected}")


def _card(bits: tuple[int, ...]) -> Reading:
    if len(bits) not in PARITY:
        return Card(str(_value(bits)), len(bits))
    half = len(bits) // 2
    if sum(bits[:half]) % 2 != 0 or sum(bits[half:]) % 2 != 1:
        return Discarded(f"{Spoiled.PARITY}: of {len(bits)} bits")
    return Card(str(_value(bits[1:-1])), len(bits))


def _key(bits: tuple[int, ...]) -> Reading:
    value = _value(bits[-BURST:])
    if len(bits) == CHECKED_BURST and _value(bits[:BURST]) != value ^ 0xF:
        return Discarded(Spoiled.HALVES)
    if value >= len(KEYS):
        return Discarded(Spoiled.NO_KEY)
    return Key(KEYS[value])


def _value(bits: tuple[int, ...]) -> int:
    return int("".join(map(str, bits)), 2)
