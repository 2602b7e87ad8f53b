"""The self-test of speaker and microphone: the speaker plays a sweep, and the microphone should hear it.

It works before any call is possible. A call comes first: it ends a test, and during a call none begins. The test
records the room: the right to call is needed for it, and the recording never leaves the SIP process.
"""

from math import floor

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import carried
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.audio import levels
from appliance.core.audio.scale import percent_of
from appliance.core.calls import recording
from appliance.core.desired import SoundTest
from appliance.core.model import (
    NO_CARD,
    RequestId,
    SoundFindings,
    SoundMeasured,
    SoundMode,
    SoundResult,
    SoundTrial,
    State,
)
from appliance.core.orders import Reply
from appliance.core.transition import Turn

BUTTON_S = 2.0  # the sweep that a button asks for
SHORTEST_S, LONGEST_S = 0.5, 5.0
CLIPPED = 0.001  # of the samples; fewer are not heard
ABOVE_NOISE_DB = 10.0  # what stands out less is hardly heard
QUIET_ECHO_DB = -45.0
SILENCE_DBFS = -90.0  # less than a step of 16 bits; a microphone that works has noise
# Callers are as loud at the speaker's side as visitors at the microphone's, so this is the echo against a visitor's
# voice. No canceller leaves enough of a voice with a louder echo (docs/benchmarks-audio.md).
LOUD_ECHO_DB = -10.0


def ask(turn: Turn, wanted: inputs.TestSound, asked: inputs.Requested) -> None:
    """Begin a test for a client; the reply comes at its end."""
    if not SHORTEST_S <= wanted.seconds <= LONGEST_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"A sweep cannot last {wanted.seconds} s.",
            f"A sweep lasts {SHORTEST_S} to {LONGEST_S:g} s.",
        )
    begin(turn, wanted.seconds, asked.who, asked.request, apply=wanted.apply)


def press(turn: Turn, who: str) -> None:
    """Begin a test for a button. The lamp shows `testing`, and then `error` unless the result is `works`."""
    begin(turn, BUTTON_S, who, None, apply=False)


def begin(turn: Turn, seconds: float, who: str, request: RequestId | None, *, apply: bool) -> None:
    """Begin a test. Raises `conflict` or `unavailable`."""
    state, cannot = turn.state, "The sound cannot be tested now."
    if (busy := in_use(state)) is not None:
        raise IntercomError(ErrorCode.CONFLICT, cannot, busy, "Wait for its end, or end it.")
    if state.audio.trial is not None:
        raise IntercomError(
            ErrorCode.CONFLICT, "The sound is being tested already.", resolution="Try again in a few seconds."
        )
    if not state.appliance.sip_ready or state.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            cannot,
            "The process that uses the sound cards is not running.",
            "Check the status: intercomctl state.",
        )
    trial = SoundTrial(
        turn.new_id(), who, seconds, turn.now + seconds + state.settings.times.sound_test_s, request, apply
    )
    missing = no_card(state)
    if missing is None:
        turn.audio = replace(state.audio, trial=trial)
    else:
        conclude(turn, trial, missing)


def in_use(state: State) -> str | None:
    """Return why no test can run: the present use of the speaker or the microphone. None: both are free."""
    if state.rings:
        return "A visitor rings."
    if (call := next((call for call in state.calls.living if call.alive), None)) is not None:
        return f"Call {call.id} is {call.state}."
    if recording.message_of(state) is not None:
        return "A visitor leaves a message."
    if state.audio.tone(None) is not None or any(playback.speaker for playback in state.audio.playbacks):
        return "A tone or file is played on the speaker."
    return None


def wanted(state: State) -> SoundTest | None:
    """The test to be performed."""
    trial = state.audio.trial
    return None if trial is None else SoundTest(trial.id, trial.seconds)


def wake(state: State) -> list[float | None]:
    """When a test ends without a result."""
    return [] if state.audio.trial is None else [state.audio.trial.until]


def tested(turn: Turn, given: inputs.SoundTested) -> None:
    """Take in a test's measurement, and ignore a measurement of a test that has ended."""
    trial = turn.audio.trial
    if trial is None or trial.id != given.test:
        return
    if given.why:
        give_up(turn, trial, ErrorCode.UNAVAILABLE, "The sound test failed.", given.why)
    else:
        conclude(turn, trial, judge(turn.state, given.measured))


def due(turn: Turn) -> None:
    """End a test that another sound, a fault or the end of the SIP process interrupts, or that takes too long."""
    trial = turn.audio.trial
    if trial is None:
        return
    cut = "The sound test was interrupted."
    if (busy := in_use(turn.state)) is not None:
        give_up(turn, trial, ErrorCode.CONFLICT, cut, busy)
    elif not turn.appliance.sip_ready or turn.appliance.stopping:
        give_up(turn, trial, ErrorCode.CONFLICT, cut, "The process that uses the sound cards ended.")
    elif (missing := no_card(turn.state)) is not None:
        conclude(turn, trial, missing)
    elif trial.until <= turn.now:
        give_up(
            turn, trial, ErrorCode.UNAVAILABLE, "The sound test failed.", "The card or the computation took too long."
        )


