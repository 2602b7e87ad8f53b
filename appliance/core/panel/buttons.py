"""Buttons: edges become presses, clicks, double clicks, long presses and chords, and these become actions.

A level counts once it has lasted: a press for `min_press_s`, so that a disturbance on a long cable rings nobody; a
release for `debounce_s`, during which a contact may bounce. Events and limits count from the edge itself. Only a Tick
lets time alone decide: other inputs may overtake edges that the kernel already has.

A button that is down when its line is claimed, at a start or when the line returns, does nothing: the button is stuck
until its release. Otherwise each start would open the door by an exit button with a shorted cable. A contact that
chatters, as with water in it, is stuck as well, until it has been at rest for a while: its presses would ring without
end, and drive all other events out of the journal.
"""

from math import inf

from msgspec.structs import replace

from appliance.core import events, faults
from appliance.core.audio import talk
from appliance.core.model import Action, ButtonId, ButtonSettings, ChordSettings, Often, Press
from appliance.core.tables import Table
from appliance.core.transition import Turn

MOST_PRESSES = 300  # in a minute nobody presses so often
QUIET_S = 10.0  # of a contact that chattered, before its button counts again
AT_REST = Press(level=False, edge_at=-inf, settles=inf)
Acts = list[tuple[ButtonSettings | ChordSettings, Action]]
PRESSES = Table("panel.presses", tuple[ButtonId, Press], lambda row: row[0], ordered=True)
GLITCHES = Table("panel.glitches", tuple[ButtonId, int], lambda row: row[0], ordered=True)
STROKES = Table("panel.strokes", tuple[ButtonId, Often], lambda row: row[0], ordered=True)


def edge(turn: Turn, button: ButtonSettings, *, active: bool, at: float, lost: bool = False) -> Acts:
    """Process an edge of a line; return the actions. `lost`: the line is gone, which ends a press."""
    at = max(at, press_of(turn, button.id).edge_at)
    acts = due(turn, button, at)
    press = press_of(turn, button.id)
    if lost and press.down and press.release_at is None:
        turn.emit(events.ButtonReleased(button.id, at=at))
        at_ease(turn, button, press)
        PRESSES.drop(turn, button.id)
    elif active != press.level:
        glitch = not active and not press.down
        settles = at + (button.min_press_s if active else QUIET_S if press.chatters else button.debounce_s)
        moved = replace(press, level=active, edge_at=at, settles=inf if active and press.down else settles)
        PRESSES.put(turn, (button.id, replace(moved, glitches=press.glitches + glitch)))
        acts += due(turn, button, at)
    return acts


def found(turn: Turn, button: ButtonSettings, *, active: bool, at: float) -> None:
    """Process the level of a line that was just claimed."""
    press = press_of(turn, button.id)
    if not active or press.level:
        return
    if press.down:  # by a client
        turn.emit(events.ButtonReleased(button.id, at=at))
        at_ease(turn, button, press)
    down = Press(level=True, edge_at=at, settles=inf, down=True, pressed_at=at, spent=True, stuck=True)
    PRESSES.put(turn, (button.id, down))
    turn.emit(events.ButtonStuck(button.id, at=at))
    is_stuck(turn, button, "It was down when its line was first read, and is ignored until it is released.")


def is_stuck(turn: Turn, button: ButtonSettings, why: str) -> None:
    """Show a stuck button among the faults."""
    faults.failed(turn, part_name(button), why, "Check whether it is jammed or its cable is shorted.")


def hold_down(turn: Turn, button: ButtonSettings, seconds: float) -> Acts:
    """Press a button that is up, for a client; `due` lets it go after `seconds`."""
    acts = went_down(turn, button, press_of(turn, button.id), turn.now)
    PRESSES.put(turn, (button.id, replace(press_of(turn, button.id), release_at=turn.now + seconds)))
    return acts


def due(turn: Turn, button: ButtonSettings, until: float) -> Acts:
    """Process deadlines up to `until`: a level that has lasted, or the end of a wait for a chord or second click."""
    acts: Acts = []
    press = press_of(turn, button.id)
    if press is AT_REST:
        return acts
    if press.level and not press.down and press.settles <= until:
        if chatters(turn, button, press.edge_at):
            chattered(turn, button, press)
        else:
            acts += went_down(turn, button, press, press.edge_at)
        press = press_of(turn, button.id)
    if press.down:
        acts += while_down(turn, button, press, until)
        press = press_of(turn, button.id)
    up_at = press.settles if press.release_at is None else press.release_at
    if press.down and up_at <= until and not (press.level and press.release_at is None):
        acts += came_up(turn, button, press, press.edge_at if press.release_at is None else up_at)
        return acts + due(turn, button, until)  # the finger may be on it again; otherwise nothing is left to do
    if press.click_until is not None and press.click_until <= until and not second(press):
        turn.emit(events.ButtonClicked(button.id, at=press.clicked_at))
        acts += [(button, button.action)]
        press = replace(press, click_until=None)
        PRESSES.put(turn, (button.id, press))
    if not press.down and not press.level and (press.settles <= until or press.settles == inf):
        count_glitches(turn, button.id, press.glitches)
        if press.click_until is None:
            PRESSES.drop(turn, button.id)
        else:
            PRESSES.put(turn, (button.id, replace(press, settles=inf, glitches=0)))
    return acts


def while_down(turn: Turn, button: ButtonSettings, press: Press, until: float) -> Acts:
    """Process the deadlines of a button that is down: the end of a wait for a chord, a long press, the stuck alarm."""
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
        is_stuck(turn, button, why)
        talk.released(turn, button.id)
        press = replace(press, stuck_at=None, long_at=None, stuck=True, spent=True)
    PRESSES.put(turn, (button.id, press))
    return acts


