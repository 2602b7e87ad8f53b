"""The volume of the speaker and the gain of the microphone, as clients and buttons set them, within limits.

A level that was set is part of the run-time settings, so it outlasts restarts, and is set again when the card returns.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.core import call_states, events, inputs
from appliance.core.audio.scale import percent_of
from appliance.core.model import NULL, Level, Levels, MixerLevel, State
from appliance.core.orders import Reply
from appliance.core.transition import Turn

STEP = 10.0  # per cent for each press of a button
NEAR = 2.0  # per cent: a card has steps


class Side(Record):
    """The speaker or the microphone, in words and as it is now."""

    name: str
    level_name: str
    setting: str
    pcm: str
    limit: float
    now: MixerLevel | None


def speaker(state: State) -> Side:
    """The speaker."""
    audio = state.settings.audio
    return Side("speaker", "volume", "playback", audio.playback, audio.max_volume, state.audio.speaker)


def microphone(state: State) -> Side:
    """The microphone."""
    audio = state.settings.audio
    return Side("microphone", "gain", "capture", audio.capture, audio.max_gain, state.audio.microphone)


def read(turn: Turn, given: inputs.LevelsRead) -> None:
    """Store the levels of the mixers; report them if the level of a card that was present has changed."""
    before = turn.audio
    turn.audio = replace(before, speaker=given.speaker, microphone=given.microphone)
    pairs = (before.speaker, given.speaker), (before.microphone, given.microphone)
    if any(old is not None and new is not None and shown(old) != shown(new) for old, new in pairs):
        volume, volume_db, speaker_muted = shown(given.speaker)
        gain, gain_db, microphone_muted = shown(given.microphone)
        turn.emit(
            events.AudioSettingsChanged(
                volume=volume,
                volume_db=volume_db,
                speaker_muted=speaker_muted,
                gain=gain,
                gain_db=gain_db,
                microphone_muted=microphone_muted,
            )
        )


def shown(level: MixerLevel | None) -> tuple[float | None, float | None, bool | None]:
    """Per cent, dB and switch."""
    return (None, None, None) if level is None else (level.percent, level.db, level.muted)


def change(turn: Turn, action: inputs.ChangeAudio, asked: inputs.Requested) -> Reply:
    """Set levels for a client. Raises `audio-unavailable`, `parameter-invalid`, or `conflict` while a tone warns."""
    out, into, old = speaker(turn.state), microphone(turn.state), turn.state.runtime.levels
    if (action.volume, action.volume_db, action.speaker_muted) != (None, None, None):
        check_tone(turn.state)
    new = Levels(
        changed(out, old.speaker, action.volume, action.volume_db, action.speaker_muted),
        changed(into, old.microphone, action.gain, action.gain_db, action.microphone_muted),
    )
    if new == old and fits(out, new.speaker) and fits(into, new.microphone):
        return Reply(asked.request, warning="The card has these levels already.")
    keep(turn, new)
    return Reply(asked.request)


def check_tone(state: State) -> None:
    """Raise `conflict` while the speaker warns who is about to be heard, or is recorded: all of it counts."""
    changing, tone = "The speaker cannot be changed now.", state.audio.tone(None)
    if any(call.times.answers_at is not None for call in state.calls.living):
        why = "Its tone announces a call that is answered by itself."
        raise IntercomError(ErrorCode.CONFLICT, changing, why, "Try again once the call is answered.")
    announced = (r.call for r in state.calls.recordings if r.announcing_until is not None and not r.held)
    if (tone is not None and tone.own) or any(call_states.of_room(state, call) for call in announced):
        raise IntercomError(ErrorCode.CONFLICT, changing, "It announces a recording.", "Try again a moment later.")


def step_volume(turn: Turn, up: bool) -> None:
    """Make the speaker louder or quieter by one step, for a button; nothing changes at the limit."""
    side, levels = speaker(turn.state), turn.state.runtime.levels
    usable(side)
    old = levels.speaker
    at = old.percent if old.percent is not None else side.now.percent if side.now else None
    steps = round((50.0 if at is None else at) / STEP) + (1 if up else -1)
    new = replace(old, percent=min(max(steps * STEP, 0.0), side.limit), muted=False)
    keep(turn, replace(levels, speaker=new))


def keep(turn: Turn, levels: Levels) -> None:
    """Store levels among the run-time settings; both are set on the card again."""
    levels = Levels(*(replace(each, change=each.change + 1) for each in (levels.speaker, levels.microphone)))
    turn.appliance = replace(turn.appliance, changed=replace(turn.state.runtime, levels=levels))


def fits(side: Side, level: Level) -> bool:
    """Whether the mixer shows this, as far as it is set."""
    at, _, switch = shown(side.now)
    near = level.percent is None or (at is not None and abs(at - level.percent) <= NEAR)
    return near and level.muted in {None, switch}


def changed(side: Side, old: Level, percent: float | None, db: float | None, muted: bool | None) -> Level:
    """The level that a client asks for; what it leaves out stays."""
    return replace(old, percent=wanted(side, old.percent, percent, db), muted=switched(side, old.muted, muted))


def wanted(side: Side, before: float | None, percent: float | None, db: float | None) -> float | None:
    """The per cent that a client asks for; `before` if it asks for none."""
    if percent is None and db is None:
        return before
    usable(side)
    if percent is not None and db is not None:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"The {side.level_name} is given twice.",
            f"It is {percent:g} % and {db:g} dB.",
            "Give it in per cent or in dB.",
        )
    if db is not None:
        low, high = (side.now.min_db, side.now.max_db) if side.now else (None, None)
        if low is None or high is None:
            raise IntercomError(
                ErrorCode.AUDIO_UNAVAILABLE,
                f"The {side.level_name} cannot be set in decibels.",
                "The card gives none, or is not there.",
                "Set it in per cent.",
            )
        if not low <= db <= high:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"The {side.level_name} cannot be {db:g} dB.",
                f"The card has {low:g} to {high:g} dB.",
                "Give a level in this range.",
            )
        percent = percent_of(db, low, high)
    assert percent is not None
    if not 0 <= percent <= side.limit:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"The {side.level_name} cannot be {percent:g} %.",
            f"The limit is {side.limit:g} % (audio.max_{side.level_name}).",
            f"Give 0 to {side.limit:g}.",
        )
    return percent


def switched(side: Side, before: bool | None, muted: bool | None) -> bool | None:
    """The switch that a client asks for; `before` if it asks for none."""
    if muted is None:
        return before
    usable(side)
    if muted and side.now is not None and side.now.muted is None:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            f"The {side.name} cannot be muted.",
            f"The element {side.now.element} of the card {side.now.card} has no switch.",
            f"Set the {side.level_name} to 0.",
        )
    return muted


def usable(side: Side) -> None:
    """Raise `audio-unavailable` if this side has no card or no level that can be set; a card that is away returns."""
    if side.pcm == NULL:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            f"There is no {side.name}.",
            "None is configured.",
            f"Name its card: audio.{side.setting}.",
        )
    if side.now is not None and not side.now.element:
        raise IntercomError(
            ErrorCode.AUDIO_UNAVAILABLE,
            f"The {side.level_name} of the {side.name} cannot be set.",
            f"The mixer of the card {side.now.card} has no element for it.",
            "Set it at the amplifier, or use another card.",
        )


def volume(state: State) -> Level:
    """The desired level of the speaker."""
    return within(speaker(state), state.runtime.levels.speaker)


def gain(state: State) -> Level:
    """The desired level of the microphone."""
    return within(microphone(state), state.runtime.levels.microphone)


def within(side: Side, level: Level) -> Level:
    """Limit a level: a new configuration may have reduced the limit."""
    return level if level.percent is None or level.percent <= side.limit else replace(level, percent=side.limit)
