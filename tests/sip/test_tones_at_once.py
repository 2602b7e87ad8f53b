"""Who presses a button hears the tone at once: not after the silence that a card's buffer begins with."""

import asyncio

import numpy as np
import pytest

from appliance.core.desired import Sound
from appliance.core.model import Tone
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.stations import stations
from tests.support.waiting import until_async

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]

# What is written to a PCM goes to a file, too.
ALSA = """</usr/share/alsa/alsa.conf>
pcm.written {{
    type file
    file "{file}"
    format raw
    slave.pcm pulse
    hint {{ show on description "A PCM whose sound is kept" }}
}}
"""
PERIOD = 320  # 20 ms
BUFFER = 2  # periods that it holds
LOUD = 1000


@pytest.fixture
def written(monkeypatch, tmp_path):
    file, config = tmp_path / "written.raw", tmp_path / "alsa.conf"
    config.write_text(ALSA.format(file=file))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    with serving(SoundServer, monkeypatch):
        yield file


def test_a_tone_that_opens_the_card_is_the_first_that_is_played(written):
    async def scenario():
        async with stations({"user": "door", "playback": "written", "capture": "pulse"}) as (door,):
            door.link.desire(Sound(tone=Tone.DIALING))
            await until_async(
                lambda: written.exists() and written.stat().st_size > BUFFER * PERIOD * 2, "sound is played"
            )

    asyncio.run(scenario())
    periods = np.fromfile(written, "<i2")[: BUFFER * PERIOD].reshape(-1, PERIOD)
    assert (np.abs(periods).max(axis=1) > LOUD).all(), "the card begins with silence"
