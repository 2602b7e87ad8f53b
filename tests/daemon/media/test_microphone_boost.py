"""The digital gain of the microphone with real sound: a quiet visitor is louder, a loud one is not clipped."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import until_levels
from tests.support.peers.voices import Voice

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
VISITOR, BOOST_DB = 440, 20.0  # Hz, dB
TONES = VISITOR, 3 * VISITOR  # and what clipping adds to it
DOOR = {"capture": "pulse", "playback": "pulse", "noise_suppression": False, "microphone_boost": BOOST_DB}


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears a tone."""
    with serving(SoundServer, monkeypatch) as made:
        made.hear(VISITOR)
        yield made


def test_a_quiet_visitor_is_louder_and_a_loud_one_is_not_clipped(card, tmp_path):
    card.ask("set-source-volume", "street.monitor", "0.01")  # 40 dB less
    with Daemon(tmp_path / "d", audio=DOOR) as door, Packets(door.far_address, to=door.address) as far:
        _, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted, hertz=0):  # silence, which leaves the canceller nothing to do
            until_levels(far, lambda visitor, harmonic: -29 < visitor < -22 and harmonic < -50, *TONES)
            card.ask("set-source-volume", "street.monitor", "1.0")
            until_levels(far, lambda visitor, harmonic: -4 < visitor < 0 and harmonic < -35, *TONES)
