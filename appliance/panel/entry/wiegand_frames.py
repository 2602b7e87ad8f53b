"""Wiegand frames from the pulses of a reader's two wires: a pulse on D0 is a 0, one on D1 a 1.

The interface has no start, end or checksum of its own: SIA AC-01-1996.10 (Wiegand reader interface) specifies pulses of
20 to 100 µs every 0.2 to 20 ms, the 26-bit format and its parity; a frame ends when no pulse has come for a while.
Cards have the lengths that the settings name; keys are bursts of 4 bits, or of 8 whose first half is the complement.
"""

from enum import StrEnum

from appliance.base.record import Record

KEYS = "0123456789*#"  # by value; on nearly all readers 10 is * (Esc) and 11 is # (Enter)
BURST, CHECKED_BURST = 4, 8
LONGEST = 128  # bits that are stored of an endless frame
# Lengths with even parity over the first half, by the first bit, and odd parity over the second half, by the last.
PARITY = frozenset({26, 34})


class Card(Record):
    """A card's number, decimal, without parity if that is known; `bits`: its length as received."""

    number: str
    bits: int


class Key(Record):
    """A key of the reader: one of KEYS."""

    key: str


class Spoiled(StrEnum):
    """Why a reading is not a card or key; text after a colon adds details."""

    PULSES_LOST = "pulses were lost as this machine was too busy"
    LENGTH = "a frame of an unexpected length"
    PARITY = "the parity is wrong"
    HALVES = "the halves of a key's 8 bits do not match"
    NO_KEY = "the bits of a key do not mean 0 to 9, * or #"
    KEYS_LOST = "keys were lost as this machine was too busy"
    CHARACTERS = "it typed characters other than digits and A to F"
    TYPED_LENGTH = "it typed a number of the wrong length"
    NO_ENTER = "it typed a number without Enter"


class Discarded(Record):
    """A frame that is not valid. It omits the bits, which may be a card's except for one."""

    why: str


Reading = Card | Key | Discarded


class Frames:
    """Assembles pulses to frames. `lengths`: of cards; `keys`: whether bursts of 4 or 8 bits are keys.

    timeout_s: how long after its last pulse a frame ends, by the times of the pulses, so late processing does no harm.
    """

    def __init__(self, lengths: frozenset[int], *, keys: bool, timeout_s: float) -> None:
        self._lengths, self._keys, self._timeout_s = lengths, keys, timeout_s
        self._bits: list[int] = []
        self._count = 0
        self.last = 0.0  # s, the time of the newest pulse
        self._why = ""  # what makes the frame invalid

    def pulse(self, bit: int, at: float, *, after_loss: bool = False) -> Reading | None:
        """Process a pulse; returns the previous frame if this pulse is too late for it.

        after_loss: pulses were lost just before this one, so that neither its frame nor the previous one is complete.
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
        """The frame that has ended by now, if there is one."""
        if not self._count or now < self.ends_at:
            return None
        bits, count, why = tuple(self._bits), self._count, self._why
        self._bits, self._count, self._why = [], 0, ""
        return Discarded(why) if why else decode(bits, count, self._lengths, keys=self._keys)

    @property
    def ends_at(self) -> float:
        """When the frame ends unless another pulse comes."""
        return self.last + self._timeout_s


def decode(bits: tuple[int, ...], count: int, lengths: frozenset[int], *, keys: bool) -> Reading:
    """Decode a frame; `count`: how many bits came, of which `bits` may hold only the first."""
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
