"""Buttons: edges become presses, clicks and long presses, and these become actions.

The first edge counts at once, for a visitor should not wait for the debounce; what follows within it is only
remembered, and believed when the line has settled.
"""

from dataclasses import replace
from math import inf

from appliance.core import events
from appliance.core.model import Action, ButtonId, ButtonSettings, Press
from appliance.core.turn import Turn

AT_REST = Press(down=False, level=False, settles=-inf)


def edge(turn: Turn, button: ButtonSettings, *, active: bool, at: float) -> list[Action]:
    """Take an edge of a line in; the actions that it means."""
    press = of(turn, button.id)
    if press.release_at is not None or at < press.settles or active == press.down:
        put(turn, button.id, replace(press, level=active))
        return []
    return change(turn, button, press, down=active, at=at)


def hold_down(turn: Turn, button: ButtonSettings, seconds: float) -> list[Action]:
    """Press a button that is up, for a client; `due` lets it go after `seconds`."""
    actions = change(turn, button, of(turn, button.id), down=True, at=turn.now)
    put(turn, button.id, replace(of(turn, button.id), level=False, release_at=turn.now + seconds))
    return actions


def due(turn: Turn, button: ButtonSettings) -> list[Action]:
    """What time brought: the long press, the release, a line that settled otherwise than it began."""
    actions: list[Action] = []
    press, now = of(turn, button.id), turn.now
    if press is AT_REST:
        return actions
    up_at = press.settles if press.release_at is None else press.release_at
    stays = press.level if press.release_at is None else press.release_at > now
    if press.down and press.long_at is not None and press.long_at <= now and (stays or press.long_at <= up_at):
        turn.tell(events.ButtonHeld(button.id, at=press.long_at))
        actions += [button.long_action] if button.long_action else []
        press = replace(press, long_at=None)
    put(turn, button.id, press)
    if press.down != stays and now >= up_at:
        actions += change(turn, button, press, down=stays, at=up_at)
    return actions


def change(turn: Turn, button: ButtonSettings, press: Press, *, down: bool, at: float) -> list[Action]:
    """The button goes down or comes up, and is believed; `press` is what it was before."""
    settles = at + button.debounce_s
    if down:
        turn.tell(events.ButtonPressed(button.id, at=at))
        long_at = None if button.long_action is None else at + button.long_press_s
        put(turn, button.id, Press(down=True, level=True, settles=settles, long_at=long_at))
        return [] if button.long_action else [button.action]  # with a long action, only the release tells which it is
    finger = press.level and press.release_at is not None  # came while a client held it: believed once it settles
    put(turn, button.id, Press(down=False, level=finger, settles=settles))
    turn.tell(events.ButtonReleased(button.id, at=at))
    if button.long_action is None:
        turn.tell(events.ButtonClicked(button.id, at=at))
        return []
    if press.long_at is None:  # the long press was acted upon
        return []
    turn.tell(events.ButtonClicked(button.id, at=at))
    return [button.action]


def of(turn: Turn, button: ButtonId) -> Press:
    """The button's state now."""
    return next((press for name, press in turn.state.presses if name == button), AT_REST)


def put(turn: Turn, button: ButtonId, press: Press) -> None:
    """Store it; a button at rest is not kept."""
    others = tuple(pair for pair in turn.state.presses if pair[0] != button)
    at_rest = not press.down and not press.level and turn.now >= press.settles
    turn.state = replace(turn.state, presses=others if at_rest else tuple(sorted((*others, (button, press)))))


def wake(press: Press) -> float:
    """When `due` has something to do."""
    long_at = press.long_at if press.down and press.long_at is not None else inf
    if press.release_at is not None:
        return min(long_at, press.release_at)
    return min(long_at, press.settles if press.level != press.down or not press.down else inf)
