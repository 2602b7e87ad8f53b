"""The panel as clients read it: buttons, lamps, keypads, readers, sensors and the tone."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import Action, Pattern, Picture, SensorKind, Tone
from appliance.core.views.base import Name, Time


class Button(Record):
    """A button and its action."""

    id: str
    name: Name
    action: Action
    long_action: Action | None
    double_action: Action | None
    target: Annotated[str | None, Meta(description="Target that it rings.")]
    down: bool
    stuck: Annotated[
        bool, Meta(description="Whether it has been down for so long, or chatters so, that it is ignored for now.")
    ]
    glitches: Annotated[
        int, Meta(description="Pulses of its line since the start of the daemon that were too short for a press.")
    ]


class Chord(Record):
    """Buttons with an action of their own when they are pressed together."""

    id: str
    buttons: tuple[str, ...]
    action: Action
    target: Annotated[str | None, Meta(description="Target that it rings.")]


class Lamp(Record):
    """A lamp and its pattern: slow is 1 Hz, fast 4 Hz; every 2 s double flashes twice, and pulse glows up and down.

    A lamp on a line shows a pulse as one flash.
    """

    id: str
    name: Name
    pattern: Pattern
    color: Annotated[str | None, Meta(description="As #rrggbb; null: the configured one.")]
    brightness: Annotated[int, Meta(description="In percent of the maximum; 0: off.")]
    dims: Annotated[bool | None, Meta(description="Whether its hardware has brightness; null: not known yet.")]
    colors: Annotated[bool | None, Meta(description="Whether its hardware has colours; null: not known yet.")]


class Keypad(Record):
    """A keypad."""

    id: str


class Reader(Record):
    """A card reader."""

    id: str
    discarded: Annotated[int, Meta(description="Number of invalid cards or keys since the start of the daemon.")]


class Sensor(Record):
    """A sensor and its state."""

    id: str
    kind: SensorKind
    door: Annotated[str | None, Meta(description="For a contact: its door.")]
    active: Annotated[
        bool | None, Meta(description="Whether it is active (not at rest); null: its line is not available.")
    ]
    blocks_until: Annotated[Time | None, Meta(description="Until when it keeps the doors locked; null: it does not.")]


class Panel(Record):
    """Buttons, lamps and other parts of the panel, with their present state."""

    picture: Picture
    pictures: Annotated[
        tuple[Picture, ...],
        Meta(description="All situations that are true now; each lamp shows the first for which it has a pattern."),
    ]
    tone: Annotated[Tone | None, Meta(description="Sound on the station's own speaker.")]
    buttons: tuple[Button, ...]
    chords: tuple[Chord, ...]
    night: Annotated[bool, Meta(description="Whether it is night for the lamps.")]
    lamps: tuple[Lamp, ...]
    keypads: tuple[Keypad, ...]
    readers: tuple[Reader, ...]
    sensors: tuple[Sensor, ...]
