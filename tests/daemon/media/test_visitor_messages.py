"""A visitor's message: nobody answers, the station asks and beeps, records the microphone, lists and plays it."""

import pytest

from tests.daemon.transfers.test_transfers import ctl
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.stations import RATE, Ear, level, tone_file
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

HERTZ = 1000


def test_a_visitor_whom_nobody_answers_leaves_a_message(tmp_path):
    audio = {"playback": "simulated", "microphone_file": str(tone_file(tmp_path / "microphone.wav", HERTZ))}
    recording = {"enabled": True, "message_s": 300, "message_text": "Please leave a message."}
    speech = {"rate": 400, "announce": ["en"]}
    with (
        Daemon(tmp_path / "d", audio=audio, recording=recording, speech=speech) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        door.press("ring")
        far.answer(far.invited(), "603 Decline")
        door.next("ring.ended", result="unanswered")
        door.next("playback.finished", sound="speech", speaker=True)
        beep = door.next("playback.finished", sound="ok", speaker=True)
        told = door.next("recording.started")
        message = told["data"]["recording"]
        assert told["id"] > beep["id"]
        assert told["call"] is None
        assert "recording" in door.get("/v1/state")["panel"]["pictures"]
        file = Ear(door.directory / "recordings" / f"{message}.wav")
        until(lambda: len(file.samples()) > RATE, "a second of it", log=door.told)
        door.press("ring")
        assert door.next("recording.stopped", recording=message)["call"] is None
        available = door.next("recording.available", recording=message)["data"]
        assert available["kind"] == "message"
        said, part = file.samples(), RATE // 4
        heard = [level(said[at : at + part], HERTZ) for at in range(0, len(said) - part, part)]
        assert max(heard) > -3.0, "gaps of a busy machine shift its phase, not in each part"
        assert len(door.of("call.dialing")) == 1, "the press did not ring"
        assert len(door.of("playback.started")) == 2, "nothing else was said"

        (row,) = door.get("/v1/recordings?kind=message")["recordings"]
        assert (row["id"], row["kind"], row["remote"], row["call"]) == (message, "message", "far", "")
        assert door.get("/v1/recordings?kind=call")["recordings"] == []
        assert "far  message" in ctl(door, "recordings", "--kind", "message")[1]
        door.post("/v1/audio/playback", {"recording": message})
        door.next("playback.started", sound="recording")

        # Another one, which a client sees and discards.
        door.begin()
        door.press("ring")
        far.answer(far.invited(), "603 Decline")
        other = door.next("recording.started")["data"]["recording"]
        (live,) = door.get("/v1/recordings/live")["recordings"]
        assert (live["id"], live["kind"], live["remote"], live["call"]) == (other, "message", "far", "")
        assert door.get("/v1/state")["message"] == {"id": other, "rung": "far", "begun": True}
        assert door.ask("POST", f"/v1/recordings/live/{other}/pause")[1]["code"] == "conflict"
        assert door.ask("DELETE", f"/v1/recordings/live/{other}")[0] == 200
        assert door.next("recording.deleted", recording=other)["data"]["why"] == "request"
        assert door.get("/v1/recordings/live")["recordings"] == []
