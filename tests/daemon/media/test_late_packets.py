"""Packets that are late: the first is a gap, and the jitter buffer keeps what it held up: later ones are none."""

import threading
import wave

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import G711_RATE, to_a_law
from tests.support.peers.voices import FRAME, FRAME_S, PCMA, Voice, packet
from tests.support.waiting import paced, pause

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
LATE, EVERY, LATE_S = 8, 150, 0.025  # packets that are late, one in so many, and by how much
CALLS = 6
NEAR = 4  # packets after a late one, in which its gap is heard
AMPLITUDE = 4000


class Late(Voice):
    """A voice like noise, of which no part resembles another, with packets that are late."""

    def __init__(self, far, accepted):
        super().__init__(far.rtp, accepted)
        self.said = np.random.default_rng(1).normal(0, AMPLITUDE, FRAME * EVERY * (LATE + 1))
        self._tone, self.time, self.all_said = to_a_law(self.said), 0, threading.Event()

    def _run(self):
        for number in paced(1 / FRAME_S):
            if number == EVERY * (LATE + 1):
                break
            if number % EVERY == EVERY - 1:
                pause(LATE_S)
            self.send(PCMA, self._tone[self.time : self.time + FRAME])
            self.time += FRAME
        self.all_said.set()


def jumps(said, heard):
    """The packets of `said` at which `heard` goes on elsewhere: a gap was filled, or a part is left out."""
    heard = heard / np.std(heard)
    near = int(np.argmax(np.correlate(heard[: 4 * G711_RATE], said[: 4 * FRAME])))
    places = {}
    for number, begin in enumerate(range(0, len(said) - FRAME, FRAME)):
        low = max(near + begin - 2 * FRAME, 0)
        part = heard[low : near + begin + 4 * FRAME]
        if len(part) < 2 * FRAME:
            break
        match = np.correlate(part, said[begin : begin + FRAME])
        if match.max() > 0.5 * FRAME * np.std(said):
            places[number] = near = low + int(np.argmax(match)) - begin
    far = np.abs(np.diff([*places.values()])) > G711_RATE // 500
    return {number for number, jumped in zip([*places][1:], far, strict=True) if jumped}


def recorded(file):
    """What the station recorded, as 8 kHz."""
    with wave.open(str(file)) as sound:
        assert sound.getnchannels() == 2
        step = sound.getframerate() // G711_RATE
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[1::2].astype(float)
    spectrum = np.fft.rfft(samples)
    return np.fft.irfft(spectrum[: len(spectrum) // step], len(samples) // step)


def gaps(directory):
    """The late packets of a call that are gaps in what the station recorded."""
    settings = {"recording": {"enabled": True, "channels": "separate"}}
    with Daemon(directory, audio={"capture": "null", "playback": "null"}, **settings) as door:
        with Packets(door.far_address, to=door.address) as far:
            call, accepted = far.talk_to(door)
            recording = door.wait("recording.started", call)["data"]["recording"]
            with Late(far, accepted) as voice:
                assert voice.all_said.wait(120)
            far.hang_up()
            door.wait("recording.available", recording=recording)
            found = jumps(voice.said, recorded(door.directory / "recordings" / f"{recording}.wav"))
    return [number for number in range(EVERY - 1, EVERY * LATE, EVERY) if found & {*range(number - 1, number + NEAR)}]


def test_a_packet_that_is_late_again_costs_no_gap(tmp_path):
    """Without the reserve all are gaps, in each call. A busy machine makes gaps of its own, so there are more calls."""
    calls = []
    for number in range(CALLS):
        calls.append(gaps(tmp_path / str(number)))
        if len(calls[-1]) < LATE - 1:
            return
    pytest.fail(f"the gaps of each call: {calls}")


TOGETHER_S, EVEN_S = 3.0, 1.0  # of calls; a busy machine leaves a second of even packets more often than three
FOUR_MS = 60.0
ONE_PACKET_MS = 38.0  # 20 of the packet, and what a busy machine adds; two packets are 40
TOGETHER = 4


class Together(Voice):
    """A voice whose packets come four at a time, as through a network that holds them up."""

    def __init__(self, *given):
        super().__init__(*given)
        self._held = []

    def send(self, kind, payload, *, marker=False):
        self.sequence += 1
        self._held.append(packet(kind, self.sequence, self.time, self.ssrc, payload))
        if len(self._held) == TOGETHER:
            for each in self._held:
                self.socket.sendto(each, self.to)
            self._held.clear()


def buffered(door, kind, seconds):
    """How many ms packets waited in the jitter buffer, as a mean of a call's first seconds."""
    door.begin()
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with kind(far.rtp, accepted):
            pause(seconds)
        far.hang_up()
        door.final(call, kind="call.ended")
    return door.wait("media.statistics", call, final=True)["data"]["buffer_ms"]


def test_the_jitter_buffer_begins_with_one_packet_and_follows_what_packets_need(tmp_path):
    """More calls for a busy machine, on which packets of an even stream are late, too."""
    with Daemon(tmp_path / "d", audio={"capture": "null", "playback": "null"}) as door:
        assert buffered(door, Together, TOGETHER_S) > FOUR_MS
        found = []
        while len(found) < 8 * CALLS and min(found, default=FOUR_MS) > ONE_PACKET_MS:
            found.append(buffered(door, Voice, EVEN_S))
    assert min(found) <= ONE_PACKET_MS, found
