"""Buttons and lamps."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, Input
from appliance.core.model import ButtonId, LampId, Pattern


class ButtonEdge(Input, kw_only=True):
    """A button's line changed; active-low is applied already. `lost`: the line is gone, which is not a release.

    first: no edge, but the level of a line that was just claimed: nobody knows since when the button is down.
    """

    button: ButtonId
    active: bool
    lost: bool = False
    first: bool = False


class TestLamp(Action):
    """Show a pattern on a lamp for `seconds`, instead of the status."""

    lamp: LampId
    pattern: Annotated[Pattern, Meta(description="Pattern of the lamp.", examples=["fast"])] = Pattern.FAST
    seconds: Annotated[float, Meta(gt=0, le=60, description="Duration of the test.", examples=[5.0])] = 5.0
    color: str | None = None


class LampFound(Input, kw_only=True):
    """A lamp's hardware was found, with these abilities."""

    lamp: LampId
    dims: bool
    colors: bool
