"""A card that cannot do the rate of calls, as most USB sticks: snd-aloop, whose other ends run at 48 kHz."""

import wave

import numpy as np
import pytest

from tests.lab.far import FarEnd
from tests.lab.station import CARD, Station

CARD_RATE, CALLS, SECONDS, LEVEL = 48000, 16000, 120, 0.2
OTHER_END = CARD.replace("plughw", "hw").replace("DEV=0", "DEV=1")
CONFIG = f"""
[station]
name = "Front door"

[audio]
capture = "{CARD}"
playback = "{CARD}"
sounds = "/srv/sounds"
noise_suppression = false

[recording]
enabled = true
calls = "none"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""
GONE_DB = -40.0  # of what is to be heard; without a filter -3
NEEDED_S = 4


def tones(path, rate, channels, *hertz):
    """Write a file of these tones, in each channel."""
    times = np.arange(rate * SECONDS) / rate
    mono = sum((LEVEL * 32767 * np.sin(2 * np.pi * each * times) for each in hertz), np.zeros(len(times)))
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(mono.round().astype("<i2"), channels).tobytes())


def sound(path, channels):
    """What a file of 16 bit that is still written has, of full scale; a row for each channel."""
    content = path.read_bytes()[44:]
    samples = np.frombuffer(content, "<i2", len(content) // (2 * channels) * channels)
    return samples.reshape(-1, channels).T / 32768


def against(samples, rate, there, gone):
    """How loud one tone is, and how loud another one is against it, in dB, in the quarters of a second that have both.

    The middle of them: where snd-aloop lost some frames, a click has all tones.
    """
    parts = samples[: len(samples) // (rate // 4) * (rate // 4)].reshape(-1, rate // 4)
    window = np.hanning(parts.shape[1])
    found = 20 * np.log10(np.abs(np.fft.rfft(parts * window)) / window.sum() * 2 + 1e-9)
    heard = found[found[:, there // 4] > np.max(found[:, there // 4]) - 6]
    return np.median(heard[:, there // 4]), np.median(heard[:, gone // 4] - heard[:, there // 4])


def parameters(guest, device):
    """Those with which a device of the card is open, "closed" where it is not."""
    return guest.read(f"/proc/asound/Loopback/pcm{device}/sub0/hw_params")


@pytest.fixture(scope="module")
def station(guest):
    tones(guest.directory / "share/street.wav", CARD_RATE, 2, 1000, 10000)
    tones(guest.directory / "share/bright.wav", CALLS, 1, 1000, 6000)
    tones(guest.directory / "share/silence.wav", 8000, 2)
    guest.shell("mkdir -p /srv/sounds && cp /lab/bright.wav /srv/sounds && cp /lab/{street,silence}.wav /root")
    FarEnd(guest, plays="/root/silence.wav")  # else the canceller takes the street for an echo
    made = Station(guest)
    made.configure(CONFIG)
    made.restart()
    made.says("^ready$")
    return made


def test_sound_above_the_band_of_a_call_is_not_heard_within_it(station, measured):
    guest = station.guest
    guest.service("street", "aplay", "-q", "-D", OTHER_END, "/root/street.wav")
    guest.wait_for(lambda: "rate: 48000" in parameters(guest, "1p"), "the street is heard")
    call = station.dial()
    guest.wait_for(lambda: "rate: 48000" in parameters(guest, "0c"), "the station listens")
    guest.check("intercomctl", "record", "start", call, "--channels", "separate")

    def recorded():
        guest.shell("cp $(ls -t $(find /var/lib/intercomd -name '*.wav*') | head -n 1) /lab/call.wav")
        found = sound(guest.directory / "share/call.wav", 2)
        return list(found) if found.shape[1] > NEEDED_S * CALLS else None

    try:
        microphone, _ = guest.wait_for(recorded, "seconds of a recording")
    finally:
        station.hang_up()
    heard, alias = against(microphone, CALLS, 1000, 6000)
    measured("10 kHz at a card of 48 kHz, heard as 6 kHz", f"{alias:.0f} dB")
    assert heard > -40
    assert alias < GONE_DB


def test_the_speaker_plays_nothing_above_the_band_of_a_call(station, measured):
    guest = station.guest
    words = ("-q", "-D", OTHER_END, "-f", "S16_LE", "-r", str(CARD_RATE), "-c", "2", "-t", "wav", "/root/speaker.wav")
    guest.wait_for(lambda: parameters(guest, "0p") == "closed", "the card is closed")
    guest.service("speaker", "arecord", *words)
    guest.wait_for(lambda: "rate: 48000" in parameters(guest, "1c"), "the speaker is heard")
    guest.check("intercomctl", "play", "bright")

    def played():
        guest.check("cp", "/root/speaker.wav", "/lab/speaker.wav")
        left = sound(guest.directory / "share/speaker.wav", 2)[0]
        loud = np.flatnonzero(np.abs(left) > LEVEL / 10)
        return [left[loud[0] :]] if len(loud) > NEEDED_S * CARD_RATE else None

    (left,) = guest.wait_for(played, "seconds of sound")
    guest.check("intercomctl", "play", "--stop", "speaker")
    heard, image = against(left, CARD_RATE, 6000, 10000)
    measured("6 kHz at a card of 48 kHz, heard as 10 kHz", f"{image:.0f} dB")
    assert heard > -40
    assert image < GONE_DB
