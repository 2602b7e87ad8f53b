"""The panel's lamps: each shines as desired, with one timer for each lamp that blinks or glows."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from math import pi, sin
from typing import TYPE_CHECKING

from appliance.base import times
from appliance.base.record import Record
from appliance.core.inputs import Input, LampFound
from appliance.core.model import DARK, LampId, LampOutput, Pattern
from appliance.core.panel.colors import WHITE
from appliance.panel.gpio.factory import line_errors
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import KernelLed, LightName, PwmChannel, called
from appliance.panel.lamps.gpio_lamp import GpioLamp
from appliance.panel.lamps.lamp_output import Light, Three

if TYPE_CHECKING:
    from appliance.panel.lamps.uevents import Removals

# Levels, each with its length in seconds. The last is dark: a pattern begins with the opposite of the lamp's state, so
# that the lamp responds at once.
Steps = tuple[tuple[float, float], ...]
FLASHES: dict[Pattern, Steps] = {
    Pattern.SLOW: ((1, 0.5), (0, 0.5)),
    Pattern.FAST: ((1, 0.125), (0, 0.125)),
    Pattern.PULSE: ((1, 0.1), (0, 1.9)),
    Pattern.DOUBLE: ((1, 0.1), (0, 0.1), (1, 0.1), (0, 1.7)),
}
GLOW_STEPS, GLOW_STEP_S = 20, 0.05
# The eye perceives about the square root of the light: so this is the square of a half sine.
GLOW: Steps = (
    *((sin(pi * (step + 0.5) / GLOW_STEPS) ** 2, GLOW_STEP_S) for step in range(GLOW_STEPS)),
    (0, 2.0 - GLOW_STEPS * GLOW_STEP_S),
)


class LampWiring(Record):
    """A lamp's outputs: one, or three of a kind for red, green and blue."""

    id: LampId
    lights: tuple[LightName, ...]
    active_low: bool = False


class Lamps:
    """Brings about the lamps' desired light; on the loop's thread."""

    def __init__(self, wiring: tuple[LampWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._lamps = {lamp.id: _Lamp(lamp, claims, post) for lamp in wiring}
        names = [name for lamp in wiring for name in lamp.lights]
        self._removals: Removals | None = None
        if any(isinstance(name, KernelLed | PwmChannel) for name in names):
            from appliance.panel.lamps import uevents  # noqa: PLC0415  late: with such lamps only

            self._removals = uevents.Removals(self._gone)

    def desire(self, shines: tuple[tuple[LampId, LampOutput], ...]) -> None:
        """Set how each lamp shines; a lamp that is not named is dark. A pattern that continues keeps its rhythm."""
        wanted = dict(shines)
        for name, lamp in self._lamps.items():
            lamp.desire(wanted.get(name, DARK))

    def close(self) -> None:
        """Switch all lamps off and release them."""
        if self._removals:
            self._removals.close()
        for lamp in self._lamps.values():
            lamp.close()

    def _gone(self, device: str) -> None:
        for lamp in self._lamps.values():
            lamp.gone(device)


class _Lamp:
    """One lamp. A light that fails is released and claimed again; its pattern then restarts."""

    def __init__(self, wiring: LampWiring, claims: Claims, post: Callable[[Input], None]) -> None:
        self._wiring, self._claims, self._post = wiring, claims, post
        self._name = f"lamp {wiring.id} ({', '.join(map(called, wiring.lights))})"
        self._loop = asyncio.get_running_loop()
        self._light: Light | None = None
        self._shine = DARK
        self._level = 0.0
        self._timer: asyncio.TimerHandle | None = None
        claims.take(self._name, self._export)

    def desire(self, shine: LampOutput) -> None:
        before, self._shine = self._shine, shine
        if self._light is None or shine == before:
            return
        if shine.pattern is before.pattern:
            self._show(self._light, self._level)
        else:
            self._begin(self._light)

    def gone(self, device: str) -> None:
        if self._light and device in self._light.devices:
            from appliance.panel.lamps.sysfs import gone  # noqa: PLC0415  late: with lamps that are files only

            self._lost(gone(", ".join(map(called, self._wiring.lights))))

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._light:
            self._light.close()
            self._light = None

    def _export(self) -> None:
        """Have the kernel export missing channels, and claim the light once we have access."""
        channels = [name for name in self._wiring.lights if isinstance(name, PwmChannel)]
        if channels and _exported(channels):
            self._timer = self._loop.call_later(
                times.current.channel_again_s, self._claims.take, self._name, self._export
            )
        else:
            self._take()

    def _take(self) -> None:
        with ExitStack() as made:
            lights = []
            for name in self._wiring.lights:
                lights.append(self._make(name))
                made.callback(lights[-1].close)
            made.pop_all()
        self._light = Three(tuple(lights)) if len(lights) > 1 else lights[0]
        kind = self._light.kind
        self._post(LampFound(at=time.monotonic(), lamp=self._wiring.id, dims=kind.dims, colors=kind.colors))
        self._loop.call_soon(self._restart_pattern)  # later: if it fails, this claim ends before the next one

    def _make(self, name: LightName) -> Light:
        match name:
            case KernelLed():
                from appliance.panel.lamps.kernel_led import LedLamp  # noqa: PLC0415  late: with such lamps only

                return LedLamp(name)
            case PwmChannel():
                from appliance.panel.lamps.pwm_lamp import Pwm  # noqa: PLC0415  late: with such lamps only

                return Pwm(name, active_low=self._wiring.active_low)
            case _:
                return GpioLamp(name, self._claims.factory, self._lost, active_low=self._wiring.active_low)

    def _restart_pattern(self) -> None:
        """Start the pattern with a newly claimed light, which is dark."""
        self._level = 0.0
        if self._light:
            self._begin(self._light)

    def _begin(self, light: Light) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        pattern = self._shine.pattern
        if pattern in FLASHES:
            steps = GLOW if pattern is Pattern.PULSE and light.glows else FLASHES[pattern]
            self._turn(light, steps, -1 if self._level else 0, self._loop.time())
        else:
            self._show(light, float(pattern is Pattern.ON))

    def _turn(self, light: Light, steps: Steps, step: int, at: float) -> None:
        """Show the step that was due at `at`, and schedule the next step from then, so that delays do not add up."""
        level, lasting = steps[step]
        # Not in the past if the loop stood still: no flurry to catch up.
        after = max(at + lasting, self._loop.time())
        self._timer = self._loop.call_at(after, self._turn, light, steps, (step + 1) % len(steps), after)
        self._show(light, level)

    def _show(self, light: Light, level: float) -> None:
        """Shine with this share of the desired brightness."""
        self._level = level
        try:
            light.show(level * self._shine.brightness / 100, self._shine.color or WHITE)
        except line_errors() as error:
            self._lost(error)

    def _lost(self, why: Exception) -> None:
        if self._light:  # only once, although three lines fail one by one
            self.close()
            self._claims.lost(self._name, self._export, why)


def _exported(channels: Iterable[PwmChannel]) -> bool:
    """Have the kernel export those that are missing; whether there were any."""
    from appliance.panel.lamps.pwm_lamp import export  # noqa: PLC0415  late: with such lamps only

    return any([export(channel) for channel in channels])  # noqa: C419  each of them, not only the first
