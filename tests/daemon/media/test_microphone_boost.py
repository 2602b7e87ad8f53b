"""The digital gain of the microphone with real sound: a quiet visitor is louder, a loud one is not clipped."""

import time
from collections import deque

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import PATIENCE_S, Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import G711_RATE, from_a_law, levels_of
from tests.support.peers.voices import Voice

pytestmark = pytest.mark.far_end
VISITOR, BOOST_DB = 440, 20.0  # Hz, dB
DOOR = {"capture": "pulse", "playback": "pulse", "noise_suppression": False, "microphone_boost": BOOST_DB}


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears a tone."""
    with serving(SoundServer, monkeypatch) as made:
        made.hear(VISITOR)
        yield made


def heard(far, fits):
    """Wait until the newest half second of RTP has such levels, of the tone and of what clipping adds to it."""
    newest, found = deque(maxlen=G711_RATE // 2), []
    end = time.monotonic() + PATIENCE_S
    far.rtp.settimeout(PATIENCE_S)
    while time.monotonic() < end:
        packet = far.rtp.recv(2048)
        if packet[1] & 0x7F == 8:  # PCMA
            newest.extend(from_a_law(packet[12:]))
        if len(newest) == newest.maxlen:
            found = levels_of(np.array(newest), G711_RATE, VISITOR, 3 * VISITOR)
            if fits(*found):
                return
    pytest.fail(f"tone and its third harmonic: {found} dB")


def test_a_quiet_visitor_is_louder_and_a_loud_one_is_not_clipped(card, tmp_path):
    card.ask("set-source-volume", "street.monitor", "0.01")  # 40 dB less
    with Daemon(tmp_path / "d", audio=DOOR) as door, Packets(door.far_address, to=door.address) as far:
        _, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted, hertz=0):  # silence, which leaves the canceller nothing to do
            heard(far, lambda visitor, harmonic: -29 < visitor < -22 and harmonic < -50)
            card.ask("set-source-volume", "street.monitor", "1.0")
            heard(far, lambda visitor, harmonic: -4 < visitor < 0 and harmonic < -35)
