"""Calls as clients, the call log and people see them."""

from typing import Any

from msgspec import to_builtins

from appliance.core import call_states, wall_clock
from appliance.core.accounts import sip_uris
from appliance.core.model import (
    DIRECT,
    Call,
    CallState,
    Direction,
    Hold,
    Quality,
    SoundSource,
    SoundWatch,
    State,
    Transfer,
)


def in_order(state: State) -> list[Call]:
    """The calls, the oldest first."""
    return sorted(state.calls.living, key=lambda call: call.created)


def call_view(state: State, call: Call, now: float, epoch: float) -> dict[str, Any]:
    """A call that has not ended, as the call object (docs/reference/contract.md)."""
    recording = next((each for each in state.calls.recordings if each.id == call.recording), None)
    return call_facts(call, now, epoch) | {
        "state": call.state,
        "legacy_state": call_states.LEGACY[call.state],
        "hold": call.media.hold,
        "active": call.id in call_states.with_sound(state),
        "muted": call.media.muted,
        "recording_paused": recording is not None and recording.paused_at is not None,
        "recording_muted": [] if recording is None else list(recording.muted),
        "tone": None if (played := state.audio.tone(call.id)) is None else played.sound.tone,
        "playback": None if (found := state.audio.playback(call.id)) is None else found.id,
        "links": [
            {"target": each.target, "direction": each.direction, "gain": each.gain}
            for each in state.audio.links
            if each.call == call.id
        ],
        "conference": call.conference,
        "statistics_interval": call_states.statistics_interval(state, call),
        "report": ["level"] * call.media.watch.levels + ["microphone"] * call.media.watch.microphone,
        "vad": voices(call.media.watch),
        "media": "none" if call.apart else "speaker",
        "led_by": call.led_by or None,
        "digits_to": call.digits.to,
        "dtmf": list(call_states.digit_methods(state, call)),
        "detect": list(state.audio.detected(call.id)),
        "transfer_policy": call.transfer_policy,
        "transfer": transfer_view(state.transfer(call.id), epoch),
        "ended": None,
        "summary": summary(call),
    }


def voices(watch: SoundWatch) -> dict[str, bool] | None:
    """Who speaks; None while levels are not reported."""
    if not watch.levels:
        return None
    return {
        source: level is not None and level.speaking for source, level in zip(SoundSource, watch.heard, strict=True)
    }


def transfer_view(transfer: Transfer | None, epoch: float) -> dict[str, Any] | None:
    """A current transfer, for clients."""
    if transfer is None:
        return None
    until = wall_clock.iso(transfer.until, epoch)
    return {"role": transfer.role, "state": transfer.state, "to": sip_uris.public(transfer.to), "until": until}


def logged_call(call: Call, ended: float | None, epoch: float, *, missed: bool) -> dict[str, Any]:
    """A call as the log stores it; `ended` None: the call has not ended."""
    facts = call_facts(call, call.created if ended is None else ended, epoch)
    return facts | {"ended": wall_clock.iso(ended, epoch), "missed": missed}


def call_facts(call: Call, now: float, epoch: float) -> dict[str, Any]:
    """The fields of a call that stay true after its end."""
    user, host = sip_uris.parts(call.remote.uri) or ("", "")
    return {
        "id": call.id,
        "account": call.account or DIRECT,
        "direction": call.direction,
        "remote": {
            "uri": call.remote.uri,
            "user": user,
            "host": host,
            "display_name": call.remote.display_name,
            "target": call.remote.target or None,
            "target_name": call.remote.target_name or None,
        },
        "local_uri": call.local_uri,
        "number": call.number,
        "headers": dict(call_states.received(call)),
        "custom_data": call.custom_data,
        "codec": None
        if call.media.codec is None
        else {"name": call.media.codec.name, "clock_rate_hz": call.media.codec.clock_rate_hz},
        "srtp": call.media.srtp,
        "transport": call.transport,
        "created": wall_clock.iso(call.created, epoch),
        "ringing_since": wall_clock.iso(call.times.ringing_since, epoch),
        "connected_since": wall_clock.iso(call.times.connected_since, epoch),
        "duration_s": 0.0
        if call.times.connected_since is None
        else round(max(0.0, now - call.times.connected_since), 3),
        "ring": call.ring,
        "recording": call.recording,
        "quality": None if (quality := call.media.quality) is None else quality_view(quality, call.media.watch),
        "end": None
        if call.end is None
        else {
            "cause": call.end.cause,
            "code": call.end.code,
            "reason": call.end.reason,
            "by": call.end.by,
            "explanation": call.end.explanation,
        },
    }


def facts_in_events(call: Call) -> dict[str, Any]:
    """A call in its events: what is empty is left out, since the journal keeps it with each of them."""
    facts: dict[str, Any] = {"direction": call.direction.value, "from": call.caller, "to": call.called}
    remote, codec = call.remote, call.media.codec
    if remote.display_name:
        facts["display_name"] = remote.display_name
    if remote.target:
        facts["target"] = remote.target
    if remote.target_name:
        facts["target_name"] = remote.target_name
    if codec is not None:
        facts["codec"] = {"name": codec.name, "clock_rate_hz": codec.clock_rate_hz}
    if call.account:
        facts["account"] = call.account
    if call.conference is not None:
        facts["conference"] = call.conference
    return facts


def quality_view(quality: Quality, watch: SoundWatch) -> dict[str, Any]:
    """The latest statistics of a call, and how its last window was judged."""
    counters: dict[str, Any] = to_builtins(quality)
    return counters | {"loss": watch.loss, "mos": watch.mos, "class": watch.rating}


def name_of(call: Call) -> str:
    """The far end, for people."""
    return call.remote.target_name or call.remote.target or call.remote.display_name or call.remote.uri


def summary(call: Call) -> str:
    """A call in one line."""
    who = name_of(call)
    match call.state:
        case CallState.CONNECTED if call.confirm:
            return f"{who} has answered and must confirm"
        case CallState.CONNECTED:
            held = {
                Hold.NONE: "",
                Hold.LOCAL: ", held by us",
                Hold.REMOTE: ", held by them",
                Hold.BOTH: ", held by both",
            }
            return f"in a call with {who}{held[call.media.hold]}{', apart from the room' if call.apart else ''}"
        case CallState.DISCONNECTING:
            return f"the call with {who} is ending"
        case CallState.ENDED:
            return f"the call with {who} is over"
        case _:
            return f"{who} calls" if call.direction is Direction.INCOMING else f"calling {who}"
