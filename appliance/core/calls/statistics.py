"""Statistics of a call's sound: reported on request, and judged window by window."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import call_quality, call_states, events, inputs
from appliance.core.calls import early_media
from appliance.core.model import Call, CallState, Quality, SoundLevel, SoundSource, SoundWatch
from appliance.core.transition import Turn

WINDOW_S = 10.0
LONGEST_INTERVAL_S = 3600
SLOW, FAST = 0.05, 0.02  # shares of lost packets: a slow link begins at the first, and ends at the second


def counted(turn: Turn, call: Call, given: inputs.MediaCounted) -> None:
    """Store the counters; report them and judge the sound when that is due."""
    quality = call_quality.believable(given.quality)
    watch = call.media.watch
    if watch.levels:
        watch = measured(turn, call, watch, (given.sent, given.received))
    if call.state is CallState.EARLY_MEDIA:
        early_media.listened(turn, turn.put(replace(call, media=replace(call.media, watch=watch))), given.received)
        return
    if call.talks:
        watch = judged(turn, call, reported(turn, call, watch, quality), quality)
    turn.put(replace(call, media=replace(call.media, quality=quality, watch=watch)))


def reported(turn: Turn, call: Call, watch: SoundWatch, quality: Quality) -> SoundWatch:
    """Report the counters if the interval is over. The first one begins with the talk."""
    seconds = call_states.statistics_interval(turn.state, call)
    since = max(watch.reported_at, call.times.connected_since or 0.0)
    if not seconds or turn.now - since < seconds:
        return watch
    turn.emit(call_quality.statistics(call, quality, final=False))
    return replace(watch, reported_at=turn.now)


def measured(
    turn: Turn, call: Call, watch: SoundWatch, heard: tuple[SoundLevel | None, SoundLevel | None]
) -> SoundWatch:
    """Report the levels of both directions."""
    for source, level in zip(SoundSource, heard, strict=True):
        if level is not None:
            turn.emit(events.AudioLevel(call.id, source, level.dbfs, level.speaking))
    return replace(watch, heard=heard)


def report_levels(turn: Turn, call: Call, wanted: inputs.ReportLevels) -> str:
    """Report the levels of the sound, or no longer, and the microphone; return a warning if nothing changes."""
    watch = call.media.watch
    if (watch.levels, watch.microphone) == (wanted.wanted, wanted.microphone):
        return f"The levels of call {call.id} are {'reported already' if wanted.wanted else 'not reported'}."
    if watch.levels != wanted.wanted:
        watch = replace(watch, levels=wanted.wanted, heard=(None, None))
    turn.put(replace(call, media=replace(call.media, watch=replace(watch, microphone=wanted.microphone))))
    turn.emit(events.CallChanged(call.id, fields=("report",)))
    return ""


def judged(turn: Turn, call: Call, watch: SoundWatch, quality: Quality) -> SoundWatch:
    """Judge the packets of a window once it is over, and report a change of the rating."""
    since = call.times.connected_since if watch.since is None else watch.since
    if since is None or turn.now - since < WINDOW_S:
        return watch
    received, lost = quality.received - watch.received, quality.lost - watch.lost
    window = replace(watch, since=turn.now, received=quality.received, lost=quality.lost)
    if received < 0 or lost < 0:  # packets that were missing came late
        return window
    loss = call_quality.share_lost(received, lost)
    if loss is None:
        return watch  # the window goes on, for example while no packets come
    score = call_quality.mos(loss, call_quality.delay_ms(quality))
    rating = call_quality.class_of(score, watch.rating)
    slow = loss >= SLOW or (watch.slow and loss > FAST)
    if rating is not watch.rating:
        turn.emit(events.MediaQuality(call.id, mos=score, class_=rating))
    if slow and not watch.slow:
        turn.emit(events.MediaSlowLink(call.id, loss=round(loss, 4), rtt_ms=quality.rtt_ms))
    return replace(window, loss=round(loss, 4), mos=score, rating=rating, slow=slow)


def check_interval(seconds: int) -> None:
    """Raise IntercomError for an interval on which statistics cannot be reported."""
    if not 0 <= seconds <= LONGEST_INTERVAL_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Statistics cannot be reported every {seconds} s.",
            f"The limits are 1 and {LONGEST_INTERVAL_S} s.",
            "Give a number between them, or 0 for no reports.",
        )


def report_every(turn: Turn, call: Call, seconds: int) -> str:
    """Report the statistics on an interval, 0 for never; return a warning if nothing changes. Raises IntercomError."""
    check_interval(seconds)
    if call_states.statistics_interval(turn.state, call) == seconds:
        return f"Call {call.id} has this interval already."
    watch = replace(call.media.watch, interval_s=seconds, reported_at=turn.now)
    turn.put(replace(call, media=replace(call.media, watch=watch)))
    turn.emit(events.CallChanged(call.id, fields=("statistics_interval",)))
    return ""
