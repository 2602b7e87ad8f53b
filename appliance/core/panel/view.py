"""The panel as clients read it: buttons, lamps, keypads, readers, sensors and the tone."""

from appliance.core import wall_clock
from appliance.core.doors.view import sensor_view
from appliance.core.model import ButtonSettings, LampOutput, LampSettings, State
from appliance.core.panel.indications import lamps, picture, pictures, tone
from appliance.core.views.panel import Button, Chord, Keypad, Lamp, Panel, Reader


def panel_view(state: State, epoch: float) -> Panel:
    """The panel for clients."""
    shown, discarded = dict(lamps(state)), dict(state.access.discarded)
    return Panel(
        picture=picture(state),
        pictures=pictures(state),
        tone=tone(state),
        buttons=tuple([button_view(state, button) for button in state.settings.buttons]),
        chords=tuple(
            [
                Chord(id=chord.id, buttons=chord.buttons, action=chord.action, target=chord.target or None)
                for chord in state.settings.chords
            ]
        ),
        night=wall_clock.is_night(state),
        lamps=tuple([lamp_view(state, lamp, shown[lamp.id]) for lamp in state.settings.lamps]),
        keypads=tuple([Keypad(keypad.id) for keypad in state.settings.keypads]),
        readers=tuple([Reader(reader.id, discarded.get(reader.id, 0)) for reader in state.settings.readers]),
        sensors=tuple([sensor_view(state, sensor, epoch) for sensor in state.settings.sensors]),
    )


def button_view(state: State, button: ButtonSettings) -> Button:
    """A button for clients."""
    press = dict(state.panel.presses).get(button.id)
    return Button(
        id=button.id,
        name=button.display_name or None,
        action=button.action,
        long_action=button.long_action,
        double_action=button.double_action,
        target=button.target or None,
        down=press is not None and press.down,
        stuck=press is not None and press.stuck,
        glitches=dict(state.panel.glitches).get(button.id, 0),
    )


def lamp_view(state: State, lamp: LampSettings, shine: LampOutput) -> Lamp:
    """A lamp for clients, with what its hardware can do."""
    kind = dict(state.panel.lamp_kinds).get(lamp.id)
    return Lamp(
        id=lamp.id,
        name=lamp.display_name or None,
        pattern=shine.pattern,
        color=shine.color,
        brightness=shine.brightness,
        dims=None if kind is None else kind.dims,
        colors=None if kind is None else kind.colors,
    )
