"""What is said right after an answer is heard, also where the answer came within the ringing tone."""

import time

import numpy as np
import pytest

from benchmarks.latency import card
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import G711_RATE, from_a_law
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime, pytest.mark.long(60)]

CALLS = 6  # a busy machine answers after the tone, or lets a packet be late
TONE_S = 0.3  # so long it has been played when the answer comes; it lasts a second
CHIRPS, EVERY_S = 40, 0.05
PACKETS = 50  # a second of sound
LOUD = 0.5  # of the usual chirp
LATEST_MS = 150  # behind the first packet; it was 300 to 350 where the tone was taken for an echo


def rings_aloud(directory):
    """Whether the tone has been heard for a while."""
    stretches = card.read(directory / "ear.played").stretches
    return bool(stretches) and np.count_nonzero(np.abs(stretches[-1].samples) > 100) > TONE_S * stretches[-1].rate


def said(far):
    """The first second of what the station sends."""
    packets = {}
    while len(packets) < PACKETS:
        data = far.rtp.recv(2048)
        if data[1] & 0x7F == 8:
            packets[data[2:4]] = data[12:]
    return from_a_law(b"".join(packets.values()))


def first_chirp_ms(door, far, directory):
    """Answer a ring; return after how many ms of the call the far end hears a chirp as loud as the later chirps."""
    card.chirp_at(directory, "mouth", [])
    call = door.ring()
    invite = far.invited()
    far.send(far.reply(invite, "180 Ringing"))
    until(lambda: rings_aloud(directory), "the ringing tone")
    begin = time.monotonic()
    card.chirp_at(directory, "mouth", [begin + EVERY_S * number for number in range(CHIRPS)])
    far.answer(invite, "200 OK", far.sdp)
    samples = said(far)
    door.talk(call)
    far.hung_up_by(door, call)
    envelope = card.match(samples, G711_RATE)
    return 1000 * int(np.argmax(envelope > LOUD * envelope.max())) / G711_RATE


def test_what_is_said_after_an_answer_within_the_ringing_tone_is_heard_at_once(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.mkdir()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(card.make(cards, ["mouth", "ear"])))
    found = []
    for number in range(CALLS):
        audio = {"capture": "mouth", "playback": "ear"}
        with (
            Daemon(tmp_path / str(number), audio=audio) as door,
            Packets(door.far_address, door.far_port, door.address) as far,
        ):
            found.append(round(first_chirp_ms(door, far, cards)))
        if found[-1] < LATEST_MS:
            return
    pytest.fail(f"ms until the first chirp of each call: {found}")
