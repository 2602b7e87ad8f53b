"""Calls as clients, the call log and people see them."""

from typing import Any

from msgspec.structs import asdict

from appliance.core import call_states, wall_clock
from appliance.core.accounts import sip_uris
from appliance.core.model import (
    DIRECT,
    Call,
    Quality,
    SoundWatch,
    State,
    Transfer,
)
from appliance.core.summaries import summary
from appliance.core.views import calls as views


def in_order(state: State) -> list[Call]:
    """The calls, the oldest first."""
    return sorted(state.calls.living, key=lambda call: call.created)


def call_view(state: State, call: Call, now: float, epoch: float, ended: float | None = None) -> views.Call:
    """A call for clients. ended: when it ended; None while it lasts."""
    recording = next((each for each in state.calls.recordings if each.id == call.recording), None)
    tone, playback = state.audio.tone(call.id), state.audio.playback(call.id)
    reports: dict[views.Report, bool] = {"level": call.media.watch.levels, "microphone": call.media.watch.microphone}
    return views.Call(
        **call_facts(call, now, epoch, ended),
        end=call.end,
        state=call.state,
        legacy_state=call_states.LEGACY[call.state],
        hold=call.media.hold,
        active=call.id in call_states.with_sound(state),
        muted=call.media.muted,
        recording_paused=recording is not None and recording.paused_at is not None,
        recording_muted=() if recording is None else recording.muted,
        tone=None if tone is None else tone.sound.tone,
        playback=None if playback is None else playback.id,
        links=tuple(
            [
                views.CallLink(each.target, each.direction, each.gain)
                for each in state.audio.links
                if each.call == call.id
            ]
        ),
        conference=call.conference,
        statistics_interval=call_states.statistics_interval(state, call),
        report=tuple([report for report, wanted in reports.items() if wanted]),
        vad=voices(call.media.watch),
        media="none" if call.apart else "speaker",
        led_by=call.led_by or None,
        digits_to=call.digits.to,
        dtmf=tuple(call_states.digit_methods(state, call)),
        detect=tuple(state.audio.detected(call.id)),
        transfer=transfer_view(state.transfer(call.id), epoch),
        transfer_policy=call.transfer_policy,
        summary=summary(call),
    )


def voices(watch: SoundWatch) -> views.Voices | None:
    """Who speaks; None while levels are not reported."""
    if not watch.levels:
        return None
    return views.Voices(*(level is not None and level.speaking for level in watch.heard))


def transfer_view(transfer: Transfer | None, epoch: float) -> views.CallTransfer | None:
    """A current transfer, for clients."""
    if transfer is None:
        return None
    return views.CallTransfer(
        role=transfer.role,
        state=transfer.state,
        to=sip_uris.public(transfer.to),
        until=wall_clock.utc(transfer.until, epoch),
    )


def logged_call(call: Call, ended: float | None, epoch: float, *, missed: bool) -> views.LoggedCall:
    """A call as the log stores it. ended: None while it lasts; if the station then goes off, that was its end."""
    facts = call_facts(call, call.created if ended is None else ended, epoch, ended)
    return views.LoggedCall(**facts, end=call.end or call_states.CUT_OFF, missed=missed)


def call_facts(call: Call, now: float, epoch: float, ended: float | None = None) -> dict[str, Any]:
    """The fields of `views.CallFacts` but `end`."""
    user, host = sip_uris.parts(call.remote.uri) or ("", "")
    since = call.times.connected_since
    return {
        "id": call.id,
        "account": call.account or DIRECT,
        "direction": call.direction,
        "remote": views.Remote(
            uri=call.remote.uri,
            user=user,
            host=host,
            display_name=call.remote.display_name,
            target=call.remote.target or None,
            target_name=call.remote.target_name or None,
        ),
        "local_uri": call.local_uri,
        "number": call.number,
        "headers": dict(call_states.received(call)),
        "custom_data": call.custom_data,
        "codec": call.media.codec,
        "srtp": call.media.srtp,
        "transport": call.transport,
        "created": wall_clock.iso(call.created, epoch),
        "ringing_since": wall_clock.iso(call.times.ringing_since, epoch),
        "connected_since": wall_clock.iso(since, epoch),
        "ended": wall_clock.iso(ended, epoch),
        "duration_s": 0.0 if since is None else round(max(0.0, now - since), 3),
        "ring": call.ring,
        "recording": call.recording,
        "quality": None if (quality := call.media.quality) is None else quality_view(quality, call.media.watch),
    }


def quality_view(quality: Quality, watch: SoundWatch) -> views.Quality:
    """The latest statistics of a call, and how its last window was judged."""
    return views.Quality(**asdict(quality), loss=watch.loss, mos=watch.mos, class_=watch.rating)
