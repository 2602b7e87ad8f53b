"""The panel's lines: gpiozero's pin factory, and the errors of a line."""

import os
import sys
import warnings
from importlib.util import find_spec
from typing import Any, Literal

from appliance.base import libraries
from appliance.base.errors import ErrorCode, IntercomError

Factory = Any  # gpiozero.pins.Factory: gpiozero has no types
PLAIN_ERRORS = (
    IntercomError,
    OSError,
    RuntimeError,
    ValueError,
    ImportError,
)  # what pin factories raise beside gpiozero's own


def lines(kind: Literal["simulated", "gpio", "chips"]) -> Factory:
    """Return a pin factory: `simulated` (gpiozero's mock pins), `gpio` (pins by number) or `chips` (ours, by ChipLine).

    Pins by number are gpiozero's own choice if its library for them, lgpio, is installed or the environment names
    another; otherwise ours. Raises IntercomError if no pin factory works.
    """
    try:
        match kind:
            case "simulated":
                return _simulated()
            case "gpio" if os.environ.get("GPIOZERO_PIN_FACTORY") or find_spec("lgpio") or not find_spec("gpiod"):
                return _gpio()
            case _:
                return _chips()
    except ImportError as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The panel's lines cannot be used",
            f"A library cannot be loaded: {error}",
            libraries.remedy("python3-gpiozero python3-libgpiod", "gpiozero gpiod"),
        ) from error


def _simulated() -> Factory:
    from gpiozero.pins.mock import MockFactory  # noqa: PLC0415  gpiozero takes 50 ms, which only a panel needs

    return MockFactory()


def _chips() -> Factory:
    from appliance.panel.gpio.chip_pins import ChipFactory  # noqa: PLC0415  as above

    return ChipFactory()


def _gpio() -> Factory:
    import gpiozero  # noqa: PLC0415  as above

    with warnings.catch_warnings(record=True) as tried:
        warnings.simplefilter("always")
        try:
            # A device without a pin makes gpiozero choose; 1.6.2 has no public function for that alone.
            return gpiozero.Device().pin_factory
        except line_errors() as error:
            causes = [str(warning.message).removeprefix("Falling back from ") for warning in tried] or [str(error)]
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "The panel's GPIO lines cannot be used",
                "No pin factory of gpiozero works here: " + "; ".join(causes),
                f"{libraries.remedy('python3-libgpiod', 'gpiod')}, and let this user open /dev/gpiochip*; or use "
                "simulated lines (--demo)",
            ) from error


def line_errors() -> tuple[type[Exception], ...]:
    """Return the errors that using a line may raise: the classes of the loaded libraries."""
    known = [("gpiozero", "GPIOZeroError"), ("lgpio", "error")]
    loaded = [getattr(module, error) for name, error in known if (module := sys.modules.get(name))]
    return (*PLAIN_ERRORS, *loaded)
