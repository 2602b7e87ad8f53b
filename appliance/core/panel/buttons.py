"""Buttons: edges become presses, clicks, double clicks, long presses and chords, and these become actions.

A level is believed once it has lasted: that of a press for `min_press_s`, so that a disturbance on a long cable rings
nobody; that of a release for `debounce_s`, through which a contact may bounce. What is told, and every limit, counts
from the edge itself. Time alone decides only on a Tick: other inputs may overtake edges that the kernel already has.
"""

from dataclasses import replace
from math import inf

from appliance.core import events
from appliance.core.appliance import faults
from appliance.core.model import Action, ButtonId, ButtonSettings, ChordSettings, Press
from appliance.core.transition import Turn

AT_REST = Press(level=False, edge_at=-inf, settles=inf)
Acts = list[tuple[ButtonSettings | ChordSettings, Action]]


def edge(turn: Turn, button: ButtonSettings, *, active: bool, at: float, lost: bool = False) -> Acts:
    """Take an edge of a line in; the actions that it means. `lost`: the line is gone, and what it said ends with it."""
    at = max(at, of(turn, button.id).edge_at)
    acts = due(turn, button, at)
    press = of(turn, button.id)
    if lost and press.down and press.release_at is None:
        turn.emit(events.ButtonReleased(button.id, at=at))
        at_ease(turn, button, press)
        put(turn, button.id, None)
    elif active != press.level:
        glitch = not active and not press.down
        settles = at + (button.min_press_s if active else button.debounce_s)
        moved = replace(press, level=active, edge_at=at, settles=inf if active and press.down else settles)
        put(turn, button.id, replace(moved, glitches=press.glitches + glitch))
        acts += due(turn, button, at)
    return acts


def hold_down(turn: Turn, button: ButtonSettings, seconds: float) -> Acts:
    """Press a button that is up, for a client; `due` lets it go after `seconds`."""
    acts = went_down(turn, button, of(turn, button.id), turn.now)
    put(turn, button.id, replace(of(turn, button.id), release_at=turn.now + seconds))
    return acts


def due(turn: Turn, button: ButtonSettings, until: float) -> Acts:
    """What time brought up to `until`: a level that has lasted, the end of a wait for a chord or a second click."""
    acts: Acts = []
    press = of(turn, button.id)
    if press is AT_REST:
        return acts
    if press.level and not press.down and press.settles <= until:
        acts += went_down(turn, button, press, press.edge_at)
        press = of(turn, button.id)
    if press.down:
        acts += while_down(turn, button, press, until)
        press = of(turn, button.id)
    up_at = press.settles if press.release_at is None else press.release_at
    if press.down and up_at <= until and not (press.level and press.release_at is None):
        acts += came_up(turn, button, press, press.edge_at if press.release_at is None else up_at)
        return acts + due(turn, button, until)  # a finger may be on it still, or nothing is left to wait for
    if press.click_until is not None and press.click_until <= until and not second(press):
        turn.emit(events.ButtonClicked(button.id, at=press.clicked_at))
        acts += [(button, button.action)]
        press = replace(press, click_until=None)
        put(turn, button.id, press)
    if not press.down and not press.level and (press.settles <= until or press.settles == inf):
        count(turn, button.id, press.glitches)
        put(turn, button.id, None if press.click_until is None else replace(press, settles=inf, glitches=0))
    return acts


def while_down(turn: Turn, button: ButtonSettings, press: Press, until: float) -> Acts:
    """What comes as a button stays down: no chord any more, the long press, the alarm that it is stuck."""
    acts: Acts = []
    if press.chord_until is not None and press.chord_until <= until:
        press = replace(press, chord_until=None, acted=at_once(button))
        acts += [(button, button.action)] if press.acted else []
    if press.long_at is not None and press.long_at <= until and stayed(press, press.long_at):
        turn.emit(events.ButtonHeld(button.id, at=press.long_at))
        acts += [(button, button.long_action)] if button.long_action else []
        press = replace(press, long_at=None, spent=True)
    if press.stuck_at is not None and press.stuck_at <= until and stayed(press, press.stuck_at):
        turn.emit(events.ButtonStuck(button.id, at=press.stuck_at))
        why = f"It has been down for {press.stuck_at - press.pressed_at:g} s and is ignored until it is released."
        faults.failed(turn, part(button), why, "Check whether it is jammed or its cable is shorted.")
        press = replace(press, stuck_at=None, long_at=None, stuck=True, spent=True)
    put(turn, button.id, press)
    return acts


