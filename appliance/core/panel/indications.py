"""The panel's indications: the active pictures, each lamp's light, and the tone on the speaker."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from appliance.core import call_states, events, inputs, wall_clock
from appliance.core.accounts.registration import any_registered
from appliance.core.audio import microphone, ringer
from appliance.core.model import (
    DARK,
    Call,
    CallState,
    Direction,
    EarlySource,
    LampId,
    LampKind,
    LampOutput,
    LampSettings,
    LampTrial,
    Pattern,
    Picture,
    State,
    Tone,
    ToneEnd,
    of_country,
)
from appliance.core.sound import rests
from appliance.core.tables import Table
from appliance.core.transition import Turn

Result = TypeVar("Result")
LAMP_KINDS = Table("panel.lamp_kinds", tuple[LampId, LampKind], lambda row: row[0])


def pictures(state: State) -> tuple[Picture, ...]:
    """All pictures that apply now, the most important first: a lamp shows the first that it has a pattern for.

    ERROR: a call's card was lost, or a press rings nobody now. SPEAK: somebody hears the panel's microphone.
    RECORDING: samples are being written, and not of calls apart from the room alone. TESTING: the self-test of the
    sound.
    """
    now, true = situation(state), []
    if state.doors.pulses and any(pulse.energised for _, pulse in state.doors.pulses):
        true.append(Picture.DOOR_OPEN)
    if state.panel.busy_until is not None or (now is Picture.IN_CALL and microphone.broken(state)):
        true.append(Picture.ERROR)
    recorded = [r for r in state.calls.recordings if r.begun and r.paused_at is None]
    if recorded and any(call_states.of_room(state, each.call) for each in recorded):
        true.append(Picture.RECORDING)
    if microphone.heard(state):
        true.append(Picture.SPEAK)
    if state.audio.trial is not None:
        true.append(Picture.TESTING)
    return (*true, now)


def picture(state: State) -> Picture:
    """The one picture of the whole panel: a door is open, a call has no sound, or else the station's situation."""
    first = pictures(state)[0]
    return first if first in {Picture.DOOR_OPEN, Picture.ERROR} else situation(state)


def situation(state: State) -> Picture:
    """The station's situation: the first picture that applies.

    UNREGISTERED while calls are impossible: SIP is not ready, or accounts are configured and none is registered.
    """
    call = state.calls.active
    if call is not None and call.talks:
        return Picture.HELD if rests(state, call) else Picture.IN_CALL
    if call is not None and call.direction is Direction.INCOMING and not waits_for_visitor(state, call):
        return Picture.RINGING
    if call is not None or state.rings:
        return Picture.DIALING
    if state.panel.error_until is not None:
        return Picture.ERROR
    if not state.appliance.sip_ready or (state.settings.accounts and not any_registered(state)):
        return Picture.UNREGISTERED
    return Picture.ERROR if state.appliance.failed else Picture.IDLE


def waits_for_visitor(state: State, call: Call) -> bool:
    """Whether a visitor's ring goes before this incoming call, also while it rings nobody yet, or in its pause.

    Who is about to be heard, or hears the panel before the answer, is announced all the same.
    """
    announced = call.times.answers_at is not None or call.media.early is EarlySource.PANEL
    return bool(state.rings) and call.unanswered_here and not announced


def lamps(state: State) -> tuple[tuple[LampId, LampOutput], ...]:
    """Each lamp's light: its self-test, or else the first active picture that the lamp has a pattern for."""
    if not state.settings.lamps:
        return ()
    true, trials, dark = shown(state)
    tried = {trial.lamp: trial for trial in trials}

    def shine(lamp: LampSettings) -> LampOutput:
        trial = tried.get(lamp.id)
        pattern, color = first_of(lamp, true) if trial is None else (trial.pattern, trial.color)
        if pattern is Pattern.OFF:
            return DARK
        return LampOutput(pattern, color or lamp.color, lamp.night_brightness if dark else lamp.brightness)

    return tuple((lamp.id, shine(lamp)) for lamp in state.settings.lamps)


def first_of(lamp: LampSettings, true: tuple[Picture, ...]) -> tuple[Pattern, str | None]:
    """Pattern and colour of the first of these pictures that the lamp has a pattern for."""
    for picture in true:
        for each, pattern in lamp.pictures:  # not by a dict, which a step would make for each lamp
            if each is picture:
                return pattern, next((color for each, color in lamp.colors if each is picture), None)
    return Pattern.OFF, None


def for_last_states(derive: Callable[[State], Result]) -> Callable[[State], Result]:
    """Cache the results of `derive` for the last two states: a step derives from the state before it and after it."""
    kept: tuple[tuple[State, Result], ...] = ()

    @wraps(derive)
    def derived(state: State) -> Result:
        nonlocal kept
        for known, result in kept:
            if known is state:
                return result
        result = derive(state)
        kept = (*kept[-1:], (state, result))
        return result

    return derived


@for_last_states
def shown(state: State) -> tuple[tuple[Picture, ...], tuple[LampTrial, ...], bool]:
    """The pictures, the lamp trials of clients, and whether it is night: these and the settings decide each light."""
    return pictures(state), state.panel.lamp_trials, wall_clock.is_night(state)


@for_last_states
def tone(state: State) -> Tone | None:
    """The tone on the station's own speaker, beside a call; None for silence."""
    call = state.calls.active
    if state.audio.trial is not None:
        return None  # it would be measured
    if state.panel.busy_until is not None:
        return Tone.ERROR
    if call is None and not state.rings:
        return None if state.panel.error_until is None else Tone.ERROR
    if call is None or call.confirm:
        return Tone.DIALING
    if call.unanswered_here:
        return Tone.DIALING if waits_for_visitor(state, call) else ringer.bell(state, call)
    unheard = call.state is CallState.EARLY_MEDIA and call.media.early_heard_at is None
    if unheard or call.state in {CallState.DIALING, CallState.RINGING}:
        return Tone.DIALING
    if call.state is not CallState.CONNECTED:
        return None
    if call.times.end_announced:
        return Tone.ENDING
    if any(each.unanswered_here and each.times.decides_at is None for each in state.calls.living):
        return Tone.WAITING
    return Tone.HELD if rests(state, call) else None


def report_tone(turn: Turn, was: Tone | None, now: Tone | None) -> None:
    """Report that the station's own tone has changed."""
    if was is now:
        return
    country = turn.settings.audio.country
    if was is not None:
        sound = of_country(was, country)
        turn.emit(events.ToneStopped(sound.tone, sound.country, ToneEnd.SITUATION))
    if now is not None:
        sound = of_country(now, country)
        turn.emit(events.ToneStarted(sound.tone, sound.country))


def lamp_found(turn: Turn, given: inputs.LampFound) -> None:
    """Store the abilities of a lamp's hardware."""
    LAMP_KINDS.put(turn, (given.lamp, LampKind(given.dims, given.colors)))


def report(turn: Turn, before: State) -> None:
    """Report tones, that the microphone is heard, or no longer, and each lamp whose light changed in this step."""
    after = turn.state
    if after is before:
        return
    report_tone(turn, tone(before), tone(after))
    was, now = shown(before), shown(after)
    if was == now and after.settings is before.settings:
        return
    heard = Picture.SPEAK in now[0]
    if heard != (Picture.SPEAK in was[0]):
        turn.emit(events.AudioMicrophoneChanged(active=heard, call=microphone.hearer(after if heard else before)))
    known = lamps(before)
    for lamp, shine in lamps(after):
        if (lamp, shine) not in known:
            turn.emit(events.LampChanged(lamp, shine.pattern, shine.color, shine.brightness))
