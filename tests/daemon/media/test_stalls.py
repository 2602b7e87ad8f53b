"""A sound thread that stood still: what has piled up at the microphone is sent at once, and nothing of it is kept."""

import threading
import time
from statistics import median

import numpy as np
import pytest

from benchmarks.latency import card
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import G711_RATE, from_a_law
from tests.support.peers.voices import PCMA
from tests.support.processes import hold_up
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]

CALLS = 6  # a busy machine makes stalls of its own
STALL_S = 0.4
CHIRPS, EVERY_S, LATEST_S = 5, 0.7, 0.6
PACKET = G711_RATE // 50
KEPT_S = 0.06  # later than before, three packets: what had piled up was kept


class Listener:
    """Each packet of sound, and when it came."""

    def __init__(self, rtp):
        self.rtp, self.came = rtp, {}
        rtp.settimeout(0.2)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _run(self):
        while not self.ended.is_set():
            try:
                data = self.rtp.recv(2048)
            except TimeoutError:
                continue
            if data[1] & 0x7F == PCMA and len(data) == 12 + PACKET:
                self.came[int.from_bytes(data[4:8], "big")] = time.monotonic(), from_a_law(data[12:])

    def delay(self, moments):
        """How many seconds after these chirps the packets with them came, as a median."""
        packets = [packet for _, packet in sorted(self.came.items())]
        times = np.array([at for at, _ in packets])
        heard = card.match(np.concatenate([sound for _, sound in packets]), G711_RATE)
        found = []
        for moment in moments:
            near = np.flatnonzero((times > moment) & (times < moment + LATEST_S))
            begin = near[0] * PACKET
            peak = begin + int(np.argmax(heard[begin : (near[-1] + 1) * PACKET]))
            found.append(times[peak // PACKET] - moment)
        return median(found)


def delays(directory, cards):
    """From the microphone to the far end, before a stall and after it."""
    with (
        Daemon(directory, audio={"capture": "mouth", "playback": "ear"}) as door,
        Packets(door.far_address, to=door.address) as far,
    ):
        call, _ = far.talk_to(door)
        with Listener(far.rtp) as listener:
            found = []
            for stalls in (False, True):
                if stalls:
                    hold_up(STALL_S, door.sip())
                begin = time.monotonic() + EVERY_S
                moments = [begin + EVERY_S * number for number in range(CHIRPS)]
                card.chirp_at(cards, "mouth", moments)
                until(lambda end=moments[-1] + EVERY_S: time.monotonic() > end, "the chirps", log=lambda: listener.came)
                found.append(listener.delay(moments))
        far.hung_up_by(door, call)
    return found


def test_the_far_end_hears_the_microphone_as_soon_after_a_stall_as_before(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.mkdir()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(card.make(cards, ["mouth", "ear"])))
    found = []
    for number in range(CALLS):
        before, after = delays(tmp_path / str(number), cards)
        found.append((round(before, 3), round(after, 3)))
        if after - before < KEPT_S:
            return
    pytest.fail(f"seconds before and after a stall in each call: {found}")
