"""USB keypads and card readers: both act as keyboards; a reader types its card's number and Enter.

Key codes are as in include/uapi/linux/input-event-codes.h, in the American layout that such devices use.
"""

import asyncio
import time
from collections.abc import Callable

from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.core.inputs import CardRead, Input, KeypadKey
from appliance.core.model import KeypadId, ReaderId
from appliance.panel.entry.evdev import InputDevice, KeyMoved
from appliance.panel.entry.wiegand_frames import Card, Discarded, Spoiled
from appliance.panel.entry.wiegand_reader import DiscardReports
from appliance.panel.gpio.line_claims import Claims

TOGETHER_S = 1.0  # longest pause inside a number that a reader types
LENGTHS = range(4, 33)  # characters of a card's number

_SHIFT = frozenset({42, 54})
_ENTER = frozenset({28, 96})
_ROW = dict(zip(range(2, 12), "1234567890", strict=True))  # KEY_1 to KEY_0
_PAD = dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True))  # KEY_KP1 to KEY_KP0
_PHONE = dict(zip(range(0x200, 0x20C), "0123456789*#", strict=True))  # KEY_NUMERIC_0 to KEY_NUMERIC_POUND
_LETTERS = {30: "A", 48: "B", 46: "C", 32: "D", 18: "E", 33: "F"}
# Not every computer keypad has * and #: Enter is #, Backspace and Num-* are *.
KEYS = _ROW | _PAD | _PHONE | dict.fromkeys(_ENTER, "#") | {55: "*", 14: "*"}
SHIFTED = {9: "*", 4: "#"}  # Shift-8, Shift-3


class Typing:
    """Assembles the number that a card reader types, by the times of its keys."""

    def __init__(self) -> None:
        self._text = ""
        self._why = ""
        self.last = 0.0  # s, the time of the newest key

    def key(self, moved: KeyMoved) -> Card | Discarded | None:
        """Process a key; returns a card at its Enter, or that the text before a pause was not a card."""
        pause = self.due(moved.at)
        if moved.after_loss:
            self._why, self.last = Spoiled.KEYS_LOST, moved.at
        if not moved.down or moved.code in _SHIFT:
            return pause
        self.last = moved.at
        if moved.code in _ENTER:
            return self._card() or pause
        character = (_ROW | _PAD | _LETTERS).get(moved.code)
        if character is None:
            self._why = self._why or Spoiled.CHARACTERS
        self._text = (self._text + (character or "?"))[: LENGTHS.stop]
        return pause

    def due(self, now: float) -> Discarded | None:
        """Discard text that no Enter has ended by now, or a number of which no key was left."""
        if not self.waits or now < self.ends_at:
            return None
        why = Spoiled.NO_ENTER if self._text else self._why
        self._text, self._why = "", ""
        return Discarded(why)

    @property
    def waits(self) -> bool:
        """Whether text, or the loss of keys, is waiting for its end."""
        return bool(self._text or self._why)

    @property
    def ends_at(self) -> float:
        """When the text is discarded unless another key comes."""
        return self.last + TOGETHER_S

    def _card(self) -> Card | Discarded | None:
        text, why = self._text, self._why
        self._text, self._why = "", ""
        if why:
            return Discarded(why)
        if text and len(text) not in LENGTHS:
            expected = f"{LENGTHS.start} to {LENGTHS.stop - 1}"
            return Discarded(f"{Spoiled.TYPED_LENGTH}: {len(text)} characters, not {expected}")
        return Card(text, 0) if text else None


class _Plugged:
    """A device that may be plugged in and out; on the loop's thread."""

    def __init__(self, name: str, device: str, claims: Claims, moved: Callable[[KeyMoved], None]) -> None:
        self._name, self._wanted, self._claims, self._moved = f"{name} ({device})", device, claims, moved
        self._device: InputDevice | None = None
        claims.take(self._name, self._take, longest=times.current.keyboard_again_s)

    def close(self) -> None:
        """Release the device."""
        if self._device is not None:
            self._device.close()
        self._device = None

    def _take(self) -> None:
        self._device = InputDevice(self._wanted, self._moved, self._lost)

    def _lost(self, why: IntercomError) -> None:
        self._device = None
        for code in _SHIFT:  # the kernel reports no release of a device that is gone
            self._moved(KeyMoved(code, False, time.monotonic(), False))
        self._claims.lost(self._name, self._take, why, longest=times.current.keyboard_again_s)


class TypedKeypad:
    """A USB keypad, or any keyboard: digits, * and # become inputs; other keys are ignored."""

    def __init__(self, keypad: KeypadId, device: str, claims: Claims, post: Callable[[Input], None]) -> None:
        self._keypad, self._post = keypad, post
        self._shift: set[int] = set()
        self._plugged = _Plugged(f"keypad {keypad}", device, claims, self._moved)

    def close(self) -> None:
        """Release the device."""
        self._plugged.close()

    def _moved(self, moved: KeyMoved) -> None:
        if moved.after_loss:  # perhaps of its release
            self._shift.clear()
        if moved.code in _SHIFT:
            (self._shift.add if moved.down else self._shift.discard)(moved.code)
        elif moved.down:
            key = (SHIFTED if self._shift else KEYS).get(moved.code)
            if key is not None:
                self._post(KeypadKey(at=moved.at, keypad=self._keypad, key=key))


class TypedReader:
    """A USB card reader."""

    def __init__(self, reader: ReaderId, device: str, claims: Claims, post: Callable[[Input], None]) -> None:
        self._reader, self._post = reader, post
        self._loop = asyncio.get_running_loop()
        self._typing = Typing()
        self._reports = DiscardReports(reader, self._loop, post)
        self._timer: asyncio.TimerHandle | None = None
        self._plugged = _Plugged(f"reader {reader}", device, claims, self._moved)

    def close(self) -> None:
        """Release the device, and stop reporting."""
        self._plugged.close()
        self._reports.close()
        if self._timer:
            self._timer.cancel()

    def _moved(self, moved: KeyMoved) -> None:
        self._report(self._typing.key(moved))
        if self._typing.waits and self._timer is None:
            self._wait()

    def _wait(self) -> None:
        left = max(0.0, self._typing.ends_at - time.monotonic())
        self._timer = self._loop.call_later(left, self._due)

    def _due(self) -> None:
        self._timer = None
        self._report(self._typing.due(time.monotonic()))
        if self._typing.waits:
            self._wait()

    def _report(self, reading: Card | Discarded | None) -> None:
        match reading:
            case Card(number=number):
                self._post(CardRead(at=self._typing.last, reader=self._reader, number=number, bits=0))
            case Discarded(why=why):
                self._reports.discarded(why)
            case None:
                pass
