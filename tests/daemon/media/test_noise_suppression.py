"""Steady noise at the microphone, with real sound: 12 dB quieter, and as it is where the setting is off."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import until_levels
from tests.support.peers.voices import Voice

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
HUMS, QUIETER_DB = 440, 12.0  # Hz, dB
AS_IT_IS = (-8, -4)  # dB: PulseAudio's tone has half the full amplitude


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears a steady tone, which is noise."""
    with serving(SoundServer, monkeypatch) as made:
        made.hear(HUMS)
        yield made


@pytest.mark.parametrize(("suppressed", "quieter_db"), [(True, QUIETER_DB), (False, 0.0)])
def test_steady_noise_is_quieter_unless_it_is_kept(card, suppressed, quieter_db, tmp_path):
    audio = {"capture": "pulse", "playback": "pulse", "noise_suppression": suppressed}
    with Daemon(tmp_path / "d", audio=audio) as door, Packets(door.far_address, to=door.address) as far:
        _, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted, hertz=0):  # silence, which leaves the canceller nothing to do
            low, high = (bound - quieter_db for bound in AS_IT_IS)
            until_levels(far, lambda level: low < level < high, HUMS)
