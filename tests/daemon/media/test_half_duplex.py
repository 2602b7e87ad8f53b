"""Half duplex with real sound: on the visitor's speaker the caller is quieter while the visitor is louder."""

import numpy as np
import pytest

from tests.support.pairs import appliances, connect, pair
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import levels_of, tone
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
CALLER, VISITOR = 660, 440  # Hz
FULL_DB, QUIETER_DB = -20.0, -35.0  # of the caller on the speaker: -12 dB, or 30 dB less


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears the visitor, and not its speaker."""
    with serving(SoundServer, monkeypatch) as made:
        made.ask("load-module", "module-null-sink", "sink_name=street", "rate=48000")
        made.ask("load-module", "module-sine", "sink=street", f"frequency={VISITOR}")
        made.ask("set-default-source", "street.monitor")
        made.ask("set-default-sink", "null")
        yield made


def test_the_louder_side_is_heard(card, tmp_path):
    heard = tmp_path / "heard.raw"
    door_audio = {"capture": "pulse", "playback": "pulse", "noise_suppression": False, "mode": "half_duplex"}
    caller_audio = {"microphone_file": tone(tmp_path / "caller.wav", CALLER)}

    def level():
        samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
        return levels_of(samples, RATE, CALLER)[0] if len(samples) == RATE // 2 else 0.0

    def visitor(volume):
        card.ask("set-source-volume", "street.monitor", volume)

    visitor("0")
    listener = card.listen(heard)
    try:
        with appliances(*pair({"audio": door_audio}, {"audio": caller_audio})) as (door, caller):
            connect(door, caller)
            for volume in ("0", "0.05"):
                visitor(volume)
                until(lambda: FULL_DB < level() < 0, "the caller", log=level)
                visitor("1.0")
                until(lambda: -60 < level() < QUIETER_DB, "the caller, quieter", log=level)
            visitor("0")
            until(lambda: FULL_DB < level() < 0, "the caller again", log=level)
    finally:
        listener.kill()
        listener.wait()
