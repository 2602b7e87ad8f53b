"""baresip and the station call each other: 440 Hz go in, 1,000 Hz come out, each found at the far end."""

import struct

import numpy as np
import pytest

from tests.support.daemon import Daemon, settled
from tests.support.peers.baresip import Baresip
from tests.support.peers.sounds import ABSENT_DB, HEARD_DB, levels_of, tone
from tests.support.waiting import until

OURS, THEIRS = 1000, 440
RINGING = 528  # the second tone of the station's bell
HEADER_BYTES = 44


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    """A daemon whose microphone hears 1,000 Hz, and which records."""
    directory = tmp_path_factory.mktemp("d")
    settings = {"audio": {"microphone_file": tone(directory / "microphone.wav", OURS)}, "recording": {"enabled": True}}
    with Daemon(directory, **settings) as daemon:
        yield daemon


@pytest.fixture
def door(talking):
    with settled(talking):
        yield talking


def levels(path, *hertz):
    """dB below full scale in the newest half second of a file that is still being written; [] while there is less."""
    data = path.read_bytes()
    if len(data) < HEADER_BYTES:
        return []
    channels, rate = struct.unpack_from("<HI", data, 22)
    body = data[HEADER_BYTES:]
    samples = np.frombuffer(body[: len(body) // (2 * channels) * 2 * channels], dtype="<i2")[::channels].astype(float)
    part = samples[-rate // 2 :]
    return levels_of(part, rate, *hertz) if len(part) >= rate // 2 else []


def both_are_heard(door, far, call, record_property):
    """Our tone alone at their end; both in our recording, which takes both directions."""

    def at_their_end():
        found = levels(far.heard(), OURS, THEIRS)
        return found if found and found[0] > HEARD_DB and found[1] < ABSENT_DB else None

    recording = door.wait("recording.started", call)["data"]["recording"]

    def at_ours():
        found = levels(door.directory / "recordings" / f"{recording}.wav", OURS, THEIRS)
        return found if found and min(found) > HEARD_DB else None

    record_property("at their end, dB: 1000 Hz, 440 Hz", until(at_their_end, "1,000 Hz at baresip"))
    record_property("at ours, dB: 1000 Hz, 440 Hz", until(at_ours, "440 Hz in the recording"))


def test_the_station_calls_and_hangs_up(door, tmp_path, record_property):
    with Baresip(tmp_path, door.far_address, door.far_port, hertz=THEIRS) as far:
        call = door.ring()
        far.wait("CALL_INCOMING")
        door.wait("call.ringing", call)
        far.command("accept")
        door.talk(call)
        both_are_heard(door, far, call, record_property)
        door.press("hangup")
        far.wait("CALL_CLOSED")
        door.final(call, kind="call.ended", cause="hangup", code=200, by="local")


def test_baresip_calls_and_hangs_up(door, tmp_path, record_property):
    with Baresip(tmp_path, door.far_address, hertz=THEIRS) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = door.rung()
        door.press("answer")
        far.wait("CALL_ESTABLISHED")
        door.talk(call)
        both_are_heard(door, far, call, record_property)
        far.command("hangup")
        door.final(call, kind="call.ended", cause="hangup", code=200, by="remote")


def test_baresip_hears_the_station_before_it_is_answered(door, tmp_path):
    with Baresip(tmp_path, door.far_address, hertz=THEIRS) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = door.rung()

        def hears(*hertz):
            return until(lambda: min(levels(far.heard(), *hertz), default=ABSENT_DB) > HEARD_DB, f"{hertz} Hz")

        door.post(f"/v1/calls/{call}/early-media")
        hears(RINGING)
        door.post(f"/v1/calls/{call}/early-media", {"source": "panel"})
        hears(OURS)
        door.press("answer")
        far.wait("CALL_ESTABLISHED")
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_the_station_holds_baresip_and_is_held_by_it(door, tmp_path):
    with Baresip(tmp_path, door.far_address, hertz=THEIRS) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = door.rung()
        door.press("answer")
        far.wait("CALL_ESTABLISHED")
        door.talk(call)
        door.press("hold")
        door.wait("call.held", call, by="local")
        door.press("hold")
        door.wait("call.resumed", call, by="local")
        far.command("hold")
        door.wait("call.held", call, by="remote")
        far.command("resume")
        door.wait("call.resumed", call, by="remote")
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_baresip_refuses(door, tmp_path):
    with Baresip(tmp_path, door.far_address, door.far_port, hertz=THEIRS) as far:
        call = door.ring()
        far.wait("CALL_INCOMING")
        far.command("hangup")
        final = door.final(call, by="remote")
        assert (final["kind"], final["cause"]) in {("call.rejected", "busy"), ("call.rejected", "rejected")}
