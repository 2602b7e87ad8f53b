"""Digits in the sound of real calls: through codecs and the bridge, ours and theirs, reported once or not at all."""

import asyncio

import pytest
from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.orders import SendDigit
from tests.sip.dtmf import file, typed
from tests.support.stations import connect, stations, talk

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]

CODE = "147*2580#369D"  # each row and each column
MS, PAUSE_MS = 120, 120


def listening(call, **how):
    """Their digits count, and the microphone is heard."""
    sound = talk(call, **how)
    return Sound((replace(sound.calls[0], inband=True),))


@pytest.fixture
def typing(tmp_path):
    """A station whose microphone hears digits, over and over."""
    sound = typed(CODE, MS, PAUSE_MS, level=-15.0, rate=16000)
    return {"user": "kitchen", "microphone_file": file(tmp_path / "digits.wav", sound, 16000)}


async def hears(station, call, wanted):
    """Wait until these digits have come one after another: a machine that is busy may spoil one now and then."""
    told = ""
    while wanted not in told:
        told += (await station.wait(inputs.DigitReceived, call=call, method="inband")).digit


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722", "opus"])
def test_digits_in_the_sound_are_heard_through_a_codec(codec, typing):
    async def scenario():
        async with stations({"codecs": (codec,)}, {**typing, "codecs": (codec,)}) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.desire(talk(theirs))
            door.link.desire(listening(ours))
            await hears(door, ours, CODE)
            for told in door.of(inputs.DigitReceived):
                assert (told.method, 0 < told.duration_ms <= 2 * MS) == ("inband", True)

    asyncio.run(scenario())


def test_no_one_listens_where_it_is_not_wanted(typing):
    async def scenario():
        async with stations({}, typing) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.desire(talk(theirs))
            door.link.desire(talk(ours))
            kitchen.link.order(SendDigit(theirs, "5"))  # so that there is something to wait for
            assert (await door.wait(inputs.DigitReceived)).method == "rfc4733"
            await door.wait(inputs.MediaCounted)
            await door.wait(inputs.MediaCounted)
            assert {told.method for told in door.of(inputs.DigitReceived)} == {"rfc4733"}

    asyncio.run(scenario())


def test_a_far_end_that_reports_a_digit_is_not_listened_to_any_more(typing):
    async def scenario():
        async with stations({}, typing) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.desire(talk(theirs))
            door.link.desire(listening(ours))
            await hears(door, ours, CODE)
            kitchen.link.order(SendDigit(theirs, "5"))
            await door.wait(inputs.DigitReceived, method="rfc4733")
            before = len(door.of(inputs.DigitReceived))
            for _ in range(3):
                await door.wait(inputs.MediaCounted)
            assert len(door.of(inputs.DigitReceived)) == before

    asyncio.run(scenario())
