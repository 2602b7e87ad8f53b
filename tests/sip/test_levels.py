import asyncio
import time
import wave

import pytest

from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.model import RecordingId
from tests.support.stations import RATE, Ear, connect, stations, talk, tone_file

pytestmark = pytest.mark.far_end

OURS, THEIRS = 440, 1000
AS_PLAYED, ABSENT = (-1.0, 1.0), (-200.0, -50.0)  # dB
DOOR, KITCHEN = RecordingId("r-door"), RecordingId("r-kitchen")


def speaking(tmp_path, user, hertz, **settings):
    microphone = tone_file(tmp_path / f"{user}.wav", hertz)
    return {"user": user, "microphone_file": str(microphone), "recordings": str(tmp_path), **settings}


async def recorded(door, kitchen):
    ours, theirs = await connect(door, kitchen)
    door.link.desire(talk(ours, recording=DOOR))
    kitchen.link.desire(talk(theirs, recording=KITCHEN))
    await door.wait(inputs.RecordingBegun, call=ours, recording=DOOR)
    await kitchen.wait(inputs.RecordingBegun, call=theirs, recording=KITCHEN)
    return ours, theirs


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "opus", "G722"])
def test_what_one_station_plays_the_other_records_at_its_level(codec, tmp_path):
    async def scenario():
        door, kitchen = (speaking(tmp_path, *who, codecs=(codec,)) for who in (("door", OURS), ("kitchen", THEIRS)))
        async with stations(door, kitchen) as (door, kitchen):
            await recorded(door, kitchen)
            for recording in (DOOR, KITCHEN):
                for hertz in (OURS, THEIRS):
                    await Ear(tmp_path / f"{recording}.wav").hears(hertz, *AS_PLAYED)
            assert {heard.codec.name for heard in door.of(inputs.MediaStarted)} == {codec}

    asyncio.run(scenario())


def test_a_muted_or_held_side_is_not_heard_and_is_heard_again_after_it(tmp_path):
    async def scenario():
        both = speaking(tmp_path, "door", OURS), speaking(tmp_path, "kitchen", THEIRS)
        async with stations(*both) as (door, kitchen):
            ours, _theirs = await recorded(door, kitchen)
            at_door, at_kitchen = Ear(tmp_path / f"{DOOR}.wav"), Ear(tmp_path / f"{KITCHEN}.wav")

            async def heard(own, far):
                await at_kitchen.hears(OURS, *own)
                await at_door.hears(THEIRS, *far)

            await heard(AS_PLAYED, AS_PLAYED)
            door.link.desire(talk(ours, microphone=False, recording=DOOR))
            await heard(ABSENT, AS_PLAYED)
            door.link.desire(talk(ours, recording=DOOR))
            await heard(AS_PLAYED, AS_PLAYED)
            door.link.desire(talk(ours, held=True, recording=DOOR))
            await heard(ABSENT, ABSENT)
            door.link.desire(talk(ours, recording=DOOR))
            await heard(AS_PLAYED, AS_PLAYED)

    asyncio.run(scenario())


def test_a_recording_lasts_as_long_as_the_call_whichever_side_was_silent(tmp_path):
    async def scenario():
        async with stations({"user": "door", "recordings": str(tmp_path)}, {"user": "kitchen"}) as (door, kitchen):
            ours, _theirs = await connect(door, kitchen)
            before = time.monotonic()
            for held in (False, True, False):
                door.link.desire(talk(ours, held=held, microphone=False, recording=DOOR))
                if not door.of(inputs.RecordingBegun):
                    await door.wait(inputs.RecordingBegun)
                await Ear(tmp_path / f"{DOOR}.wav").level(OURS, seconds=1.5)
            door.link.desire(Sound())
            closed = await door.wait(inputs.RecordingClosed, call=ours, recording=DOOR)
            with wave.open(str(tmp_path / f"{DOOR}.wav")) as file:
                assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
                # The clock of the SIP process drops what it is late by more than half a second.
                assert 3 * 1.5 <= file.getnframes() / RATE <= closed.at - before + 0.5
            assert (tmp_path / f"{DOOR}.wav").stat().st_size == closed.bytes > RATE

    asyncio.run(scenario())