def give_up(turn: Turn, trial: SoundTrial, code: ErrorCode, message: str, cause: str) -> None:
    """End a test without a result."""
    turn.audio = replace(turn.audio, trial=None)
    error = IntercomError(code, message, cause, "Try again.")
    error_events.emit(turn, error, error_events.name_of(inputs.TestSound))
    if trial.request is not None:
        turn.order(Reply(trial.request, error=error))
    else:
        turn.show_error()


def conclude(turn: Turn, trial: SoundTrial, found: SoundFindings) -> None:
    """End a test with its result: set the volume if that was asked for, report, and reply."""
    turn.audio = replace(turn.audio, trial=None)
    if trial.apply and found.volume is not None:
        old = turn.state.runtime.levels
        levels.keep(turn, replace(old, speaker=replace(old.speaker, percent=found.volume)))
        found = replace(found, applied=True)
    turn.emit(carried(events.AudioTested, found, advice=found.advice or "", by=trial.who))
    if trial.request is not None:
        turn.order(Reply(trial.request, trial=found))
    elif found.result is not SoundResult.WORKS:
        turn.show_error()


def no_card(state: State) -> SoundFindings | None:
    """Return the result if there is no sound card to test."""
    for side in (levels.speaker(state), levels.microphone(state)):
        if side.pcm in NO_CARD:
            missing = f"No {side.name} is configured. Name its card: audio.{side.setting}."
            return findings(SoundMeasured(), SoundResult.NO_CARD, missing)
    fault = dict(state.appliance.failed).get("audio")
    if fault is None:
        return None
    return findings(SoundMeasured(), SoundResult.NO_CARD, f"{fault}. Run intercomctl doctor.")


def judge(state: State, measured: SoundMeasured) -> SoundFindings:
    """Return the result of a measurement, and what to do."""
    noise, level, echo_db = measured.quiet_dbfs, measured.tone_dbfs, measured.echo_db
    if measured.clipped >= CLIPPED:
        advice = "The microphone is overloaded. Lower its gain or the volume: intercomctl audio set --gain 50."
        return findings(measured, SoundResult.CLIPPED, advice)
    if noise is None or level is None or echo_db is None:
        return findings(measured, SoundResult.NO_ECHO, unheard(state, noise))
    if level - noise < ABOVE_NOISE_DB or echo_db < QUIET_ECHO_DB:
        advice = (
            "The microphone hardly heard the speaker. Raise the volume or the gain: intercomctl audio set --volume 80."
        )
        return findings(measured, SoundResult.TOO_QUIET, advice)
    if echo_db > LOUD_ECHO_DB and state.settings.audio.mode is SoundMode.FULL_DUPLEX:
        volume = quieter(levels.speaker(state), echo_db - LOUD_ECHO_DB)
        lower = "Lower the volume" if volume is None else f"Lower the volume to {volume:g} %"
        advice = (
            f"Callers would hear little of a visitor while they speak. {lower}, or move speaker and microphone apart. "
            'If neither helps, set audio.mode to "half_duplex" or "push_to_talk".'
        )
        return findings(measured, SoundResult.LOUD_ECHO, advice, volume)
    return findings(measured, SoundResult.WORKS)


def findings(
    measured: SoundMeasured, result: SoundResult, advice: str | None = None, volume: float | None = None
) -> SoundFindings:
    """The result of a measurement. volume: the recommended one."""
    heard = measured.tone_dbfs is not None
    return carried(SoundFindings, measured, result=result, advice=advice, heard=heard, volume=volume, applied=False)


def unheard(state: State, noise: float | None) -> str:
    """Return advice for a microphone that did not hear the speaker. noise: the level that it heard instead, in dBFS."""
    for side in (levels.microphone(state), levels.speaker(state)):
        if side.now is not None and side.now.muted:
            return f"The {side.name} is muted. Switch it on: intercomctl audio set --{side.name} on."
        if side.now is not None and side.now.percent == 0:
            level = side.level_name
            return f"The {level} of the {side.name} is 0 %. Set it: intercomctl audio set --{level} 70."
    if noise is None or noise <= SILENCE_DBFS:
        return (
            "The microphone delivers nothing, not even noise. Check its wires, and that audio.capture names its card: "
            "intercomctl audio devices."
        )
    return (
        "The microphone did not hear the speaker. If you heard it, check the wires and the gain of the microphone; if "
        "not, those of the speaker, its amplifier and its volume."
    )


def quieter(speaker: levels.Side, by_db: float) -> float | None:
    """Return the volume in per cent that is quieter by so much; None if the mixer cannot, or gives no decibels."""
    now = speaker.now
    if now is None or now.db is None or now.min_db is None or now.max_db is None:
        return None
    volume = float(floor(percent_of(max(now.db - by_db, now.min_db), now.min_db, now.max_db)))
    return min(volume, speaker.limit) or None  # at 0 % a visitor would hear nothing
