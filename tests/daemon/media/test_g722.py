"""G.722 has the level of other codecs: a PBX converts between a station with only G.722 and one with only PCMA.

Between two of our stations a wrong level would not show.
"""

import asyncio
import contextlib

import pytest

from tests.support.daemon import Daemon, talking
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import account
from tests.support.stations import Ear, tone_file

pytestmark = pytest.mark.realtime

WIDE_HZ, NARROW_HZ = 440, 1000
TOLERANCE_DB = 1.5  # half or double is 6


def test_each_side_hears_the_other_as_loud_as_it_speaks(tmp_path):
    def station(user, other, codec, hertz):
        directory = tmp_path / user
        directory.mkdir()
        return Daemon(
            directory / "d",
            account={"office": account(directory, pbx, user)},
            target={"far": {"uri": other, "account": "office"}},
            sip={"codecs": [codec]},
            audio={"microphone_file": str(tone_file(directory / "microphone.wav", hertz)), "capture": "null"},
            recording={"enabled": True},
        )

    with contextlib.ExitStack() as stack:
        pbx = stack.enter_context(Asterisk(tmp_path))
        wide = stack.enter_context(station("101", "102", "G722", WIDE_HZ))
        narrow = stack.enter_context(station("102", "101", "PCMA", NARROW_HZ))
        for door in (wide, narrow):
            door.wait("account.registered")
        calls = talking(wide, narrow)
        for door, call, hertz in ((wide, calls[0], NARROW_HZ), (narrow, calls[1], WIDE_HZ)):
            recording = door.wait("recording.started", call)["data"]["recording"]
            assert door.get(f"/v1/calls/{call}")["codec"]["name"] == ("G722" if door is wide else "PCMA")
            ear = Ear(door.directory / "recordings" / f"{recording}.wav")
            # Of some half seconds the loudest: the beginning, and packets that are lost, only lower the level.
            loudest = max(asyncio.run(ear.level(hertz)) for _ in range(4))
            assert abs(loudest) < TOLERANCE_DB, f"{hertz} Hz at {loudest:.1f} dB"
