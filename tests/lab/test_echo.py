"""The echo canceller on a card of the kernel whose microphone hears its speaker as loud as it plays."""

import wave

import numpy as np
import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import GuestError
from tests.lab.station import CARD, Station
from tests.support.waiting import until

RATE, SECONDS, LEVEL = 8000, 150, 0.1
SPEECH_DB = -40.0  # of full scale; the far end is louder
GONE_DB = 15.0  # a cancelled echo is that much quieter than what the far end says
WINDOW_S, LEARNS_S, TRIES = 2, 40.0, 6
MICROPHONE = CARD.replace("DEV=0", "DEV=1")  # snd-aloop records there what its first device plays
THREAD = "alsasound"
STALLS_S = (0.05, 0.12)


CONFIG = f"""
[audio]
capture = "{MICROPHONE}"
playback = "{CARD}"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""


def syllables():
    """Noise that comes and goes four times a second, as in speech; two equal channels."""
    noise = np.random.default_rng(1).standard_normal(RATE * SECONDS)
    swing = np.sin(4 * np.pi * np.arange(len(noise)) / RATE) ** 2
    mono = np.clip(32767 * LEVEL * noise * swing, -32768, 32767).astype("<i2")
    return np.repeat(mono, 2)


@pytest.fixture(scope="module")
def station(guest):
    with wave.open(str(guest.directory / "share/said.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(syllables().tobytes())
    guest.check("cp", "/lab/said.wav", "/root")
    FarEnd(guest, plays="/root/said.wav")
    made = Station(guest)
    made.configure(CONFIG)
    made.restart()
    made.says("^ready$")
    return made


def levels(guest, after=0):
    """What the far end has said and heard in the last seconds, in dB of full scale; how many samples it has heard.

    after: how many samples to leave out. Raises GuestError while there are too few.
    """
    found, heard = [], 0
    for way in ("enc", "dec"):
        guest.shell(f"cp $(ls -t /root/far-kitchen/dump-*-{way}.wav | head -n 1) /lab/{way}.wav")
        content = (guest.directory / f"share/{way}.wav").read_bytes()
        rate = int.from_bytes(content[24:28], "little")
        samples = np.frombuffer(content[44 : len(content) // 2 * 2], "<i2")
        newest = samples[-WINDOW_S * rate :].astype(float)
        if way == "dec":
            heard = len(samples)
            newest = newest if heard - after >= len(newest) else newest[:0]
        if len(newest) < WINDOW_S * rate:
            raise GuestError(f"{way}: {len(newest)} samples")
        found.append(10 * np.log10(np.mean(newest**2) / 32768**2 + 1e-12))
    return *found, heard


def cancelled(guest, after=0):
    """Wait until the echo is gone for a whole window: by how many dB, and how many samples were heard until then."""
    seen = []

    def gone():
        try:
            said, heard, count = levels(guest, after)
        except GuestError:
            return None
        seen.append((round(said), round(heard)))
        return (said - heard, count) if said > SPEECH_DB and heard < said - GONE_DB else None

    return until(gone, "the echo is gone", LEARNS_S, log=lambda: f"said and heard, in dB: {seen}", every=0.3)


def test_an_echo_stays_away_after_the_sound_thread_stood_still(station, measured):
    """The caller is loud in the microphone (the self-test says so), and yet hears nothing of it, also after a stall.

    A busy host makes stalls of its own, so there is another call where one of these spoils the first.
    """
    guest = station.guest
    guest.wait_for(lambda: '"loud_echo"' in guest.run("intercomctl", "--json", "audio", "test").stdout, "a loud echo")
    for attempt in range(TRIES):
        station.dial()
        begin = station.cursor()
        try:
            before, count = cancelled(guest)
            for stall in STALLS_S:
                guest.check("python3", "/lab/programs/thread_hold.py", str(station.sip()), THREAD, str(stall))
                _, _, count = levels(guest)
                after, _ = cancelled(guest, count)
                words = f"{after:.0f} dB quieter ({before:.0f} before)"
                # snd-aloop may end a capture whose other end stops; the far end would hear nothing meanwhile
                assert not station.events("audio.failed", begin)
                measured(f"echo after a stall of {1000 * stall:.0f} ms", words)
            return
        except AssertionError:
            if attempt == TRIES - 1:
                raise
        finally:
            station.hang_up()
