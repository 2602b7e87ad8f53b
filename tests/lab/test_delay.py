"""How long a sound takes from mouth to ear on a card of the kernel, and what the card takes of that.

The far end sends each packet back at once. So what a station's speaker plays of a sound at its microphone took what one
station takes to send it and another one takes to play it.
"""

import json
import random
import statistics

import numpy as np
import pytest

from benchmarks.latency.card import Played, Stretch, chirp, delays
from tests.lab.station import CARD, PLAIN, Station

RATE, LEVEL = 16000, 0.3
CHIRPS, APART_S = 6, (1.3, 1.4)  # not evenly: the echo canceller learns what comes again after the same time
FAR_SIDE = CARD.replace("DEV=0", "DEV=1")  # snd-aloop: what one side plays, the other one records
RTP = "6000"
SAMPLES, HEARD = "/lab/chirps.raw", "/lab/heard.raw"


@pytest.fixture(scope="module")
def station(guest):
    guest.service("far", "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "5070", "-mi", "127.0.0.1", "-mp", RTP)
    guest.service("mirror", "python3", "/lab/programs/rtp_mirror.py", RTP)
    made = Station(guest)
    made.configure(PLAIN)
    made.restart()
    made.says("^ready$")
    yield made
    guest.check("systemctl", "stop", "far", "mirror")


def heard_after(guest, played, recorded):
    """How much later each chirp on the one PCM is recorded on the other one, in ms."""
    rng, at, offsets = random.Random(1), 0.5, []
    samples = np.zeros(int((CHIRPS + 1) * max(APART_S) * RATE))
    for _ in range(CHIRPS):
        sound = chirp(RATE)
        samples[int(at * RATE) :][: len(sound)] = 32767 * LEVEL * sound
        offsets.append(int(at * RATE) / RATE)
        at += rng.uniform(*APART_S)
    share = guest.directory / "share"
    (share / "chirps.raw").write_bytes(samples.astype("<i2").tobytes())
    began = json.loads(
        guest.check("python3", "/lab/programs/mouth_to_ear.py", played, recorded, SAMPLES, HEARD, timeout_s=120)
    )
    heard = np.frombuffer((share / "heard.raw").read_bytes(), "<i2").astype(float)
    found = delays(Played([Stretch(RATE, began["recorded"], heard)]), [began["played"] + offset for offset in offsets])
    return [each for each in found if each is not None]


def test_each_sound_is_heard_after_a_time_of_which_the_card_takes_a_part(station, counts, measured):
    own = statistics.median(heard_after(station.guest, CARD, FAR_SIDE))
    medians = []
    for _ in range(counts(2, 10)):
        station.dial()
        try:
            found = heard_after(station.guest, FAR_SIDE, FAR_SIDE)
        finally:
            station.hang_up()
        assert len(found) >= CHIRPS // 2, found
        medians.append(statistics.median(found))
    words = f"{statistics.median(medians):.0f} ms, at most {max(medians):.0f}, of which the card takes 2 x {own:.0f}"
    measured("from mouth to ear", words)
