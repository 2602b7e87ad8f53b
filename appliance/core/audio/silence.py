"""Calls whose sound is silent one way although packets go, and why."""

from msgspec.structs import replace

from appliance.core import inputs, sound
from appliance.core.audio import microphone
from appliance.core.calls import media
from appliance.core.model import NULL, Call, MediaDirection, PacketUse, SilenceCause, SoundMode, State
from appliance.core.transition import Turn

SILENT_S = 5.0  # of digital silence, before it is reported: longer than the pauses of most noise suppressors
FEWEST, COUNTS = 5, 2  # packets between two counts, and such counts in a row: fewer are no stream of sound


def counted(turn: Turn, call: Call, given: inputs.MediaCounted) -> None:
    """Judge the sound of both directions, and report silence. `calls.media` reports a direction without packets."""
    if not call.talks:
        return
    if given.use is not None:
        call = used(turn, call, given.use)
    unplayed = call.media.watch.unplayed
    why = sent(turn.state, call, given.sent_silent_s)
    silent = given.received_silent_s >= SILENT_S
    if why is None and not silent and unplayed is None and not (call.media.watch.silent or call.media.watch.unsent):
        # nearly always
        return
    call = media.silence(turn, call, MediaDirection.SEND, why)
    if call.media.watch.unsent:
        media.silence(turn, call, MediaDirection.RECEIVE, SilenceCause.NOT_SENT)
    elif unplayed is not None:
        media.silence(turn, call, MediaDirection.RECEIVE, unplayed)
    elif call.media.rtp_lost_since is None:
        media.silence(turn, call, MediaDirection.RECEIVE, SilenceCause.DIGITAL_SILENCE if silent else None)


def used(turn: Turn, call: Call, use: PacketUse) -> Call:
    """Judge whether packets come of which none can be played, and why."""
    watch = call.media.watch
    before = watch.use if watch.use is not None else use
    came = {
        SilenceCause.OTHER_CODEC: use.other_codec - before.other_codec,
        SilenceCause.UNREADABLE: use.unreadable - before.unreadable,
        SilenceCause.UNDECRYPTED: use.undecrypted - before.undecrypted,
    }
    why = max(came, key=lambda each: came[each])
    useless = watch.useless + 1 if came[why] >= FEWEST and use.frames == before.frames else 0
    unplayed = why if useless >= COUNTS else None
    return turn.put(
        replace(call, media=replace(call.media, watch=replace(watch, use=use, useless=useless, unplayed=unplayed)))
    )


def sent(state: State, call: Call, silent_s: float) -> SilenceCause | None:
    """Why the far end hears nothing of the panel; None if it hears something, or should not."""
    if call.media.muted:
        return SilenceCause.MUTED
    muted, audio = microphone.muted(state), state.settings.audio
    # A count of silence is rare. The other modes make the microphone silent themselves.
    silent = silent_s >= SILENT_S and audio.mode is SoundMode.FULL_DUPLEX and audio.capture != NULL
    if not (muted or silent) or not sound.microphone(state, call):
        return None
    return SilenceCause.MUTED if muted else SilenceCause.DIGITAL_SILENCE
