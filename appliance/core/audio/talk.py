"""Push-to-talk: in a call the visitor hears, or on order speaks; no echo can come back, whatever the place is like."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.access import dtmf
from appliance.core.lookup import connected
from appliance.core.model import ButtonId, Call, CallState, DigitsTo, PushToTalk, SoundMode, State
from appliance.core.orders import Reply
from appliance.core.transition import Turn

LONGEST_S = 300.0
TURN_S = 60.0  # of a button and of the caller's digit
DIGIT = "*"  # it also begins a new code, so it is part of none


def ask(turn: Turn, wanted: inputs.Talk, asked: inputs.Requested) -> Reply:
    """Let the visitor speak, for a client."""
    if not 0 < wanted.seconds <= LONGEST_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"A visitor cannot speak for {wanted.seconds:g} s.",
            "",
            f"Give more than 0 and at most {LONGEST_S:g} s.",
        )
    return Reply(asked.request, call=begin(turn, wanted.seconds, None).id)


def stop(turn: Turn, _wanted: inputs.StopTalk, asked: inputs.Requested) -> Reply:
    """Let the visitor hear again, for a client."""
    active = talking(turn.state)
    warning = "" if turn.audio.talk is not None else "The visitor hears already."
    end(turn)
    return Reply(asked.request, call=active.id, warning=warning)


def press(turn: Turn, button: ButtonId) -> None:
    """Let the visitor speak while the button is down."""
    begin(turn, TURN_S, button)


def released(turn: Turn, button: ButtonId) -> None:
    """The button does not count as down any more."""
    if turn.audio.talk is not None and turn.audio.talk.button == button:
        end(turn)


def digit(turn: Turn, call: Call, given: inputs.DigitReceived) -> None:
    """Let the visitor speak when the caller presses *, and hear when the caller presses it again."""
    if given.digit != DIGIT or turn.settings.audio.mode is not SoundMode.PUSH_TO_TALK:
        return
    if call is not turn.calls.active or call.state is not CallState.CONNECTED or call.confirm:
        return
    if call.digits.to is DigitsTo.PROGRAM or not dtmf.believed(turn, call, given):
        return
    if turn.audio.talk is None:
        begin(turn, TURN_S, None)
    elif turn.audio.talk.button is None:
        end(turn)


def begin(turn: Turn, seconds: float, button: ButtonId | None) -> Call:
    """Let the visitor speak in the active call. Raises IntercomError if it is not possible."""
    active = talking(turn.state)
    turn.audio = replace(turn.audio, talk=PushToTalk(active.id, turn.now + seconds, button))
    return active


def talking(state: State) -> Call:
    """Return the call in which push-to-talk works now. Raises `conflict` or `call-wrong-state`."""
    if state.settings.audio.mode is not SoundMode.PUSH_TO_TALK:
        raise IntercomError(
            ErrorCode.CONFLICT,
            "Push-to-talk is not in use.",
            f"The setting audio.mode is {state.settings.audio.mode}.",
            'Set audio.mode to "push_to_talk".',
        )
    if state.calls.active is None:
        raise IntercomError(ErrorCode.CALL_WRONG_STATE, "There is no call to talk in.")
    return connected(state.calls.active)


def end(turn: Turn) -> None:
    """Let the visitor hear again."""
    turn.audio = replace(turn.audio, talk=None)


def due(turn: Turn) -> None:
    """End a turn that lasts too long, or whose call is no longer the active one."""
    talk, active = turn.audio.talk, turn.calls.active
    if talk is not None and (talk.until <= turn.now or active is None or active.id != talk.call):
        end(turn)


def wake(state: State) -> list[float | None]:
    """The time at which `due` must act."""
    return [] if state.audio.talk is None else [state.audio.talk.until]
