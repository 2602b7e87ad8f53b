"""Phones that send few packets: long ones (ptime), none while nobody speaks (DTX), and comfort noise (RFC 3389)."""

import wave

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import ABSENT_DB, AMPLITUDE, HEARD_DB, levels_of, to_a_law
from tests.support.peers.voices import PCMA, drained, packet, place
from tests.support.waiting import paced, until

pytestmark = pytest.mark.realtime

RATE = 8000
FIRST_HZ, LAST_HZ = 500, 1500  # of the first four fifths of each packet, and of the last
COMFORT_NOISE = 13
LOUDEST = 0  # dB below full scale, as a comfort noise packet has it
RTP_S = 3.0
CALLS = 4  # a busy machine may hold the packets of some back


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    deadlines = {"rtp_s": RTP_S}
    with Daemon(tmp_path_factory.mktemp("d"), recording={"enabled": True}, deadlines=deadlines) as daemon:
        yield daemon


class Phone:
    """The RTP of a phone, sent to where the station's SDP wants it."""

    def __init__(self, far: Packets, sdp: str) -> None:
        self.rtp, self.to = far.rtp, place(sdp)
        self.sequence, self.time = 7, 0

    def send(self, kind: int, payload: bytes) -> None:
        self.sequence += 1
        self.rtp.sendto(packet(kind, self.sequence, self.time, 0xFA12, payload), self.to)

    def speak(self, packet_ms: int, seconds: float) -> None:
        """Two tones in packets of that length."""
        size = RATE * packet_ms // 1000
        at = np.arange(size)
        hertz = np.where(at < size * 4 // 5, FIRST_HZ, LAST_HZ)
        payload = to_a_law(AMPLITUDE * np.sin(2 * np.pi * hertz * at / RATE))
        for _ in paced(1000 / packet_ms, seconds):
            self.send(PCMA, payload)
            self.time += size

    def pause(self, seconds: float, every_s: float) -> None:
        """Comfort noise of the greatest level, so many seconds apart, and nothing else."""
        for _ in paced(1 / every_s, seconds):
            self.send(COMFORT_NOISE, bytes([LOUDEST]))
            self.time += int(RATE * every_s)


def offer(far, *lines, formats="8 101"):
    added = "".join(f"{line}\r\n" for line in lines) + "a=sendrecv\r\n"
    return far.sdp.replace("AVP 8 101", f"AVP {formats}").replace("a=sendrecv\r\n", added)


def hung_up(door, far, call):
    """The far end ends the call; what its recording has."""
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    return recorded(door, call)


def recorded(door, call):
    """The samples of its recording, and their rate."""
    name = door.wait("recording.started", call)["data"]["recording"]
    done = door.wait("recording.available", recording=name)["data"]
    with wave.open(str(next(door.directory.rglob(f"{done['recording']}.wav"))), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        return data.reshape(-1, file.getnchannels()).sum(axis=1), file.getframerate()


def lengths(far):
    """The lengths of the packets of sound that the station has sent so far, in milliseconds."""
    return {(len(each) - 12) * 1000 // RATE for each in drained(far.rtp) if each[1] & 0x7F == PCMA}


@pytest.mark.parametrize("packet_ms", [60, 100, 120, 200])
def test_packets_of_that_length_are_heard_to_their_ends(door, packet_ms):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door, far.request("INVITE", body=offer(far, f"a=ptime:{packet_ms}")))
        Phone(far, accepted).speak(packet_ms, 6)
        samples, rate = hung_up(door, far, call)
    first, last = levels_of(samples, rate, FIRST_HZ, LAST_HZ)
    assert first > HEARD_DB
    assert last > first - 18, f"{first - last:.1f} dB quieter, a quarter as long"  # of 12 dB, and edges


@pytest.mark.parametrize(
    ("lines", "sent_ms"),
    [
        (["a=ptime:60"], 60),
        (["a=ptime:100"], 100),
        (["a=ptime:200"], 120),
        (["a=ptime:4294967295"], 120),
        (["a=ptime:100", "a=maxptime:40"], 40),
        (["a=maxptime:10"], 10),
        (["a=maxptime:0"], 20),
        (["a=ptime:0"], 20),
    ],
)
def test_a_far_end_gets_packets_as_long_as_it_wants_within_reason(door, lines, sent_ms):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door, far.request("INVITE", body=offer(far, *lines)))
        assert until(lambda: lengths(far), "sound") == {sent_ms}
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_comfort_noise_keeps_a_call_and_is_not_played(door):
    """It comes for longer than packets may stop."""
    for _ in range(CALLS):
        door.begin()
        with Packets(door.far_address, to=door.address) as far:
            call, accepted = far.talk_to(door, far.request("INVITE", body=offer(far, formats="8 13 101")))
            assert "AVP 8 101\r\n" in accepted, "who is not offered comfort noise should send none"
            phone = Phone(far, accepted)
            phone.speak(20, 1)
            phone.pause(RTP_S + 6, every_s=1.5)
            phone.speak(20, 1)
            assert not door.of("call.ended")
            assert door.get(f"/v1/calls/{call}")["quality"]["lost"] == 0
            samples, rate = hung_up(door, far, call)
        if not door.of("media.stopped"):
            break
    assert not door.of("media.stopped")
    loud = [levels_of(part, rate, FIRST_HZ)[0] for part in np.array_split(samples, len(samples) // rate * 2)]
    spoken = np.flatnonzero(np.array(loud) > HEARD_DB)
    assert np.diff(spoken).max() > RTP_S * 2, f"before the pause and after it: {loud}"
    between = samples[int(len(samples) * 0.3) : int(len(samples) * 0.7)]
    assert 20 * np.log10(max(np.sqrt(np.mean(between**2)), 1e-3) / 32768) < ABSENT_DB


def test_a_phone_that_sends_nothing_at_all_while_nobody_speaks_counts_as_gone(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        Phone(far, accepted).speak(20, 1)
        door.wait("media.stopped", call)
        door.final(call, kind="call.ended", cause="rtp_timeout", by="local")
