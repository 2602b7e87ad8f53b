"""/v1/audio: sound cards, their levels, sounds and texts, and a test of speaker and microphone."""

import asyncio
from functools import partial

from msgspec.structs import asdict
from starlette.responses import JSONResponse

from appliance.api import models
from appliance.api.answers.outcomes import Begins, WaitsFor, played
from appliance.api.http.dependencies import Daemon, Who, ask, play, say
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers, later
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.model import Tone

router = Resource("/v1/audio", "audio")


@router.on("GET", "", answers(models.Audio))
async def read_audio(daemon: Daemon) -> JSONResponse:
    """Speaker, microphone and sound cards, with the levels that the mixers of the cards show."""
    return JSONResponse(daemon.snapshot()["audio"])


@router.on("PATCH", "", answers(models.Done))
async def change_audio(body: models.AudioChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Set levels. The event `audio.settings_changed` reports the level that the card has taken: a card has steps.

    The station sets the level of an absent card when the card returns.
    """
    reply = await ask(daemon, inputs.ChangeAudio(**asdict(body)), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("POST", "/tone", answers(models.Done))
async def play_tone_on_speaker(body: models.PlayTone, daemon: Daemon, who: Who) -> JSONResponse:
    """Play a tone on the speaker, in place of one that a client plays there; `tone.stopped` reports its end."""
    reply = await ask(daemon, inputs.PlayTone(Tone(body.tone), None, body.country, body.seconds), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("DELETE", "/tone", answers(models.Done))
async def stop_tone_on_speaker(daemon: Daemon, who: Who) -> JSONResponse:
    """Stop the tone that a client plays on the speaker."""
    reply = await ask(daemon, inputs.StopTone(), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("GET", "/sounds", answers(models.Sounds))
async def list_sounds(daemon: Daemon) -> JSONResponse:
    """The sounds that can be played by name: built-in ones, and the files in `audio.sounds`."""
    return JSONResponse({"sounds": await asyncio.to_thread(daemon.sounds)})


@router.on("POST", "/playback", later(models.DoneLater))
async def play_sound_on_speaker(body: models.PlaySound, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Play a sound on the speaker, in place of one that plays there; the events `playback.…` report the outcome."""
    return await after.by_event(played(await play(daemon, body, who)), None, lambda: {"warning": None})


@router.on("POST", "/say", later(models.DoneLater))
async def say_on_speaker(body: models.Say, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Speak a text on the speaker, as a playback: in place of a sound there, and stopped as one."""
    return await after.by_event(played(await say(daemon, body, who)), None, lambda: {"warning": None})


@router.on("DELETE", "/playback", answers(models.Done))
async def stop_sound_on_speaker(daemon: Daemon, who: Who) -> JSONResponse:
    """Stop the sound that a client plays on the speaker."""
    await ask(daemon, inputs.StopSound(), who)
    return JSONResponse({"warning": None})


@router.on("POST", "/talk", answers(models.Done))
async def let_visitor_talk(daemon: Daemon, who: Who, body: models.Talk | None = None) -> JSONResponse:
    """With `audio.mode` push_to_talk: open the microphone and close the speaker in the active call.

    It ends with the call, after `seconds`, or by DELETE. `audio.microphone_changed` reports both.
    """
    await ask(daemon, inputs.Talk((body or models.Talk()).seconds), who)
    return JSONResponse({"warning": None})


@router.on("DELETE", "/talk", answers(models.Done))
async def let_caller_talk(daemon: Daemon, who: Who) -> JSONResponse:
    """With `audio.mode` push_to_talk: close the microphone and open the speaker again."""
    reply = await ask(daemon, inputs.StopTalk(), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("GET", "/devices", answers(models.Devices))
async def list_devices(daemon: Daemon) -> JSONResponse:
    """All sound cards, with the names of their PCMs; the event `audio.devices_changed` reports each change."""
    return JSONResponse({"devices": daemon.snapshot()["audio"]["devices"]})


@router.on("POST", "/self-test", answers(models.SoundTest) | answers(models.Begun, 202))
async def try_sound(daemon: Daemon, who: Who, after: WaitsFor, body: models.TestSound | None = None) -> JSONResponse:
    """Listen for a second, play a sweep for `seconds`, and report how the microphone received it.

    Not possible during a call, a visitor's ring, or a tone or file on the speaker (409); each of these also ends a
    running test. The recording is in memory only, and is not stored. The event `audio.tested` has the same result. The
    answer comes after the test. If the client prefers, it comes earlier, with an operation to read.
    """
    return await after.by_result(partial(_tried, daemon, who, body or models.TestSound()))


async def _tried(daemon: HttpPorts, who: str, wanted: models.TestSound) -> Json:
    reply = await ask(daemon, inputs.TestSound(wanted.seconds, wanted.apply), who)
    assert reply.trial is not None
    found, measured = reply.trial, reply.trial.measured
    return {
        "result": found.result,
        "advice": found.advice or None,
        "heard": measured.level_dbfs is not None,
        "quiet_dbfs": measured.noise_dbfs,
        "tone_dbfs": measured.level_dbfs,
        "echo_db": measured.echo_db,
        "echo_delay_ms": measured.delay_ms,
        "clipped": measured.clipped,
        "volume": found.volume,
        "applied": found.applied,
    }
