"""Which program speaks a text: Piper those in its voice's language, espeak-ng the others."""

import asyncio

import pytest

from appliance.app.made_sounds import MadeSounds
from appliance.app.paths import Places
from appliance.audio import speech
from appliance.config.load import check
from appliance.core.model import PlaybackId, Speech
from appliance.core.orders import Reply


class Reactor:
    """Takes every request."""

    async def request(self, _wanted, _who):
        return Reply("q-1")


@pytest.fixture
def spoken(tmp_path, monkeypatch):
    """`spoken(settings, text)`: language, espeak-ng's voice and Piper's file for a text."""
    asked = []

    async def make(_self, words, _file):
        asked.append((words.language, words.voice, words.piper))

    monkeypatch.setattr(speech.Speaker, "make", make)

    def speak(settings, text):
        config = check({"speech": settings}, "test")
        sounds = MadeSounds(lambda: config, Places(tmp_path, tmp_path), Reactor(), tmp_path.joinpath)
        asyncio.run(sounds.speak(text, "test", PlaybackId("p-1")))
        return asked[-1]

    return speak


PIPER = {"engine": "piper", "piper_voice": "/v.onnx", "language": "de", "voice": "f3"}


@pytest.mark.parametrize(
    ("settings", "text", "wanted"),
    [
        (PIPER, Speech("a"), ("de", "", "/v.onnx")),
        (PIPER, Speech("a", language="de"), ("de", "", "/v.onnx")),
        (PIPER, Speech("a", language="en"), ("en", "f3", "")),
        (PIPER, Speech("a", voice="m1"), ("de", "m1", "")),
        (PIPER | {"engine": "espeak-ng"}, Speech("a"), ("de", "f3", "")),
    ],
)
def test_piper_speaks_the_language_of_its_voice_unless_a_voice_of_espeak_ng_is_named(spoken, settings, text, wanted):
    assert spoken(settings, text) == wanted
