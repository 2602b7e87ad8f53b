"""The volume of the speaker and the gain of the microphone, as clients and buttons set them, within limits.

A level that was set is part of the run-time settings, so it outlasts restarts, and is set again when the card returns.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.core import events, inputs
from appliance.core.audio.scale import percent_of
from appliance.core.desired import Level
from appliance.core.model import NULL, Levels, MixerLevel, State
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
    """Set levels for a client. Raises `audio-unavailable` or `parameter-invalid`."""
    out, into, old = speaker(turn.state), microphone(turn.state), turn.state.runtime.levels
    new = replace(
        old,
        volume=wanted(out, old.volume, action.volume, action.volume_db),
        gain=wanted(into, old.gain, action.gain, action.gain_db),
        speaker_muted=switched(out, old.speaker_muted, action.speaker_muted),
        microphone_muted=switched(into, old.microphone_muted, action.microphone_muted),
    )
    if new == old and fits(out, new.volume, new.speaker_muted) and fits(into, new.gain, new.microphone_muted):
        return Reply(asked.request, warning="The card has these levels already.")
    keep(turn, new)
    return Reply(asked.request)


def step_volume(turn: Turn, up: bool) -> None:
    """Make the speaker louder or quieter by one step, for a button; nothing changes at the limit."""
    side, old = speaker(turn.state), turn.state.runtime.levels
    usable(side)
    at = old.volume if old.volume is not None else side.now.percent if side.now else None
    steps = round((50.0 if at is None else at) / STEP) + (1 if up else -1)
    keep(turn, replace(old, volume=min(max(steps * STEP, 0.0), side.limit), speaker_muted=False))


def keep(turn: Turn, levels: Levels) -> None:
    """Store levels among the run-time settings."""
    levels = replace(levels, change=levels.change + 1)
    turn.appliance = replace(turn.appliance, changed=replace(turn.state.runtime, levels=levels))


def fits(side: Side, percent: float | None, muted: bool | None) -> bool:
    """Whether the mixer shows this, as far as it is set."""
    at, _, switch = shown(side.now)
    return (percent is None or (at is not None and abs(at - percent) <= NEAR)) and muted in {None, switch}


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
    levels = state.runtime.levels
    return Level(within(levels.volume, speaker(state)), levels.speaker_muted, levels.change)


def gain(state: State) -> Level:
    """The desired level of the microphone."""
    levels = state.runtime.levels
    return Level(within(levels.gain, microphone(state)), levels.microphone_muted, levels.change)


def within(percent: float | None, side: Side) -> float | None:
    """Limit a level: a new configuration may have reduced the limit. None, a level that nobody has set, stays None."""
    return None if percent is None else min(percent, side.limit)
