"""/v1/audio: sound cards, their levels, sounds and texts, and a test of speaker and microphone."""

import asyncio
from functools import partial

from msgspec.structs import asdict

from appliance.api import models
from appliance.api.answers.outcomes import Begins, WaitsFor, played
from appliance.api.http.dependencies import Daemon, Who, ask, play, say
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers, later
from appliance.api.routing.responses import JSONResponse
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.views.audio import Audio

router = Resource("/v1/audio", "audio")


@router.on("GET", "", answers(Audio))
async def read_audio(daemon: Daemon) -> JSONResponse:
    """Speaker, microphone and sound cards, with the levels that the mixers of the cards show."""
    return JSONResponse(daemon.snapshot().audio)


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


@router.on("GET", "/devices", answers(models.Devices))
async def list_devices(daemon: Daemon) -> JSONResponse:
    """All sound cards, with the names of their PCMs; the event `audio.devices_changed` reports each change."""
    return JSONResponse({"devices": daemon.snapshot().audio.devices})


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
    return asdict(reply.trial)
