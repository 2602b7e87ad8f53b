"""The entities of a station, from its state. Imports nothing of Home Assistant, so that a test compares it with MQTT.

The keys are those of the station's MQTT discovery, and so are the unique ids: `intercomd_` with the station's name for
other systems (`mqtt.device`), and the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BUTTON_EVENTS = {
    "button.pressed": "press_start",
    "button.released": "press_end",
    "button.held": "long_press_start",
    "button.double_clicked": "multi_press_2",
}


@dataclass(frozen=True)
class Part:
    """An entity. kind: by which its name is translated; ident: of the door, button or account; title: its name."""

    platform: str
    kind: str
    ident: str = ""
    title: str = ""

    @property
    def key(self) -> str:
        """What its unique id ends with."""
        return f"{self.kind}_{self.ident}" if self.ident else self.kind


def identifier(state: Mapping[str, Any]) -> str:
    """What unique ids of the station begin with."""
    return f"intercomd_{state['appliance']['device']}"


def of(state: Mapping[str, Any]) -> list[Part]:
    """All entities of a station."""
    found = [Part("event", "ring")]
    found += [
        Part("event", "button", each["id"], each["name"] or each["id"])
        for each in state["panel"]["buttons"]
        if each["target"] is None
    ]
    for door in state["doors"]:
        names = door["id"], door["name"] or door["id"]
        found += [Part("lock", "door", *names), Part("button", "open", *names)]
        if door["contact"] is not None:
            found.append(Part("binary_sensor", "leaf", *names))
    found += [
        Part("sensor", "call"),
        Part("button", "answer"),
        Part("button", "hang_up"),
        Part("switch", "do_not_disturb"),
    ]
    found += [
        Part("binary_sensor", "account", each["name"], each["display_name"] or each["name"])
        for each in state["accounts"]
    ]
    found += [Part("binary_sensor", kind) for kind in ("sound", "storage", "problem")]
    return [*found, Part("sensor", "recording"), Part("update", "update")]


def foreground(calls: list[Any]) -> Any | None:
    """The call that has the speaker and the microphone, or else the first one; None: there is no call."""
    return next((each for each in calls if each["active"]), calls[0] if calls else None)


def meant(calls: list[Any], *, incoming: bool) -> str | None:
    """The call that an order without one means: the only one, or the only one that it fits. None: there is none."""
    fits = [each for each in calls if (each["state"] == "incoming" if incoming else each["active"])]
    possible = calls if len(calls) == 1 else fits
    return str(possible[0]["id"]) if len(possible) == 1 else None