def went_down(turn: Turn, button: ButtonSettings, press: Press, at: float) -> Acts:
    """The button counts as down since `at`."""
    turn.emit(events.ButtonPressed(button.id, at=at))
    stuck_at = None if button.stuck_s is None else at + button.stuck_s
    down = Press(
        level=press.level, edge_at=press.edge_at, settles=inf, down=True, pressed_at=at, spent=True, stuck_at=stuck_at
    )
    if press.click_until is not None and button.double_action is not None:
        turn.emit(events.ButtonDoubleClicked(button.id, at=at))
        PRESSES.put(turn, (button.id, down))
        return [(button, button.double_action)]
    for chord in turn.settings.chords:
        others = [each for each in turn.settings.buttons if each.id in chord.buttons and each.id != button.id]
        if button.id in chord.buttons and others and all(waits(turn, other, at) for other in others):
            turn.emit(events.ButtonChord(chord.id, buttons=chord.buttons, at=at))
            PRESSES.put(turn, (button.id, down))
            for other in others:
                partner = press_of(turn, other.id)
                PRESSES.put(turn, (other.id, replace(partner, chord_until=None, long_at=None, spent=True)))
            return [(chord, chord.action)]
    windows = [chord.within_s for chord in turn.settings.chords if button.id in chord.buttons]
    long_at = None if button.long_action is None else at + button.long_press_s
    acts_now = not windows and at_once(button)
    chord_until = at + max(windows) if windows else None
    PRESSES.put(turn, (button.id, replace(down, spent=False, acted=acts_now, long_at=long_at, chord_until=chord_until)))
    return [(button, button.action)] if acts_now else []


def chatters(turn: Turn, button: ButtonSettings, at: float) -> bool:
    """Count a press of its line at `at`: whether there are more in a minute than anybody makes."""
    strokes = dict(turn.panel.strokes).get(button.id, Often()).again(at)
    STROKES.put(turn, (button.id, strokes))
    return strokes.count > MOST_PRESSES


def chattered(turn: Turn, button: ButtonSettings, press: Press) -> None:
    """Ignore the button until its contact is quiet."""
    STROKES.drop(turn, button.id)
    turn.emit(events.ButtonPressed(button.id, at=press.edge_at))
    turn.emit(events.ButtonStuck(button.id, at=press.edge_at))
    why = f"It went down more than {MOST_PRESSES} times in a minute, and is ignored until it rests for {QUIET_S:g} s."
    faults.failed(turn, part_name(button), why, "Look for water and corrosion in its contact and along its cable.")
    down = Press(level=True, edge_at=press.edge_at, settles=inf, down=True, pressed_at=press.edge_at, spent=True)
    PRESSES.put(turn, (button.id, replace(down, stuck=True, chatters=True)))


def came_up(turn: Turn, button: ButtonSettings, press: Press, at: float) -> Acts:
    """The button counts as up since `at`."""
    turn.emit(events.ButtonReleased(button.id, at=at))
    at_ease(turn, button, press)
    edge_at = max(press.edge_at, at)
    settles = edge_at + (button.min_press_s if press.level else 0.0)
    up = Press(level=press.level, edge_at=edge_at, settles=settles)
    if not press.spent and button.double_action is not None:
        PRESSES.put(turn, (button.id, replace(up, clicked_at=at, click_until=at + button.double_s)))
        return []
    PRESSES.put(turn, (button.id, up))
    if press.spent:
        return []
    turn.emit(events.ButtonClicked(button.id, at=at))
    return [] if press.acted else [(button, button.action)]


def at_ease(turn: Turn, button: ButtonSettings, press: Press) -> None:
    """End what lasts while the button is down, and report that a stuck one is released."""
    talk.released(turn, button.id)
    if press.stuck:
        faults.recovered(turn, part_name(button))


def part_name(button: ButtonSettings) -> str:
    """The button's name among the parts that can fail."""
    return f"button {button.id}"


def at_once(button: ButtonSettings) -> bool:
    """Whether the press alone triggers the action, since no long press and no second click can follow."""
    return button.long_action is None and button.double_action is None


def waits(turn: Turn, button: ButtonSettings, at: float) -> bool:
    """Whether the button is down and unused: then it forms a chord with another button that goes down at `at`."""
    press = press_of(turn, button.id)
    return press.chord_until is not None and at <= press.chord_until and stayed(press, at)


def stayed(press: Press, at: float) -> bool:
    """Whether the pressed button was still down at `at`, as far as its edges show."""
    if press.release_at is not None:
        return at <= press.release_at
    return press.level or at <= press.edge_at


def second(press: Press) -> bool:
    """Whether the present press began in time to become the second click of a double click."""
    return press.click_until is not None and press.level and press.edge_at <= press.click_until


def press_of(turn: Turn, button: ButtonId) -> Press:
    """The button's state now."""
    for name, press in turn.panel.presses:
        if name == button:
            return press
    return AT_REST


def count_glitches(turn: Turn, button: ButtonId, glitches: int) -> None:
    """Count pulses that were too short for a press and were not the bouncing of one."""
    if glitches:
        GLITCHES.put(turn, (button, dict(turn.panel.glitches).get(button, 0) + glitches))


def wake(press: Press) -> float:
    """The next time at which `due` must act on the button."""
    waits_for = [press.settles if press.release_at is None else press.release_at]
    if press.down:
        waits_for += [at for at in (press.chord_until,) if at is not None]
        waits_for += [at for at in (press.long_at, press.stuck_at) if at is not None and stayed(press, at)]
    if press.click_until is not None and not second(press):
        waits_for.append(press.click_until)
    return min(waits_for)
