"""Half duplex with real sound: who is louder is heard, and callers hear no echo from the visitor's speaker."""

import time
from collections import deque

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.pairs import appliances, connect, pair
from tests.support.peers.packets import PATIENCE_S, Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import G711_RATE, from_a_law, levels_of, tone
from tests.support.peers.voices import Voice
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
CALLER, VISITOR = 660, 440  # Hz
FULL_DB, QUIETER_DB = -20.0, -35.0  # of the caller on the speaker: -12 dB, or 30 dB less
GONE_DB = -50.0  # of an echo, or of a quiet visitor, that is 30 dB less than it would be
DOOR = {"capture": "pulse", "playback": "pulse", "noise_suppression": False, "mode": "half_duplex"}


@pytest.fixture
def card(monkeypatch):
    """A card whose microphone hears the visitor, and not its speaker yet."""
    with serving(SoundServer, monkeypatch) as made:
        made.hear(VISITOR)
        yield made


def test_the_louder_side_is_heard(card, tmp_path):
    heard = tmp_path / "heard.raw"
    caller_audio = {"microphone_file": tone(tmp_path / "caller.wav", CALLER)}

    def level():
        samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
        return levels_of(samples, RATE, CALLER)[0] if len(samples) == RATE // 2 else 0.0

    def visitor(volume):
        card.ask("set-source-volume", "street.monitor", volume)

    visitor("0")
    listener = card.listen(heard)
    try:
        with appliances(*pair({"audio": DOOR}, {"audio": caller_audio})) as (door, caller):
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


def louder(card, module, volume):
    """Set how loud a module plays to the street, as a factor."""
    listed = [line.split("\t") for line in card.ask("list", "short", "sink-inputs").splitlines()]
    (number,) = [fields[0] for fields in listed if module in fields[3]]
    card.ask("set-sink-input-volume", number, volume)


def caller_hears(far, fits):
    """Wait until what came by RTP in the newest half second has such levels of visitor and caller."""
    newest, found = deque(maxlen=G711_RATE // 2), []
    end = time.monotonic() + PATIENCE_S
    far.rtp.settimeout(PATIENCE_S)
    while time.monotonic() < end:
        packet = far.rtp.recv(2048)
        if packet[1] & 0x7F == 8:  # PCMA
            newest.extend(from_a_law(packet[12:]))
        if len(newest) == newest.maxlen:
            found = levels_of(np.array(newest), G711_RATE, VISITOR, CALLER)
            if fits(*found):
                return found
    pytest.fail(f"visitor and caller: {found} dB")


def test_while_both_speak_callers_do_not_hear_themselves_and_the_louder_side_is_heard(card, tmp_path):
    heard = tmp_path / "heard.raw"
    card.ask("load-module", "module-loopback", "source=null.monitor", "sink=street", "latency_msec=30")
    until(lambda: "module-loopback" in card.ask("list", "short", "sink-inputs"), "the echo")
    louder(card, "module-loopback", "0.3")  # 10 dB less than the caller on the speaker

    def on_the_speaker():
        samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
        return levels_of(samples, RATE, CALLER)[0] if len(samples) == RATE // 2 else 0.0

    listener = card.listen(heard)
    try:
        with Daemon(tmp_path / "d", audio=DOOR) as door, Packets(door.far_address, to=door.address) as far:
            _, accepted = far.talk_to(door)
            with Voice(far.rtp, accepted, hertz=CALLER):
                for _ in range(2):
                    louder(card, "module-sine", "0.05")
                    until(lambda: FULL_DB < on_the_speaker() < 0, "the caller on the speaker", log=on_the_speaker)
                    caller_hears(far, lambda visitor, echo: visitor < GONE_DB and echo < GONE_DB)
                    louder(card, "module-sine", "1.0")
                    caller_hears(far, lambda visitor, echo: visitor > FULL_DB and echo < GONE_DB)
                    until(lambda: -60 < on_the_speaker() < QUIETER_DB, "the caller, quieter", log=on_the_speaker)
    finally:
        listener.kill()
        listener.wait()
