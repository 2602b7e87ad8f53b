"""Steady noise at the microphone, with real sound: 12 dB quieter in a whole call; as it is where the setting is off."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import PACKET_S, Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import until_levels
from tests.support.peers.voices import Voice

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
HUMS, QUIETER_DB = 440, 12.0  # Hz, dB
AS_IT_IS = (-8, -4)  # dB: PulseAudio's tone has half the full amplitude
SUPPRESSED = tuple(bound - QUIETER_DB for bound in AS_IT_IS)
NOTHING_S = 7  # pjsip's canceller rested after 5 s in which nothing was played


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears a steady tone, which is noise."""
    with serving(SoundServer, monkeypatch) as made:
        made.hear(HUMS)
        yield made


@pytest.mark.parametrize(("suppressed", "levels"), [(True, SUPPRESSED), (False, AS_IT_IS)])
def test_steady_noise_is_quieter_unless_it_is_kept(card, suppressed, levels, tmp_path):
    audio = {"capture": "pulse", "playback": "pulse", "noise_suppression": suppressed}
    with Daemon(tmp_path / "d", audio=audio) as door, Packets(door.far_address, to=door.address) as far:
        _, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted, hertz=0):  # silence, which leaves the canceller nothing to do
            until_levels(far, lambda level: levels[0] < level < levels[1], HUMS)


def test_noise_stays_quieter_while_the_far_end_sends_nothing(card, tmp_path):
    audio = {"capture": "pulse", "playback": "pulse", "noise_suppression": True}
    with Daemon(tmp_path / "d", audio=audio) as door, Packets(door.far_address, to=door.address) as far:
        far.talk_to(door)
        until_levels(far, lambda level: SUPPRESSED[0] < level < SUPPRESSED[1], HUMS)
        for _ in range(round(NOTHING_S / PACKET_S)):
            far.rtp.recv(2048)
        until_levels(far, lambda level: level < AS_IT_IS[0] - QUIETER_DB / 2, HUMS)
