"""What a call reports about its sound: when it begins and ends, and that it is silent one way, and why."""

from math import log10

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import AMPLITUDE
from tests.support.peers.voices import FRAME, PCMA, Voice
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

PATIENCE_S = 120.0
CODEC = {"name": "PCMA", "clock_rate_hz": 8000}
ZERO = bytes([0xD5]) * FRAME  # of A-law
SPOKEN_DBFS = 20 * log10(AMPLITUDE / 32768) - 6  # of a tone, half of the time
SILENT_DBFS = -60
SIMULATED = {"capture": "simulated", "playback": "simulated"}  # a microphone that hears nothing at all


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("d"), audio=SIMULATED) as daemon:
        yield daemon


class MutedVoice(Voice):
    """A telephone that sends packets of digital silence while it is `muted`."""

    muted = False

    def send(self, kind, payload, *, marker=False):
        super().send(kind, ZERO if self.muted and kind == PCMA else payload, marker=marker)


class Speaker(MutedVoice):
    """One who makes pauses between words, unless `hums`."""

    hums = False

    def send(self, kind, payload, *, marker=False):
        pause = not self.hums and self.sequence // 10 % 2
        super().send(kind, ZERO if pause and kind == PCMA else payload, marker=marker)


def ways(door, call):
    """The directions in which the sound of the call has started, in order."""
    return [event["data"]["direction"] for event in door.of("media.started", call)]


def silences(door, call, direction):
    """Why the call was silent that way, in order."""
    return [e["data"]["why"] for e in door.of("media.silent", call) if e["data"]["direction"] == direction]


def ended(door, far, call):
    """The far end hangs up; the sound ends once, before the call's last event."""
    far.hang_up()
    last = door.final(call, kind="call.ended", cause="hangup", by="remote")
    (over,) = door.of("media.ended", call)
    (end,) = door.of("call.ended", call)
    assert over["id"] < end["id"]
    return last


@shows("media.started", "media.ended")
def test_each_direction_starts_with_its_first_packet(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        assert ways(door, call) == ["send"], "the far end is silent"
        door.wait("media.stopped", call, patience=PATIENCE_S)
        assert ways(door, call) == ["send"]
        with Voice(far.rtp, accepted):
            first = door.wait("media.started", call, patience=PATIENCE_S, direction="receive")
        assert first["data"] == {"direction": "receive", "codec": CODEC}
        assert ways(door, call) == ["send", "receive"]
        ended(door, far, call)


@shows("media.started", "media.ended")
def test_a_phone_that_answers_is_heard_and_hears(door, tmp_path):
    with Baresip(tmp_path, door.far_address, door.far_port) as far:
        call = door.ring()
        far.wait("CALL_INCOMING")
        far.command("accept")
        until(lambda: len(ways(door, call)) == 2, "sound both ways", PATIENCE_S)
        assert door.of("media.started", call)[0]["id"] > door.of("call.connected", call)[0]["id"]
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        far.wait("CALL_CLOSED")
    assert sorted(ways(door, call)) == ["receive", "send"]
    assert len(door.of("media.ended", call)) == 1


@shows("media.silent", "media.resumed")
def test_a_far_end_that_mutes_itself_is_silent_until_it_speaks(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with MutedVoice(far.rtp, accepted) as voice:
            door.wait("media.started", call, patience=PATIENCE_S, direction="receive")
            silent = {"direction": "receive", "why": "digital_silence"}
            assert silent not in [event["data"] for event in door.of("media.silent", call)]
            voice.muted = True
            door.wait("media.silent", call, patience=PATIENCE_S, **silent)
            voice.muted = False
            door.wait("media.resumed", call, patience=PATIENCE_S, **silent)
        door.wait("media.silent", call, patience=PATIENCE_S, direction="receive", why="no_packets")
        assert door.of("media.stopped", call)
        ended(door, far, call)


@shows("media.silent", "media.resumed")
def test_a_microphone_that_gives_nothing_or_is_muted_is_reported(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.wait("media.silent", call, patience=PATIENCE_S, direction="send", why="digital_silence")
        door.post(f"/v1/calls/{call}/tone", {"tone": "busy"})
        door.wait("media.resumed", call, patience=PATIENCE_S, direction="send", why="digital_silence")
        assert door.ask("PATCH", f"/v1/calls/{call}", {"muted": True})[0] == 200
        door.wait("media.silent", call, patience=PATIENCE_S, direction="send", why="muted")
        assert door.ask("PATCH", f"/v1/calls/{call}", {"muted": False})[0] == 200
        door.wait("media.resumed", call, patience=PATIENCE_S, direction="send", why="muted")
        assert door.ask("PATCH", "/v1/audio", {"microphone_muted": True})[0] == 200
        until(lambda: silences(door, call, "send").count("muted") == 2, "the card", PATIENCE_S)
        assert door.ask("PATCH", "/v1/audio", {"microphone_muted": False})[0] == 200
        ended(door, far, call)


def test_levels_and_voices_of_both_directions_are_reported_while_a_client_wants_them(door):
    def report(*kinds):
        status, answer = door.ask("PATCH", f"/v1/calls/{call}", {"report": [*kinds]})
        assert status == 200, answer
        return answer["call"]["report"], answer["call"]["vad"]

    def level(**wanted):
        return door.next("audio.level", call, patience=PATIENCE_S, **wanted)["data"]

    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with Speaker(far.rtp, accepted) as voice:
            door.wait("media.started", call, direction="receive")
            assert not door.of("audio.level", call)
            assert report("level") == (["level"], {"local": False, "remote": False})

            def spoken():  # half of the time is pauses
                said = level(source="remote")
                return said["speaking"] and said["dbfs"] == pytest.approx(SPOKEN_DBFS, abs=3)

            until(spoken, "the voice's level")
            until(lambda: door.get(f"/v1/calls/{call}")["vad"] == {"local": False, "remote": True}, "a voice")
            assert level(source="local", speaking=False)["dbfs"] < SILENT_DBFS
            door.post(f"/v1/calls/{call}/playback", {"sound": "gong"})
            until(lambda: level(source="local")["dbfs"] > SPOKEN_DBFS - 30, "the gong")
            voice.hums = True
            until(lambda: level(source="remote")["dbfs"] > SPOKEN_DBFS + 1, "a hum")
            until(lambda: not level(source="remote")["speaking"], "a hum that is no voice")
            voice.muted = True
            until(lambda: level(source="remote", speaking=False)["dbfs"] < SILENT_DBFS, "silence")
            assert report() == ([], None)

            def more_packets():
                received = door.get(f"/v1/calls/{call}")["quality"]["received"]
                until(lambda: door.get(f"/v1/calls/{call}")["quality"]["received"] > received + 100, "more packets")

            more_packets()  # and the levels that were on their way
            count = len(door.of("audio.level", call))
            more_packets()
            assert len(door.of("audio.level", call)) == count
        ended(door, far, call)


@pytest.mark.parametrize("report", ["level", ["noise"], ["level", "microphone", "level"], 5])
def test_reports_that_do_not_exist_are_refused(door, report):
    assert door.ask("PATCH", "/v1/calls/c-1", {"report": report})[0] == 400
