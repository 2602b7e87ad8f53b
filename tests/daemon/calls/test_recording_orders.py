"""Recordings that clients order: each is there with its sound, as long as the order said, and the call goes on."""

import pytest

from tests.daemon.transfers.test_transfers import ctl
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import hears
from tests.support.shown import shows
from tests.support.stations import RATE, Ear, level, tone_file
from tests.support.waiting import pause, until

HERTZ = 1000
SOME_BYTES = RATE  # half a second
STILL_S = 0.5  # the SIP process writes more often while it records


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A daemon that hears 1,000 Hz, and records nothing without an order."""
    directory = tmp_path_factory.mktemp("d")
    sound = {"microphone_file": str(tone_file(directory / "microphone.wav", HERTZ))}
    with Daemon(directory, audio=sound, recording={"enabled": True, "calls": "none"}, deadlines={"rtp_s": 600}) as door:
        yield door


@pytest.fixture
def far(door):
    """A far end that sends no sound."""
    with Packets(door.far_address, door.far_port) as peer:
        yield peer


def begun(door, call):
    """The recording of the call, with some of its sound on disc: its id, and the file."""
    told = door.next("recording.started", call)["data"]
    assert told["url"] == f"/v1/recordings/{told['recording']}/audio"
    file = Ear(door.directory / "recordings" / f"{told['recording']}.wav")
    until(lambda: file.path.stat().st_size > SOME_BYTES, "some sound on disc", log=door.told)
    return told["recording"], file


def finished(door, call, recording):
    """Its last two events agree with each other, and with its file: the samples."""
    stopped = door.next("recording.stopped", call, recording=recording)["data"]
    available = door.next("recording.available", recording=recording)["data"]
    url = f"/v1/recordings/{recording}/audio"
    assert (stopped["url"], available["url"]) == (url, url)
    assert len(door.get(url)) == available["bytes"] == stopped["bytes"]
    assert stopped["duration_s"] > 0
    assert available["duration_s"] > 0
    return Ear(door.directory / "recordings" / f"{recording}.wav").samples()


def ended(door, far, call):
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@shows(
    *("POST /v1/calls/{id}/recording", "DELETE /v1/calls/{id}/recording"),
    *("error:recording-already-running", "error:recording-not-running", "error:recording-no-media"),
    *("recording.started", "recording.stopped"),
)
def test_a_client_records_parts_of_a_call(door, far):
    call = door.ring()
    invite = far.invited()
    path = f"/v1/calls/{call}/recording"
    for method in ("POST", "DELETE"):
        assert door.ask(method, path)[1]["code"] == "recording-no-media"
        assert door.ask(method, "/v1/calls/c-none/recording")[1]["code"] == "call-not-found"
    far.answer(invite, "200 OK", far.sdp)
    door.talk(call)
    assert door.ask("DELETE", path)[1]["code"] == "recording-not-running"
    assert (door.get(f"/v1/calls/{call}")["recording"], door.of("recording.started")) == (None, [])

    status, answer = door.ask("POST", path)
    assert status == 202
    first, _ = begun(door, call)
    assert answer["call"]["recording"] == first
    assert door.ask("POST", path)[1]["code"] == "recording-already-running"
    status, answer = door.ask("DELETE", path)
    assert (status, answer["call"]["recording"]) == (200, None)
    assert door.ask("DELETE", path)[1]["code"] == "recording-not-running", "its file may not be closed yet"
    samples = finished(door, call, first)
    assert level(samples[-RATE // 2 :], HERTZ) > -3.0, "what the station says is in it"

    # The same at a shell, and this one lasts until the call ends.
    status, said = ctl(door, "record")
    second, _ = begun(door, call)
    assert (status, said) == (0, f"{second}\n")
    assert ctl(door, "record", "start", call)[0] == 1
    assert ctl(door, "record", "stop") == (0, f"{call}\n")
    finished(door, call, second)
    assert door.ask("POST", path)[0] == 202
    third, _ = begun(door, call)
    ended(door, far, call)
    finished(door, call, third)
    assert len({first, second, third}) == 3
    assert door.ask("POST", path)[1]["code"] == "call-wrong-state"


def test_a_recording_of_a_call_has_a_waveform(door, far):
    call = far.rung_by(door)
    door.post(f"/v1/calls/{call}/recording")
    recording, _ = begun(door, call)
    peaks = f"/v1/recordings/{recording}/peaks"
    assert door.ask("GET", peaks)[1]["code"] == "conflict"
    ended(door, far, call)
    samples = finished(door, call, recording)
    shown = until(lambda: (answer := door.ask("GET", peaks))[0] == 200 and answer[1], "it, on a busy machine")
    assert (shown["sample_rate"], len(shown["data"])) == (RATE, 2 * shown["length"])
    assert max(shown["data"]) == int(max(samples)) >> 8 > 0
    assert min(shown["data"]) == int(min(samples)) >> 8 < 0


def test_what_is_heard_before_the_answer_is_recorded(door, far):
    call = door.ring()
    invite = far.invited()
    far.send(far.reply(invite, "183 Session Progress", far.sdp))
    door.wait("call.early_media", call)
    door.post(f"/v1/calls/{call}/recording")
    recording, _ = begun(door, call)
    far.send(far.reply(invite, "486 Busy Here"))
    far.receive("ACK", "ACK")
    door.final(call, kind="call.rejected", code=486)
    finished(door, call, recording)


@shows(
    *(f"POST /v1/recordings/live/{{recording}}/{act}" for act in ("pause", "resume", "stop")),
    *("GET /v1/recordings/live", "GET /v1/recordings/live/{recording}", "DELETE /v1/recordings/live/{recording}"),
    *("recording.paused", "recording.resumed"),
)
def test_a_recording_is_paused_resumed_stopped_and_discarded(door, far):
    call = far.rung_by(door)
    door.post(f"/v1/calls/{call}/recording")
    recording, file = begun(door, call)
    live = f"/v1/recordings/live/{recording}"
    door.post(f"{live}/pause")
    door.next("recording.paused", call, recording=recording)
    assert door.get("/v1/recordings/live")["recordings"] == [door.get(live)]
    assert door.get(live)["paused"] is True
    still(file)
    assert ctl(door, "record", "pause") == (0, f"Recording {recording} is paused already.\n")
    door.post(f"{live}/resume")
    door.next("recording.resumed", call, recording=recording)
    size = file.path.stat().st_size
    until(lambda: file.path.stat().st_size > size + SOME_BYTES, "more sound on disc", log=door.told)
    door.post(f"{live}/stop")
    samples = finished(door, call, recording)
    assert level(samples[-RATE // 4 :], HERTZ) > -3.0
    assert door.ask("POST", f"{live}/stop")[1]["code"] == "recording-not-found"

    door.post(f"/v1/calls/{call}/recording")
    unwanted, file = begun(door, call)
    assert door.ask("DELETE", f"/v1/recordings/live/{unwanted}")[0] == 200
    door.next("recording.stopped", call, recording=unwanted)
    gone = door.next("recording.deleted", recording=unwanted)["data"]
    assert (gone["why"], gone["by"]) == ("request", "http:unix")
    assert not file.path.exists()
    assert door.ask("GET", f"/v1/recordings/{unwanted}")[1]["code"] == "recording-not-found"
    assert ctl(door, "record", "discard")[0] == 1
    ended(door, far, call)


def test_a_recording_is_played_to_the_far_end_of_a_call(door, far):
    call = far.rung_by(door)
    door.post(f"/v1/calls/{call}/recording")
    recording, file = begun(door, call)
    place = f"/v1/calls/{call}/playback"
    assert door.ask("POST", place, {"recording": recording})[1]["code"] == "conflict"
    until(lambda: file.path.stat().st_size > 4 * SOME_BYTES, "two seconds on disc", log=door.told)
    door.ask("DELETE", f"/v1/calls/{call}/recording")
    finished(door, call, recording)
    door.ask("PATCH", f"/v1/calls/{call}", {"muted": True})
    hears(far, [], [HERTZ])
    assert ctl(door, "play", f"recording:{recording}", call)[0] == 0
    hears(far, [HERTZ], [3000])
    door.next("playback.finished", call, sound="recording")
    assert file.path.exists()
    assert door.ask("POST", place, {"recording": "r-never"})[1]["code"] == "recording-not-found"
    ended(door, far, call)


def still(file):
    """No more sound comes, once what was on its way is on disc."""
    sizes = [-2, -1]

    def same():
        sizes.append(file.path.stat().st_size)
        pause(STILL_S)
        return sizes[-1] == sizes[-2] == sizes[-3]

    until(same, "a file that no longer grows")
