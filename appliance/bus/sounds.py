"""Tones, sounds and texts: the same methods for the speaker and for the far end of a call."""

from typing import Any

from appliance.bus.shapes import Asked, BusMethod
from appliance.bus.texts import bounded, chosen
from appliance.core import inputs, orders
from appliance.core.model import PLAYABLE, CallId, RecordedSound, RecordingId, Speech, UrlSound

OF_RECORDING = "recording:"  # before its id, in place of a sound's name


def _hearer(asked: Asked) -> CallId | None:
    """The object's call; None for the station's object: its speaker."""
    return CallId(asked.id) if asked.id else None


def _done(reply: orders.Reply) -> list[Any]:
    if reply.error is not None:
        raise reply.error
    return []


async def _play_tone(asked: Asked, tone: str, country: str, seconds: float) -> list[Any]:
    wanted = chosen("tone", tone, PLAYABLE)
    await asked.do(inputs.PlayTone(wanted, _hearer(asked), bounded(country), seconds))
    return []


async def _play_sound(asked: Asked, sound: str, loop: bool, volume: float) -> list[Any]:
    """`sound` may be a URL, or recording: and the id of one."""
    if sound.startswith(OF_RECORDING):
        recording = RecordingId(bounded(sound.removeprefix(OF_RECORDING)))
        recorded = RecordedSound(recording=recording, call=_hearer(asked), loop=loop, volume=volume)
        return _done(await asked.daemon.play_recording(recorded, asked.who))
    if "://" not in sound:
        await asked.do(inputs.PlaySound(sound=bounded(sound), call=_hearer(asked), loop=loop, volume=volume))
        return []
    wanted = UrlSound(url=bounded(sound), call=_hearer(asked), loop=loop, volume=volume)
    return _done(await asked.daemon.play_url(wanted, asked.who))


async def _say(asked: Asked, text: str, language: str, voice: str, rate: int) -> list[Any]:
    wanted = Speech(text, bounded(language), bounded(voice), rate or None, call=_hearer(asked))
    return _done(await asked.daemon.say(wanted, asked.who))


async def _stop_sound(asked: Asked) -> list[Any]:
    await asked.do(inputs.StopSound(_hearer(asked)))
    return []


async def _stop_tone(asked: Asked) -> list[Any]:
    await asked.do(inputs.StopTone(_hearer(asked)))
    return []


PLAY_TONE = BusMethod("PlayTone", _play_tone, takes=(("tone", "s"), ("country", "s"), ("seconds", "d")))
STOP_TONE = BusMethod("StopTone", _stop_tone)
PLAY_SOUND = BusMethod("PlaySound", _play_sound, takes=(("sound", "s"), ("loop", "b"), ("volume", "d")))
STOP_SOUND = BusMethod("StopSound", _stop_sound)
SAY = BusMethod("Say", _say, takes=(("text", "s"), ("language", "s"), ("voice", "s"), ("rate", "u")))
METHODS = (PLAY_TONE, STOP_TONE, PLAY_SOUND, STOP_SOUND, SAY)
