import asyncio
import math
import os
import signal
import subprocess
import time
import wave
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from appliance import demo
from tests.daemon.transfers.test_transfers import ctl, newest_call
from tests.support.daemon import Daemon, loopback
from tests.support.pairs import appliances, connect, pair
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.shown import shows
from tests.support.stations import RATE, Ear, tone_file
from tests.support.waiting import PATIENCE_S, until_async

OURS, THEIRS = 440, 1000
AS_PLAYED, ABSENT = (-1.0, 1.0), (-200.0, -50.0)  # dB against what is played
APART = (-200.0, -30.0)  # the other voice: a codec makes some noise
SILENCES, TURN = 3, RATE // 50
VOICE = Path(demo.__file__).parent / "sounds" / "resident.wav"
LOUD_DB, CANCELLED_DB = -50.0, 20.0  # an echo that counts; how much quieter it must come back
SINKS = ("street", "room")
DESK = """pcm.desk {
  type asym
  playback.pcm { type pulse device room }
  capture.pcm { type pulse device street.monitor }
  hint { show on description desk }
}
"""  # speaker in the room, microphone in the street
HALL = """pcm.hall {
  type asym
  playback.pcm { type pulse device room }
  capture.pcm { type pulse device hall.monitor }
  hint { show on description hall }
}
"""  # the microphone picks up what the room's speaker plays, 60 ms later
PCM = """pcm.{sink} {{
  type asym
  playback.pcm {{ type pulse device {sink} }}
  capture.pcm {{ type pulse device {sink}.monitor }}
  hint {{ show on description {sink} }}
}}
"""


def speaking(tmp_path, playbacks=("null", "null")):
    """Both stations: the front door says 440 Hz, the kitchen 1,000."""
    voices = [str(tone_file(tmp_path / f"{hertz}.wav", hertz)) for hertz in (OURS, THEIRS)]
    sounds = [
        {"audio": {"microphone_file": voice, "capture": "null", "playback": playback}}
        for voice, playback in zip(voices, playbacks, strict=True)
    ]
    return pair(*sounds)


def each_is_heard_unless_muted_or_held(front, kitchen, ours, at_front, at_kitchen):
    """From the far end's ears: 440 Hz of the front door, 1,000 Hz of the kitchen."""

    def heard(own, far):
        asyncio.run(at_kitchen.hears(OURS, *own))
        asyncio.run(at_front.hears(THEIRS, *far))

    heard(AS_PLAYED, AS_PLAYED)
    mute(front, ours, muted=True)
    heard(ABSENT, AS_PLAYED)
    mute(front, ours, muted=False)
    heard(AS_PLAYED, AS_PLAYED)
    kitchen.press("hold")
    front.next("call.held", by="remote")
    heard(ABSENT, ABSENT)
    kitchen.press("hold")
    front.next("call.resumed", by="remote")
    heard(AS_PLAYED, AS_PLAYED)


@pytest.fixture(scope="module")
def couple(tmp_path_factory):
    """Both stations, each with its voice."""
    with appliances(*speaking(tmp_path_factory.mktemp("voices"))) as both:
        yield both


def mute(station, call, *, muted):
    status, answer = station.ask("PATCH", f"/v1/calls/{call}", {"muted": muted})
    assert status == 200, answer


def test_each_station_is_heard_at_the_other_at_its_level_and_not_while_muted_or_held(couple):
    front, kitchen = couple
    ours, theirs = connect(front, kitchen)
    ears = []
    for station, call in ((front, ours), (kitchen, theirs)):
        started = station.next("recording.started", call=call)
        ears.append(Ear(station.directory / "recordings" / f"{started['data']['recording']}.wav"))
    each_is_heard_unless_muted_or_held(front, kitchen, ours, *ears)
    kitchen.press("hangup")
    for station, by in ((front, "remote"), (kitchen, "local")):
        station.next("call.ended", cause="hangup", by=by)
        available = station.next("recording.available")
        assert available["data"]["duration_s"] > 1
        audio = station.get(available["data"]["url"])
        assert (audio[:4], len(audio)) == (b"RIFF", available["data"]["bytes"])


