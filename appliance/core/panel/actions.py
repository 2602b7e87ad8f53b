"""Actions of buttons: an edge of a line, a client's press or time becomes an action, which is performed."""

from typing import Literal, assert_type

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.access import dtmf
from appliance.core.appliance import error_events
from appliance.core.audio import levels, self_test, talk
from appliance.core.calls import ending, focus, incoming
from appliance.core.calls import requests as calls
from appliance.core.conferences import requests as conferences
from appliance.core.doors import requests as doors
from appliance.core.lookup import connected
from appliance.core.model import Action, ButtonSettings, Call, Cause, ChordSettings, OpenedBy
from appliance.core.orders import Reply
from appliance.core.panel import buttons
from appliance.core.transition import Turn
from appliance.core.visitor_ring import message, ring
from appliance.core.visitor_ring.press import ring as ring_for

LONGEST_PRESS_S = 60.0


def edge(turn: Turn, given: inputs.ButtonEdge) -> None:
    """Process an edge of a button's line, and perform its actions."""
    button = turn.settings.button(given.button)
    if button is None:
        return
    if given.first:
        buttons.found(turn, button, active=given.active, at=given.at)
    else:
        act_all(turn, buttons.edge(turn, button, active=given.active, at=given.at, lost=given.lost))


def tick(turn: Turn, given: inputs.Tick) -> None:
    """Perform the actions that time alone causes. `edges`: until when all edges are known."""
    for button in turn.settings.buttons:
        act_all(turn, buttons.due(turn, button, turn.now if given.edges is None else given.edges))


def press(turn: Turn, action: inputs.PressButton, asked: inputs.Requested) -> Reply:
    """Press a button as a finger would."""
    wanted, seconds = action.button, action.seconds
    button = turn.settings.button(wanted)
    if button is None:
        names = ", ".join(b.id for b in turn.settings.buttons) or "none"
        raise IntercomError(ErrorCode.BUTTON_NOT_FOUND, f"There is no button {wanted}.", f"The panel has: {names}.")
    if not 0 <= seconds <= LONGEST_PRESS_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A press cannot last {seconds} s.", "A press lasts 0 to 60 s."
        )
    if buttons.press_of(turn, wanted).down:
        return Reply(asked.request, warning=f"Button {wanted} is down already.")
    if button.door is not None and (refused := doors.too_many(turn, button.door, asked)):
        return refused
    act_all(turn, buttons.hold_down(turn, button, seconds))
    return Reply(asked.request)


def act_all(turn: Turn, acts: buttons.Acts) -> None:
    """Perform the actions of buttons and chords."""
    for button, action in acts:
        act(turn, button, action)


def act(turn: Turn, button: ButtonSettings | ChordSettings, action: Action) -> None:
    """Perform the action of a button or chord. If it is not possible now, an event and the panel report an error."""
    who, active = f"{'button' if isinstance(button, ButtonSettings) else 'chord'} {button.id}", turn.calls.active
    try:
        match action:
            case Action.RING:
                ring_for(turn, button)
            case Action.ANSWER:
                call = needed(turn.calls.waiting or active, "answer")
                calls.answer(turn, call, who, inputs.AnswerCall(call.id))
            case Action.HANGUP | Action.HOLD:
                leave(turn, action, who)
            case Action.NONE:
                pass  # the event of the press may be all that is wanted
            case Action.SWITCH:
                switch(turn, who)
            case Action.VOLUME_UP | Action.VOLUME_DOWN | Action.AUDIO_TEST | Action.TALK:
                sound(turn, button, action, who)
            case Action.DOOR | Action.EXIT if button.door is not None:
                doors.open_door(
                    turn, button.door, None, who, OpenedBy.EXIT if action is Action.EXIT else OpenedBy.BUTTON
                )
            case _:
                assert_type(action, Literal[Action.DOOR, Action.EXIT])
                call = connected(needed(active, "open the visitor's door"))
                dtmf.send(turn, call, button.digits, button.digit_s, button.pause_s)
    except IntercomError as err:
        error_events.emit(turn, err, f"{who}: {action}", call=None if active is None else active.id)
        turn.show_error()


def sound(
    turn: Turn,
    button: ButtonSettings | ChordSettings,
    action: Literal[Action.VOLUME_UP, Action.VOLUME_DOWN, Action.AUDIO_TEST, Action.TALK],
    who: str,
) -> None:
    """For a button: change the volume, begin a self-test, or let the visitor speak."""
    if action is Action.AUDIO_TEST:
        self_test.press(turn, who)
    elif action is Action.TALK:
        talk.press(turn, button.id)
    else:
        levels.step_volume(turn, up=action is Action.VOLUME_UP)


def leave(turn: Turn, action: Literal[Action.HANGUP, Action.HOLD], who: str) -> None:
    """For a button: hang up or hold the foreground, a call or a conference."""
    active = turn.calls.active
    if turn.conference is not None and active is not None and active.conference is not None:
        conferences.press(turn, turn.conference, action)
    elif action is Action.HANGUP:
        hang_up(turn)
    else:
        hold_or_swap(turn, connected(needed(active, "hold")), who)


def hang_up(turn: Turn) -> None:
    """For a button: end the visitor's ring with all its calls, or the visitor's message, else the foreground call."""
    if not ring.cancel(turn) and not message.hang_up(turn):
        ending.hang_up(turn, needed(turn.calls.active, "hang up"), Cause.HANGUP)


def hold_or_swap(turn: Turn, call: Call, who: str) -> None:
    """For a button: hold or resume the only call, or switch to another call that waits or is in the background."""
    if any(other is not call and stands_by(turn, other) for other in turn.calls.living):
        switch(turn, who)
    else:
        calls.hold(turn, call, held=not call.media.held_local)


def stands_by(turn: Turn, call: Call) -> bool:
    """Whether a call waits for an answer, or is in the background, set aside or talking on by a link."""
    if call.apart:
        return False
    talks_on = call.talks and call.conference is None and not call.media.held_local and turn.audio.linked(call.id)
    return call.unanswered_here or call.media.set_aside or talks_on


def switch(turn: Turn, who: str) -> None:
    """Switch to the incoming call that waits for an answer, else to the call that left the foreground longest ago."""
    waiting = turn.calls.waiting
    if waiting is not None:
        incoming.answer(turn, waiting, who)
        return
    active = turn.calls.active
    together = active.conference if active is not None else None
    others = (c for c in turn.calls.living if c.alive and not c.apart and c is not active and not ring.beside(turn, c))
    focus.bring(turn, needed(next((c for c in others if together is None or c.conference is None), None), "switch to"))


def needed(call: Call | None, to_do: str) -> Call:
    """Return the call, or raise call-wrong-state for a button that needs one."""
    if call is None:
        raise IntercomError(ErrorCode.CALL_WRONG_STATE, f"There is no call to {to_do}.")
    return call
