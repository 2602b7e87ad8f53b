"""Opus with in-band FEC (RFC 6716 §2.1.7): a packet repeats the speech of the one before it, in case that is lost."""

import wave
from itertools import pairwise

import numpy as np
import pytest

from appliance.demo.stations import CODE
from tests.support.daemon import Daemon
from tests.support.peers import opus
from tests.support.peers.packets import Packets
from tests.support.peers.voices import packet, place
from tests.support.waiting import paced, until

pytestmark = pytest.mark.realtime

VOICE = CODE / "appliance/demo/sounds/visitor.wav"
PT = 96
EVERY = 5  # this one is lost
HEARD_S = 6
BURSTS, ON, OFF = 40, 5, 10  # frames of sound, and of silence after them
WINDOW_MS, LOUD = 5, 1000
AT_ONCE = 100


def station(directory, **settings):
    return Daemon(directory, recording={"enabled": True}, sip={"codecs": ["opus"]}, **settings)


def offer(far):
    """Opus by a far end that uses in-band FEC."""
    maps = f"a=rtpmap:{PT} opus/48000/2\r\na=fmtp:{PT} useinbandfec=1\r\n"
    return far.request("INVITE", body=far.sdp.replace("AVP 8 101\r\n", f"AVP {PT} 101\r\n{maps}"))


def error(samples, wanted):
    """How much of one is not the other, in dB."""
    return 10 * np.log10(np.sum((samples - wanted) ** 2) / np.sum(wanted**2))


def test_a_far_end_that_loses_packets_has_their_speech_from_the_next_ones_in_wideband(tmp_path):
    audio = {"capture": "null", "microphone_file": str(VOICE)}
    with station(tmp_path, audio=audio) as door, Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door, offer(far))
        far.rtp.settimeout(60)
        came = {}
        while len(came) < HEARD_S * 50:
            data = far.rtp.recv(2000)
            if data[0] >= 0x80 and data[1] & 0x7F == PT:
                came[int.from_bytes(data[2:4])] = data[12:]
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    packets = [each for _, each in sorted(came.items())]
    assert sum(opus.bandwidth(each) == opus.WIDEBAND for each in packets) > 0.9 * len(packets)
    wanted, by_fec, concealed = [], [], []
    with opus.Decoder() as whole, opus.Decoder() as with_fec, opus.Decoder() as without:
        for place_, (now, following) in enumerate(pairwise(packets)):
            lost = place_ % EVERY == EVERY - 1
            frame = whole.decode(now)
            one = with_fec.decode(following, before=True) if lost else with_fec.decode(now)
            other = without.decode(None if lost else now)
            if lost:
                wanted.append(frame), by_fec.append(one), concealed.append(other)
    found, without_it = (error(np.concatenate(each), np.concatenate(wanted)) for each in (by_fec, concealed))
    assert found < -6 < without_it - 3, f"{found:.1f} dB by FEC, {without_it:.1f} dB without"


def heard(door, far, packets):
    """How long each sound is in the station's recording of a call that brings these packets, ms."""
    door.begin()
    call, accepted = far.talk_to(door, offer(far))
    assert "useinbandfec=1" in accepted
    to = place(accepted)
    for number in paced(50, len(packets) / 50):
        if number < len(packets) and number % (ON + OFF):
            far.rtp.sendto(packet(PT, number, number * opus.STEP, 0xFA12, packets[number]), to)
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    name = door.wait("recording.started", call)["data"]["recording"]
    door.wait("recording.available", recording=name)
    with wave.open(str(next(door.directory.rglob(f"{name}.wav"))), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        window = file.getframerate() * WINDOW_MS // 1000
    loud = np.abs(samples[: len(samples) // window * window].reshape(-1, window)).max(axis=1) > LOUD
    edges = np.diff(np.pad(loud.astype(int), 1))  # a sound may last to the end, when its silence came too late
    return (np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)) * WINDOW_MS


def test_speech_in_packets_that_are_lost_on_their_way_to_us_is_heard(tmp_path):
    """The first packet of each sound is lost: without FEC the sound begins 20 ms late."""
    at = np.arange(ON * opus.FRAME) / opus.RATE
    sound = sum(1500 * np.sin(2 * np.pi * hertz * at) for hertz in range(200, 1800, 200))
    signal = np.concatenate([sound, np.zeros(OFF * opus.FRAME)])
    frames = np.tile(signal, BURSTS).reshape(-1, opus.FRAME)
    with station(tmp_path) as door, opus.Encoder() as encoder:
        packets = [encoder.encode(frame) for frame in frames]

        def whole():
            """A busy machine brings packets too late, which are lost with those that repeat them."""
            with Packets(door.far_address, to=door.address) as far:
                lengths = heard(door, far, packets)
            return len(lengths) >= BURSTS * 0.8 and np.median(lengths) >= 20 * ON

        until(whole, "sounds as long as they were sent")


def test_jitter_is_counted_by_the_clock_of_rtp(tmp_path):
    """Frames of 20 ms that come all at once: each is 20 ms earlier than the one before it, by a clock of 48 kHz."""
    with station(tmp_path) as door, opus.Encoder() as encoder:
        frame = encoder.encode(np.zeros(opus.FRAME))
        with Packets(door.far_address, to=door.address) as far:
            call, accepted = far.talk_to(door, offer(far))
            for number in range(AT_ONCE):
                far.rtp.sendto(packet(PT, number, number * opus.STEP, 0xFA12, frame), place(accepted))
            told = until(lambda: (q := door.get(f"/v1/calls/{call}")["quality"]) and q.get("received") and q, "packets")
            assert 10 < told["jitter_ms"] < 30
            far.hang_up()
            door.final(call, kind="call.ended", cause="hangup", by="remote")
