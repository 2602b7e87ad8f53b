"""Buttons, lamps and the microphone."""

from appliance.base.record import Tagged
from appliance.core.inputs.base import Input
from appliance.core.model import ButtonId, LampId, Pattern


class ButtonEdge(Input, kw_only=True):
    """A button's line changed; active-low is applied already. `lost`: the line is gone, which is not a release."""

    button: ButtonId
    active: bool
    lost: bool = False


class MicrophoneMeasured(Input, kw_only=True):
    """The microphone's level in dBFS (0 is the maximum): several times a second while that is desired."""

    dbfs: float


class TestLamp(Tagged):
    """Test a lamp with a pattern for `seconds`, whatever the panel shows. `color` None: the lamp's own."""

    lamp: LampId
    pattern: Pattern
    seconds: float
    color: str | None = None


class TestSound(Tagged):
    """Play a tone on the speaker, and measure what the microphone hears; the reply comes at the end."""

    seconds: float


class LampFound(Input, kw_only=True):
    """A lamp's hardware was found, with these abilities."""

    lamp: LampId
    dims: bool
    colors: bool
