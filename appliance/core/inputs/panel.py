"""Buttons, lamps, microphone."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import ButtonId, LampId, Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonEdge(Input):
    """A button's line changed; active-low already applied. `lost`: the line is gone, which is no release."""

    button: ButtonId
    active: bool
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMeasured(Input):
    """How loud the microphone is, in dBFS (0: the loudest there is): several times a second while that is desired."""

    dbfs: float


@dataclass(frozen=True, slots=True)
class TestLamp:
    """Have a lamp shine in a pattern for so long, whatever the panel shows. `color` None: its own."""

    lamp: LampId
    pattern: Pattern
    seconds: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class TestSound:
    """Play a tone on the speaker, and measure what the microphone hears of it; the reply comes at the end."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LampFound(Input):
    """A lamp's hardware was found, and can that."""

    lamp: LampId
    dims: bool
    colors: bool
