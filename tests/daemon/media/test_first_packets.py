"""The first packets of a call are heard, as they often come before the station asks for sound."""

import struct

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import AMPLITUDE, to_a_law
from tests.support.peers.voices import FRAME, FRAME_S, PCMA, SSRC, packet, place
from tests.support.stations import RATE, Ear, tone_file
from tests.support.waiting import paced, until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
CALLS = 6  # a busy machine spoils some
G722, PACKETS, HERTZ = 9, 60, 1000
BEGIN = 8000  # the first packet's time
LOUD, WHOLE = 1000, 0.7  # the root mean square of a sound, and what part of the usual one has no gap
BLOCK = RATE // 50
SETTLED = 15  # packets after which a decoder that missed the first one is right again


def station(directory, **audio):
    recording = {"enabled": True, "channels": "separate"}
    return Daemon(directory, audio={"capture": "null", "playback": "null"} | audio, recording=recording)


def heard(door, call, far):
    """The root mean square of what the far end said, for each 20 ms of the recording."""
    recording = door.wait("recording.started", call)["data"]["recording"]
    ear = Ear(door.directory / "recordings" / f"{recording}.wav", channel=1)
    until(lambda: len(ear.samples()) > RATE, "a second of the recording")
    far.hang_up()
    door.wait("recording.available", recording=recording)
    samples = ear.samples()
    return np.sqrt(np.mean(samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK) ** 2, axis=1))


def test_a_packet_that_comes_with_the_acknowledgement_is_heard(tmp_path):
    """It comes before the station's own sound begins, which threw it away."""
    sound = to_a_law(AMPLITUDE * np.sin(2 * np.pi * np.arange(FRAME) / 8))
    loudest = []
    for number in range(CALLS):
        with station(tmp_path / str(number)) as door, Packets(door.far_address, to=door.address) as far:
            call = far.rings(door)
            accepted = far.accepted(lambda: door.press("answer"))
            far.rtp.sendto(packet(PCMA, 0, BEGIN, SSRC, sound), place(accepted))
            far.send(far.request("ACK"))
            door.talk(call)
            loudest.append(heard(door, call, far).max(initial=0))
        if loudest[-1] > LOUD:
            return
    pytest.fail(f"the loudest of each call: {loudest}")


def spoken(far):
    """What a station says by G.722, packet by packet, from the first on."""
    came = []
    while len(came) < PACKETS:
        data = far.rtp.recv(2048)
        if data[1] & 0x7F == G722:
            came.append((struct.unpack("!H", data[2:4])[0], data[12:]))
    return [payload for _, payload in sorted(came)]


def levels(directory, step):
    """What a station hears of its own words, the first two packets of which come at once. step: of the RTP clock."""
    tone = str(tone_file(directory.with_suffix(".wav"), HERTZ))
    with station(directory, microphone_file=tone) as door, Packets(door.far_address, to=door.address) as far:
        offer = far.invite().decode().replace(" RTP/AVP 8 ", f" RTP/AVP {G722} ")
        call, accepted = far.talk_to(door, offer.encode())
        first, *rest = (packet(G722, n, BEGIN + n * step, SSRC, each) for n, each in enumerate(spoken(far)))
        far.rtp.sendto(first, place(accepted))
        for each, _ in zip(rest, paced(1 / FRAME_S), strict=False):
            far.rtp.sendto(each, place(accepted))
        sound = heard(door, call, far)
    begin = int(np.argmax(sound > LOUD))
    return sound[begin + 1 : begin + PACKETS - 1]  # the blocks that are whole


@pytest.mark.parametrize(("step", "begin"), [(FRAME, 0), (2 * FRAME, SETTLED)], ids=["RFC 3551", "16 kHz"])
def test_g722_is_heard_whole_by_either_clock(tmp_path, step, begin):
    """RFC 3551 §4.5.2 gives G.722 a clock of 8 kHz; some far ends count 16 kHz, and lose their first packet."""
    found = []
    for number in range(CALLS):
        sound = levels(tmp_path / str(number), step)
        found.append(sound.round())
        if len(sound) and (sound[begin:] > WHOLE * np.median(sound)).all():
            return
    pytest.fail(f"the levels of each call: {found}")
