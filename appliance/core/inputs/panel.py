"""Buttons, lamps and the microphone."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import ButtonId, LampId, Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonEdge(Input):
    """A button's line changed; active-low is applied already. `lost`: the line is gone, which is not a release."""

    button: ButtonId
    active: bool
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMeasured(Input):
    """The microphone's level in dBFS (0 is the maximum): several times a second while that is desired."""

    dbfs: float


@dataclass(frozen=True, slots=True)
class TestLamp:
    """Test a lamp with a pattern for `seconds`, whatever the panel shows. `color` None: the lamp's own."""

    lamp: LampId
    pattern: Pattern
    seconds: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class TestSound:
    """Play a tone on the speaker, and measure what the microphone hears; the reply comes at the end."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LampFound(Input):
    """A lamp's hardware was found, with these abilities."""

    lamp: LampId
    dims: bool
    colors: bool
