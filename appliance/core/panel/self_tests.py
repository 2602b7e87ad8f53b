"""Self-tests of the panel: whether a lamp shines, and whether the microphone hears what the speaker plays.

They work before any call is possible. A call comes first: it ends a sound test, and during a call none begins. Buttons
and relays need no self-test: an event reports every press, whatever its action, and a door's pulse is bounded anyway.
"""

from math import inf

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import LampTrial, SoundTrial, State
from appliance.core.orders import Reply
from appliance.core.panel import colors
from appliance.core.transition import Turn

LONGEST_LAMP_S = 60.0
LONGEST_SOUND_S = 5.0
QUIET_S = 2.0  # a card may need most of this time to open


def lamp(turn: Turn, wanted: inputs.TestLamp, asked: inputs.Requested) -> Reply:
    """Test a lamp; another test of the same lamp replaces the earlier one."""
    names = [each.id for each in turn.settings.lamps]
    if wanted.lamp not in names:
        raise IntercomError(
            ErrorCode.LAMP_NOT_FOUND,
            f"There is no lamp {wanted.lamp}.",
            f"The panel has: {', '.join(names) or 'none'}.",
        )
    if not 0 < wanted.seconds <= LONGEST_LAMP_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A lamp cannot be tested for {wanted.seconds} s.", "A test lasts up to 60 s."
        )
    try:
        color = None if wanted.color is None else colors.parse(wanted.color)
    except ValueError as error:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{wanted.color} is not a colour of a lamp.",
            f"Use {', '.join(colors.NAMES)}, or #rrggbb other than black.",
        ) from error
    others = tuple(trial for trial in turn.panel.lamp_trials if trial.lamp != wanted.lamp)
    trial = LampTrial(wanted.lamp, wanted.pattern, turn.now + wanted.seconds, color)
    turn.panel = replace(turn.panel, lamp_trials=(*others, trial))
    return Reply(asked.request)


def sound(turn: Turn, wanted: inputs.TestSound, asked: inputs.Requested) -> None:
    """Begin a sound test; the reply comes at its end."""
    state, seconds = turn.state, wanted.seconds
    if not 0 < seconds <= LONGEST_SOUND_S:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, f"A tone cannot last {seconds} s.", "A tone lasts up to 5 s.")
    card = dict(state.appliance.failed).get("audio")
    if card is not None:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            "The sound cannot be tested now.",
            card,
            "Repair that first: the event audio.recovered reports when it works.",
        )
    if state.calls.active is not None:
        raise IntercomError(
            ErrorCode.CONFLICT,
            "The sound cannot be tested now.",
            f"Call {state.calls.active.id} is {state.calls.active.state}.",
            "Wait for its end, or end it.",
        )
    if state.panel.sound_trial is not None:
        raise IntercomError(
            ErrorCode.CONFLICT, "The sound is being tested already.", resolution="Try again in a few seconds."
        )
    if not state.appliance.sip_ready or state.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The sound cannot be tested now.",
            "The process that uses the sound cards is not running.",
            "Check the status: intercomctl state.",
        )
    tone_at = turn.now + QUIET_S
    turn.state = replace(
        state, panel=replace(state.panel, sound_trial=SoundTrial(asked.request, tone_at, tone_at + seconds))
    )


def measured(turn: Turn, dbfs: float) -> None:
    """Process the microphone's level, dBFS: the highest before the tone and the highest during the tone count."""
    trial = turn.panel.sound_trial
    if trial is None:
        return
    if turn.now < trial.tone_at:
        trial = replace(trial, quiet=max(dbfs, -inf if trial.quiet is None else trial.quiet))
    else:
        trial = replace(trial, loud=max(dbfs, -inf if trial.loud is None else trial.loud))
    turn.panel = replace(turn.panel, sound_trial=trial)


def due(turn: Turn) -> None:
    """End tests whose time has passed, and a sound test that a call or the end of the SIP process interrupted."""
    state = turn.state
    if state.panel.lamp_trials and any(trial.until <= turn.now for trial in state.panel.lamp_trials):
        turn.state = replace(
            state,
            panel=replace(state.panel, lamp_trials=tuple(t for t in state.panel.lamp_trials if t.until > turn.now)),
        )
    trial = state.panel.sound_trial
    if trial is None:
        return
    if state.calls.active is not None or not state.appliance.sip_ready or state.appliance.stopping:
        cause = "A call began." if state.calls.active is not None else "The process that uses the sound cards ended."
        cut = IntercomError(ErrorCode.CONFLICT, "The sound test was interrupted.", cause, "Try again.")
        turn.order(Reply(trial.request, error=cut))
    elif trial.until <= turn.now:
        turn.order(Reply(trial.request, trial=trial))
    else:
        return
    turn.panel = replace(turn.panel, sound_trial=None)


def wake(state: State) -> tuple[float, ...]:
    """The times at which `due` must act, or at which the desired state changes."""
    times = [trial.until for trial in state.panel.lamp_trials]
    trial = state.panel.sound_trial
    if trial is not None:
        times.append(trial.tone_at if state.now < trial.tone_at else trial.until)
    return tuple(times)
