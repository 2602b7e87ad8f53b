"""The panel and its tests."""

from pydantic import Field

from appliance.api.models.base import AnswerBody, Color, Name, OrderBody, Time
from appliance.core.model import Action, Pattern, Picture, SensorKind, Tone


class PressOptions(OrderBody):
    """Options of a press."""

    seconds: float = Field(default=0.0, ge=0, le=60, allow_inf_nan=False, description="Duration of the press.")


class TestLamp(OrderBody):
    """Options of a lamp test."""

    pattern: Pattern = Field(default=Pattern.FAST, description="Pattern of the lamp.")
    seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False, description="Duration of the test.")
    color: Color | None = Field(default=None, description="Colour; null: the configured one.")


class Button(AnswerBody):
    """A button and its action."""

    id: str
    name: Name
    action: Action
    long_action: Action | None
    double_action: Action | None
    target: str | None = Field(description="Target that it rings.")
    down: bool
    stuck: bool = Field(description="Whether it has been down for so long that it is ignored until it is released.")
    glitches: int = Field(
        description="Pulses of its line since the start of the daemon that were too short for a press."
    )


class Chord(AnswerBody):
    """Buttons with an action of their own when they are pressed together."""

    id: str
    buttons: list[str]
    action: Action
    target: str | None = Field(description="Target that it rings.")


class Lamp(AnswerBody):
    """A lamp and its pattern: slow is 1 Hz, fast 4 Hz; every 2 s double flashes twice, and pulse glows up and down.

    A lamp on a line shows a pulse as one flash.
    """

    id: str
    name: Name
    pattern: Pattern
    color: str | None = Field(description="As #rrggbb; null: the configured one.")
    brightness: int = Field(description="In percent of the maximum; 0: off.")
    dims: bool | None = Field(description="Whether its hardware has brightness; null: not known yet.")
    colors: bool | None = Field(description="Whether its hardware has colours; null: not known yet.")


class Keypad(AnswerBody):
    """A keypad."""

    id: str


class Reader(AnswerBody):
    """A card reader."""

    id: str
    discarded: int = Field(description="Number of invalid cards or keys since the start of the daemon.")


class Sensor(AnswerBody):
    """A sensor and its state."""

    id: str
    kind: SensorKind
    door: str | None = Field(description="For a contact: its door.")
    active: bool | None = Field(description="Whether it is active (not at rest); null: its line is not available.")
    blocks_until: Time | None = Field(description="Until when it keeps the doors locked; null: it does not.")


class Panel(AnswerBody):
    """Buttons, lamps and other parts of the panel, with their present state."""

    picture: Picture
    pictures: list[Picture] = Field(
        description="All situations that are true now; each lamp shows the first for which it has a pattern."
    )
    tone: Tone | None = Field(description="Sound on the station's own speaker.")
    buttons: list[Button]
    chords: list[Chord]
    night: bool = Field(description="Whether it is night for the lamps.")
    lamps: list[Lamp]
    keypads: list[Keypad]
    readers: list[Reader]
    sensors: list[Sensor]