@shows(
    *("POST /v1/recordings/live/{recording}/mute", "POST /v1/recordings/live/{recording}/unmute"),
    *("recording.muted", "recording.unmuted"),
)
def test_the_sides_of_a_recording_stay_together_through_hold_and_mute(couple):
    front, kitchen = couple
    ours, _ = connect(front, kitchen)
    front.next("recording.started", ours, channels="mixed")
    assert front.ask("DELETE", f"/v1/calls/{ours}/recording")[0] == 200
    front.post(f"/v1/calls/{ours}/recording", {"channels": "separate"})
    recording = front.next("recording.started", ours, channels="separate")["data"]["recording"]
    path = front.directory / "recordings" / f"{recording}.wav"
    sides = [Ear(path, channel=channel) for channel in (0, 1)]

    def heard(own, far, *, hertz=(OURS, THEIRS)):
        hear(sides, own, far, hertz)

    heard(AS_PLAYED, AS_PLAYED)
    heard(APART, APART, hertz=(THEIRS, OURS))
    mute(front, ours, muted=True)
    heard(ABSENT, AS_PLAYED)
    mute(front, ours, muted=False)
    kitchen.press("hold")
    front.next("call.held", ours, by="remote")
    heard(ABSENT, ABSENT)
    kitchen.press("hold")
    front.next("call.resumed", ours, by="remote")
    heard(AS_PLAYED, AS_PLAYED)

    live, silences = f"/v1/recordings/live/{recording}", silenced(front, recording, sides)
    front.post(f"{live}/mute", {"side": "remote"})
    assert front.get(live)["muted"] == ["remote"]
    heard(AS_PLAYED, ABSENT)
    assert ctl(front, "record", "unmute", "--side", "remote")[0] == 0
    heard(AS_PLAYED, AS_PLAYED)
    kitchen.press("hangup")
    front.next("recording.available", recording=recording)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
    they_are_together(silences, sides)


def test_the_sides_of_a_recording_stay_together_when_the_card_is_lost_and_comes_back(speakers, tmp_path):
    with appliances(*speaking(tmp_path, ("street", "null"))) as (front, kitchen):
        ours, _ = connect(front, kitchen)
        assert front.ask("DELETE", f"/v1/calls/{ours}/recording")[0] == 200
        front.post(f"/v1/calls/{ours}/recording", {"channels": "separate"})
        recording = front.next("recording.started", ours, channels="separate")["data"]["recording"]
        sides = [Ear(front.directory / "recordings" / f"{recording}.wav", channel=channel) for channel in (0, 1)]
        hear(sides, AS_PLAYED, AS_PLAYED)
        speakers.kill()
        front.next("audio.failed")
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences = silenced(front, recording, sides)
        speakers.start()
        front.next("audio.recovered")
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences += silenced(front, recording, sides)
        kitchen.press("hangup")
        front.next("recording.available", recording=recording)
        they_are_together(silences, sides)


@pytest.fixture
def three(tmp_path):
    """The first calls the second, which says 440 Hz and records, and passes it on to the last. They say 1,000 Hz."""
    own, far = ({"microphone_file": str(tone_file(tmp_path / f"{hertz}.wav", hertz))} for hertz in (OURS, THEIRS))
    apart = {"address": loopback(), "callers": "anyone", "transfer_policy": "follow"}
    with (
        Daemon(tmp_path / "1", audio=far) as one,
        Daemon(tmp_path / "2", sip=apart, audio=own, recording={"enabled": True, "channels": "separate"}) as two,
        Daemon(tmp_path / "3", sip={**apart, "address": loopback()}, audio=far) as last,
    ):
        yield one, two, last


def test_the_sides_of_recordings_stay_together_through_transfers(three):
    """The first transfer is refused, and the call goes on; the second makes a new call, with a recording of its own."""
    one, two, last = three
    first = one.post("/v1/calls", {"to": f"sip:{two.user}@{two.address}"})["id"]
    at_two, to = two.rung(), f"sip:{last.user}@{last.address}"
    two.press("answer")
    one.talk(first)
    two.talk(at_two)
    with recorded(two, at_two) as (recording, sides, silences):
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences.extend(silenced(two, recording, sides))
        one.post(f"/v1/calls/{first}/transfer", {"to": to})
        last.post(f"/v1/calls/{last.rung()}/reject")
        one.wait("call.transfer_failed", first, role="transferor")
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences.extend(silenced(two, recording, sides))
        last.begin()
        one.post(f"/v1/calls/{first}/transfer", {"to": to})
        at_last = last.rung()
        last.press("answer")
        last.talk(at_last)
        two.final(at_two, kind="call.ended", cause="transferred", by="remote")
    new = two.talk(newest_call(two, 2))
    with recorded(two, new) as (recording, sides, silences):
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences.extend(silenced(two, recording, sides))
        last.press("hangup")


