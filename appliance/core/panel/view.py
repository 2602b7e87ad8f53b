"""The panel as clients read it: buttons, lamps, keypads, readers, sensors and the tone."""

from typing import Any

from appliance.core import wall_clock
from appliance.core.doors.view import sensor_view
from appliance.core.model import LampOutput, LampSettings, State
from appliance.core.panel.indications import lamps, picture, pictures, tone


def panel_view(state: State, epoch: float) -> dict[str, Any]:
    """The panel for clients."""
    presses, shown = dict(state.panel.presses), dict(lamps(state))
    return {
        "picture": picture(state),
        "pictures": list(pictures(state)),
        "buttons": [
            {
                "id": button.id,
                "name": button.display_name or None,
                "action": button.action,
                "long_action": button.long_action,
                "double_action": button.double_action,
                "target": button.target or None,
                "down": button.id in presses and presses[button.id].down,
                "stuck": button.id in presses and presses[button.id].stuck,
                "glitches": dict(state.panel.glitches).get(button.id, 0),
            }
            for button in state.settings.buttons
        ],
        "chords": [
            {
                "id": chord.id,
                "buttons": list(chord.buttons),
                "action": chord.action,
                "target": chord.target or None,
            }
            for chord in state.settings.chords
        ],
        "night": wall_clock.is_night(state),
        "lamps": [lamp_view(state, lamp, shown[lamp.id]) for lamp in state.settings.lamps],
        "keypads": [{"id": keypad.id} for keypad in state.settings.keypads],
        "readers": [
            {"id": reader.id, "discarded": dict(state.access.discarded).get(reader.id, 0)}
            for reader in state.settings.readers
        ],
        "sensors": [sensor_view(state, sensor, epoch) for sensor in state.settings.sensors],
        "tone": tone(state),
    }


def lamp_view(state: State, lamp: LampSettings, shine: LampOutput) -> dict[str, Any]:
    """A lamp for clients, with what its hardware can do."""
    kind = dict(state.panel.lamp_kinds).get(lamp.id)
    return {
        "id": lamp.id,
        "name": lamp.display_name or None,
        "pattern": shine.pattern,
        "color": shine.color,
        "brightness": shine.brightness,
        "dims": None if kind is None else kind.dims,
        "colors": None if kind is None else kind.colors,
    }
