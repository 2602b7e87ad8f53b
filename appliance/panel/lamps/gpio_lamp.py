"""Lamps on lines, by gpiozero: on and off, and levels in between if its pins have PWM (lgpio's by software)."""

from collections.abc import Callable
from contextlib import suppress

from appliance.base.errors import IntercomError
from appliance.core.model import LampKind
from appliance.core.panel.colors import WHITE
from appliance.panel.gpio.factory import Factory, line_errors
from appliance.panel.gpio.line_names import PinName

Lost = Callable[[IntercomError], None]
FREQUENCY_HZ = 100


class GpioLamp:
    """A line; `when_lost` is called when its chip is removed, if its pins notice that.

    Software PWM uses processor time all the while, so it runs only for levels between on and off.
    """

    glows = False

    def __init__(self, pin: PinName, factory: Factory, when_lost: Lost, *, active_low: bool = False) -> None:
        from gpiozero import DigitalOutputDevice  # noqa: PLC0415  late: only where there is a panel

        self.devices: tuple[str, ...] = ()
        self._device = DigitalOutputDevice(pin, active_high=not active_low, pin_factory=factory)
        self._device.pin.when_lost = when_lost  # only ChipPin calls it: other pins do not notice
        self._active_low, self._pwm = active_low, False
        self.kind = LampKind(dims=self._dims(), colors=False)

    def show(self, level: float, color: str = WHITE) -> None:  # noqa: ARG002  it has one colour
        """Shine; without PWM any level above 0 is on."""
        between = self.kind.dims and 0 < level < 1
        if between != self._pwm:
            self._device.pin.frequency = FREQUENCY_HZ if between else None
            self._pwm = between
        if between:
            self._device.pin.state = 1 - level if self._active_low else level
        else:
            self._device.value = level > 0

    def close(self) -> None:
        """Go dark, and release the line."""
        with suppress(*line_errors()):
            self.show(0.0)
            self._device.close()

    def _dims(self) -> bool:
        """Whether the pin has PWM, which only a trial shows."""
        from gpiozero import PinPWMUnsupported  # noqa: PLC0415  late, as above

        try:
            self._device.pin.frequency = FREQUENCY_HZ
        except PinPWMUnsupported:
            return False
        self._device.pin.frequency = None
        self._device.off()
        return True