def went_down(turn: Turn, button: ButtonSettings, press: Press, at: float) -> Acts:
    """The button is believed to be down since `at`."""
    turn.emit(events.ButtonPressed(button.id, at=at))
    stuck_at = None if button.stuck_s is None else at + button.stuck_s
    down = Press(
        level=press.level, edge_at=press.edge_at, settles=inf, down=True, pressed_at=at, spent=True, stuck_at=stuck_at
    )
    if press.click_until is not None and button.double_action is not None:
        turn.emit(events.ButtonDoubleClicked(button.id, at=at))
        put(turn, button.id, down)
        return [(button, button.double_action)]
    for chord in turn.settings.chords:
        others = [each for each in turn.settings.buttons if each.id in chord.buttons and each.id != button.id]
        if button.id in chord.buttons and others and all(waits(turn, other, at) for other in others):
            turn.emit(events.ButtonChord(chord.id, buttons=chord.buttons, at=at))
            put(turn, button.id, down)
            for other in others:
                partner = of(turn, other.id)
                put(turn, other.id, replace(partner, chord_until=None, long_at=None, spent=True))
            return [(chord, chord.action)]
    windows = [chord.within_s for chord in turn.settings.chords if button.id in chord.buttons]
    long_at = None if button.long_action is None else at + button.long_press_s
    acts_now = not windows and at_once(button)
    chord_until = at + max(windows) if windows else None
    put(turn, button.id, replace(down, spent=False, acted=acts_now, long_at=long_at, chord_until=chord_until))
    return [(button, button.action)] if acts_now else []


def came_up(turn: Turn, button: ButtonSettings, press: Press, at: float) -> Acts:
    """The button is believed to be up since `at`."""
    turn.emit(events.ButtonReleased(button.id, at=at))
    at_ease(turn, button, press)
    edge_at = max(press.edge_at, at)
    settles = edge_at + (button.min_press_s if press.level else 0.0)
    up = Press(level=press.level, edge_at=edge_at, settles=settles)
    if not press.spent and button.double_action is not None:
        put(turn, button.id, replace(up, clicked_at=at, click_until=at + button.double_s))
        return []
    put(turn, button.id, up)
    if press.spent:
        return []
    turn.emit(events.ButtonClicked(button.id, at=at))
    return [] if press.acted else [(button, button.action)]


def at_ease(turn: Turn, button: ButtonSettings, press: Press) -> None:
    """A button that was stuck is no longer."""
    if press.stuck:
        faults.recovered(turn, part(button))


def part(button: ButtonSettings) -> str:
    """The button among what can fail."""
    return f"button {button.id}"


def at_once(button: ButtonSettings) -> bool:
    """Whether a press alone says what is meant: no long press and no second click may follow."""
    return button.long_action is None and button.double_action is None


def waits(turn: Turn, button: ButtonSettings, at: float) -> bool:
    """Whether it is down and has meant nothing yet, so that another that goes down at `at` makes a chord of both."""
    press = of(turn, button.id)
    return press.chord_until is not None and at <= press.chord_until and stayed(press, at)


def stayed(press: Press, at: float) -> bool:
    """Whether a button that is down was so at that time, as far as is known."""
    if press.release_at is not None:
        return at <= press.release_at
    return press.level or at <= press.edge_at


def second(press: Press) -> bool:
    """Whether what may become a second click has begun in time."""
    return press.click_until is not None and press.level and press.edge_at <= press.click_until


def of(turn: Turn, button: ButtonId) -> Press:
    """The button's state now."""
    return next((press for name, press in turn.state.presses if name == button), AT_REST)


def put(turn: Turn, button: ButtonId, press: Press | None) -> None:
    """Store it; None: it is at rest."""
    others = tuple(pair for pair in turn.state.presses if pair[0] != button)
    kept = others if press is None else tuple(sorted((*others, (button, press)), key=lambda pair: pair[0]))
    turn.state = replace(turn.state, presses=kept)


def count(turn: Turn, button: ButtonId, glitches: int) -> None:
    """Add to the pulses that were too short to be a press, nor were the bouncing of one."""
    if glitches:
        counted = dict(turn.state.glitches)
        counted[button] = counted.get(button, 0) + glitches
        turn.state = replace(turn.state, glitches=tuple(sorted(counted.items())))


def wake(press: Press) -> float:
    """When `due` has something to do."""
    waits_for = [press.settles if press.release_at is None else press.release_at]
    if press.down:
        waits_for += [at for at in (press.chord_until,) if at is not None]
        waits_for += [at for at in (press.long_at, press.stuck_at) if at is not None and stayed(press, at)]
    if press.click_until is not None and not second(press):
        waits_for.append(press.click_until)
    return min(waits_for)