def test_the_sides_of_recordings_stay_together_through_a_transfer_with_consultation(three):
    """The first calls the last one before it passes the second on: a hold in the old recording, then a new one."""
    one, two, last = three
    first = one.post("/v1/calls", {"to": f"sip:{two.user}@{two.address}"})["id"]
    at_two = two.rung()
    two.press("answer")
    one.talk(first)
    two.talk(at_two)
    with recorded(two, at_two) as (recording, sides, silences):
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences.extend(silenced(two, recording, sides))
        second = one.post("/v1/calls", {"to": f"sip:{last.user}@{last.address}"})["id"]
        last.rung()
        last.press("answer")
        one.talk(second)
        two.wait("call.held", at_two, by="remote")
        one.post(f"/v1/calls/{first}/transfer", {"call": second})
        two.final(at_two, kind="call.ended", cause="transferred", by="remote")
    new = two.talk(newest_call(two, 1))
    with recorded(two, new) as (recording, sides, silences):
        hear(sides, AS_PLAYED, AS_PLAYED)
        silences.extend(silenced(two, recording, sides))
        last.press("hangup")


@contextmanager
def recorded(station, call):
    """The recording of a call that ends in the block: its id, both its sides, and samples in silences, to be filled."""
    recording, silences = station.next("recording.started", call, channels="separate")["data"]["recording"], []
    sides = [Ear(station.directory / "recordings" / f"{recording}.wav", channel=channel) for channel in (0, 1)]
    yield recording, sides, silences
    station.next("recording.available", recording=recording)
    they_are_together(silences, sides)


def hear(sides, own, far, hertz=(OURS, THEIRS)):
    """Both sides of a recording have their voices, from now on."""
    left, right = sides

    async def both():
        await asyncio.gather(left.hears(hertz[0], *own), right.hears(hertz[1], *far))

    asyncio.run(both())


