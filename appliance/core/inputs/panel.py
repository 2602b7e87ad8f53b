"""Buttons and lamps."""

from appliance.base.record import Tagged
from appliance.core.inputs.base import Input
from appliance.core.model import ButtonId, LampId, Pattern


class ButtonEdge(Input, kw_only=True):
    """A button's line changed; active-low is applied already. `lost`: the line is gone, which is not a release.

    first: no edge, but the level of a line that was just claimed: nobody knows since when the button is down.
    """

    button: ButtonId
    active: bool
    lost: bool = False
    first: bool = False


class TestLamp(Tagged):
    """Test a lamp with a pattern for `seconds`, whatever the panel shows. `color` None: the lamp's own."""

    lamp: LampId
    pattern: Pattern
    seconds: float
    color: str | None = None


class LampFound(Input, kw_only=True):
    """A lamp's hardware was found, with these abilities."""

    lamp: LampId
    dims: bool
    colors: bool
