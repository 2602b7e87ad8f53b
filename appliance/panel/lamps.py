"""The panel's lamps: each shines in the pattern that is desired, by one timer for each lamp that blinks."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from appliance.core.model import LampId, Pattern
from appliance.panel.claims import Claims
from appliance.panel.leds import Led
from appliance.panel.lines import line_errors
from appliance.panel.names import KernelLed, PinName, called

# Seconds on, off, on, … A blink begins with what the lamp is not, so that it answers at once.
BLINKS = {
    Pattern.SLOW: (0.5, 0.5),
    Pattern.FAST: (0.125, 0.125),
    Pattern.PULSE: (0.1, 1.9),
    Pattern.DOUBLE: (0.1, 0.1, 0.1, 1.7),
}


@dataclass(frozen=True, slots=True)
class LampWiring:
    """A lamp's line, or the kernel's own device for it."""

    id: LampId
    pin: PinName | KernelLed
    active_low: bool = False


class Lamps:
    """Makes the lamps what `desire` says; on the loop's thread."""

    def __init__(self, wiring: tuple[LampWiring, ...], claims: Claims) -> None:
        self._lamps = {lamp.id: _Lamp(lamp, claims) for lamp in wiring}

    def desire(self, patterns: tuple[tuple[LampId, Pattern], ...]) -> None:
        """Set each lamp's pattern; one that is not named is off. A pattern that goes on keeps its rhythm."""
        wanted = dict(patterns)
        for name, lamp in self._lamps.items():
            lamp.desire(wanted.get(name, Pattern.OFF))

    def close(self) -> None:
        """Switch all off and let go of the lines."""
        for lamp in self._lamps.values():
            lamp.close()


class _Lamp:
    """One lamp. A line that fails is given back and claimed again; the pattern then begins anew."""

    def __init__(self, wiring: LampWiring, claims: Claims) -> None:
        self._wiring, self._claims = wiring, claims
        self._line = f"lamp {wiring.id} ({called(wiring.pin)})"
        self._loop = asyncio.get_running_loop()
        self._device: Any = None
        self._pattern = Pattern.OFF
        self._lit = False
        self._timer: asyncio.TimerHandle | None = None
        claims.take(self._line, self._take)

    def desire(self, pattern: Pattern) -> None:
        if pattern != self._pattern:
            self._pattern = pattern
            self._begin()

    def close(self) -> None:
        self.desire(Pattern.OFF)
        if self._device:
            self._release()

    def _take(self) -> None:
        if isinstance(self._wiring.pin, KernelLed):
            self._device = Led(self._wiring.pin)
        else:
            from gpiozero import DigitalOutputDevice  # noqa: PLC0415  late: only where there is a panel

            self._device = DigitalOutputDevice(
                self._wiring.pin, active_high=not self._wiring.active_low, pin_factory=self._claims.factory
            )
            self._device.pin.when_lost = self._lost  # called by ChipPin alone: other pins do not notice
        self._loop.call_soon(self._begin_anew)  # not at once: should the line fail, this claim is over before the next

    def _begin_anew(self) -> None:
        """On a line just taken, which is off."""
        self._lit = False
        self._begin()

    def _begin(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._pattern in BLINKS:
            self._turn(-1 if self._lit else 0, self._loop.time())
        else:
            self._set(self._pattern is Pattern.ON)

    def _turn(self, step: int, at: float) -> None:
        """Turn on or off what was due at `at`, and come back: reckoned from there, so that lateness does not add up."""
        self._timer = None
        if not self._set(step % 2 == 0):
            return
        lasting = BLINKS[self._pattern]
        # Not in the past, where the loop stood still: no flurry to make up for it.
        after = max(at + lasting[step], self._loop.time())
        self._timer = self._loop.call_at(after, self._turn, (step + 1) % len(lasting), after)

    def _set(self, on: bool) -> bool:
        """Set the level; False: there is no line now."""
        if not self._device:
            return False
        try:
            self._device.value = self._lit = on
        except line_errors() as error:
            self._lost(error)
            return False
        return True

    def _lost(self, why: Exception) -> None:
        self._release()
        self._claims.lost(self._line, self._take, why)

    def _release(self) -> None:
        with suppress(*line_errors()):
            self._device.close()
        self._device = None