def silenced(station, recording, sides):
    """Mute both sides for a moment, some times; a sample of each silence."""
    live, silences = f"/v1/recordings/live/{recording}", []
    for _ in range(SILENCES):
        station.post(f"{live}/mute")
        station.next("recording.muted", muted=["local", "remote"])
        hear(sides, ABSENT, ABSENT)
        silences.append(len(sides[0].samples()) - RATE // 4)
        station.post(f"{live}/unmute")
        station.next("recording.unmuted", muted=[])
        hear(sides, AS_PLAYED, AS_PLAYED)
    return silences


def they_are_together(silences, sides):
    """Both sides fall silent by two orders to the bridge, which it may take in two of its turns, of 20 ms."""
    apart = sorted(distance for silence in silences for distance in distances(silence, *sides))
    assert apart[len(apart) // 2] <= TURN, f"samples between the edges of silences: {apart}"


def distances(silence, left, right):
    """Samples between the begins of a silence on both sides, and between its ends."""
    edges = []
    for side in (left, right):
        samples = side.samples()
        assert not samples[silence]
        loud = np.flatnonzero(samples)
        edges.append((loud[loud < silence].max(), loud[loud > silence].min()))
    (begin, end), (other_begin, other_end) = edges
    return abs(begin - other_begin), abs(end - other_end)


class Speakers(SoundServer):
    """A sound server with a null sink for each station's speaker, and an ALSA PCM that plays to it."""

    def start(self):
        super().start()
        for sink in SINKS:
            self.ask("load-module", "module-null-sink", f"sink_name={sink}", "rate=48000")
        self.alsa = self.directory / "alsa.conf"
        self.alsa.write_text(
            f"</usr/share/alsa/alsa.conf>\n{DESK}{HALL}" + "".join(PCM.format(sink=sink) for sink in SINKS)
        )

    def echo(self):
        """From now on the microphone in the hall picks up the speaker in the room."""
        self.ask("load-module", "module-null-sink", "sink_name=hall", "rate=48000")
        self.ask("load-module", "module-loopback", "source=room.monitor", "sink=hall", "latency_msec=60")

    def play(self, sink, path: Path):
        """Play that file there again and again, until the whole group is killed."""
        again = ["sh", "-c", 'while paplay -d "$0" "$1"; do :; done', sink, str(path)]
        return subprocess.Popen(again, env=self.environment, start_new_session=True)

    def hear(self, sink, path: Path):
        """Write what that speaker plays into a file, as samples without a header."""
        argv = ["parec", "-d", f"{sink}.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le"]
        with path.open("wb") as file:
            return subprocess.Popen([*argv, "--latency-msec=50"], env=self.environment, stdout=file)


@pytest.fixture
def speakers(monkeypatch):
    with serving(Speakers, monkeypatch) as made:
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(made.alsa))
        yield made


def test_the_same_on_real_alsa_pcms(speakers, tmp_path):
    listeners = [speakers.hear(sink, tmp_path / f"{sink}.raw") for sink in SINKS]
    ears = [Ear(tmp_path / f"{sink}.raw", header=0) for sink in SINKS]
    try:
        with appliances(*speaking(tmp_path, SINKS)) as (front, kitchen):
            ours, _theirs = connect(front, kitchen)
            each_is_heard_unless_muted_or_held(front, kitchen, ours, *ears)
            assert not front.ever("audio.failed") + kitchen.ever("audio.failed")
    finally:
        for listener in listeners:
            listener.kill()
            listener.wait()


def test_a_real_microphone_is_heard_while_the_far_end_speaks(speakers, tmp_path):
    desk, kitchen = speaking(tmp_path)
    # A steady tone counts as noise.
    desk["audio"] = {"capture": "desk", "playback": "desk", "noise_suppression": False}
    ear = Ear(tmp_path / "room.raw", header=0)
    listener = speakers.hear("room", tmp_path / "room.raw")
    visitor = speakers.play("street", tone_file(tmp_path / "visitor.wav", OURS))
    try:
        with appliances(desk, kitchen) as (front, kitchen):
            _ours, theirs = connect(front, kitchen)
            recording = kitchen.next("recording.started", call=theirs)["data"]["recording"]
            told = Ear(kitchen.directory / "recordings" / f"{recording}.wav")
            asyncio.run(told.hears(OURS, *AS_PLAYED))
            asyncio.run(ear.hears(THEIRS, *AS_PLAYED))
            assert not front.ever("audio.failed") + front.ever("appliance.degraded")
    finally:
        os.killpg(visitor.pid, signal.SIGKILL)
        for process in (visitor, listener):
            process.kill()
            process.wait()


async def loudness(*ears):
    """Of the next three seconds at each, in dB against a full wave."""
    since = [len(ear.samples()) for ear in ears]
    for ear, begin in zip(ears, since, strict=True):
        await until_async(lambda: len(ear.samples()) > begin + 3 * RATE, f"{ear.path} to grow")  # noqa: B023 - awaited here
    heard = [ear.samples()[begin:] for ear, begin in zip(ears, since, strict=True)]
    return [20 * math.log10(np.sqrt(np.mean(samples**2)) / 32768 + 1e-9) for samples in heard]


@pytest.mark.long(60)
@pytest.mark.realtime
@pytest.mark.parametrize("canceller", ["strong", "open"])
def test_who_calls_does_not_hear_itself_from_the_speaker_at_the_door(canceller, speakers, tmp_path):
    """The caller speaks; the door's microphone picks it up from the speaker, and hardly anything comes back."""
    speakers.echo()
    audio = {"capture": "hall", "playback": "hall", "echo_canceller": canceller}
    voice = {"microphone_file": str(VOICE), "capture": "null", "playback": "street"}
    ears = {sink: Ear(tmp_path / f"{sink}.raw", header=0) for sink in ("hall", "street")}
    listeners = [speakers.hear(sink, ear.path) for sink, ear in ears.items()]
    try:
        with appliances(*pair({"audio": audio}, {"audio": voice})) as (front, kitchen):
            connect(front, kitchen)
            end = time.monotonic() + PATIENCE_S
            echo = back = -math.inf
            while echo < LOUD_DB or back > echo - CANCELLED_DB:  # until the canceller has learnt the room
                assert time.monotonic() < end, f"echo of {echo:.0f} dB at the microphone, {back:.0f} dB at the caller"
                echo, back = asyncio.run(loudness(*ears.values()))
            assert not front.ever("audio.failed")
    finally:
        for listener in listeners:
            listener.kill()
            listener.wait()
