"""A card that cannot do the rate of calls, as most USB sticks: snd-aloop has only the rate that its other end has."""

import wave
from contextlib import contextmanager

import numpy as np
import pytest

from tests.lab.far import FarEnd
from tests.lab.station import CARD, Station

RATES = (48000, 44100)  # Hz
CALLS, SECONDS, LEVEL = 16000, 120, 0.2
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
    for rate in RATES:
        tones(guest.directory / f"share/street-{rate}.wav", rate, 2, 1000, 10000)
    tones(guest.directory / "share/bright.wav", CALLS, 1, 1000, 6000)
    tones(guest.directory / "share/silence.wav", 8000, 2)
    guest.shell("mkdir -p /srv/sounds && cp /lab/bright.wav /srv/sounds && cp /lab/{street-*,silence}.wav /root")
    FarEnd(guest, plays="/root/silence.wav")  # else the canceller takes the street for an echo
    made = Station(guest)
    made.configure(CONFIG)
    made.restart()
    made.says("^ready$")
    return made


@contextmanager
def at_the_other_end(guest, rate, way, program, *words):
    """A program of alsa-utils that feeds the station's capture ("c") or hears its playback ("p"), at that rate."""
    guest.wait_for(lambda: parameters(guest, f"0{way}") == "closed", "the card is closed")
    guest.service("other-end", program, "-q", "-D", OTHER_END, *words)
    try:
        others = {"c": "1p", "p": "1c"}[way]
        guest.wait_for(lambda: f"rate: {rate}" in parameters(guest, others), "the rate of the card")
        yield
    finally:
        guest.run("systemctl", "stop", "other-end")


@pytest.fixture
def street(station, request):
    """The rate of a street that the microphone hears; the card has no other one."""
    rate = request.param
    with at_the_other_end(station.guest, rate, "c", "aplay", f"/root/street-{rate}.wav"):
        yield rate


@pytest.fixture
def speaker(station, request):
    """The rate at which the speaker's sound is recorded to /root/speaker.wav; the card has no other one."""
    rate = request.param
    form = ("-f", "S16_LE", "-r", str(rate), "-c", "2", "-t", "wav")
    with at_the_other_end(station.guest, rate, "p", "arecord", *form, "/root/speaker.wav"):
        yield rate


@pytest.mark.parametrize("street", RATES, indirect=True)
def test_sound_above_the_band_of_a_call_is_not_heard_within_it(station, street, measured):
    guest = station.guest
    call = station.dial()
    guest.wait_for(lambda: f"rate: {street}" in parameters(guest, "0c"), "the station listens")
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
    measured(f"10 kHz at a card of {street} Hz, heard as 6 kHz", f"{alias:.0f} dB")
    assert heard > -40
    assert alias < GONE_DB


@pytest.mark.parametrize("speaker", RATES, indirect=True)
def test_the_speaker_plays_nothing_above_the_band_of_a_call(station, speaker, measured):
    guest = station.guest
    guest.check("intercomctl", "play", "bright")

    def played():
        guest.check("cp", "/root/speaker.wav", "/lab/speaker.wav")
        left = sound(guest.directory / "share/speaker.wav", 2)[0]
        loud = np.flatnonzero(np.abs(left) > LEVEL / 10)
        return [left[loud[0] :]] if len(loud) > NEEDED_S * speaker else None

    (left,) = guest.wait_for(played, "seconds of sound")
    guest.check("intercomctl", "play", "--stop", "speaker")
    heard, image = against(left, speaker, 6000, 10000)
    measured(f"6 kHz at a card of {speaker} Hz, heard as 10 kHz", f"{image:.0f} dB")
    assert heard > -40
    assert image < GONE_DB


@pytest.mark.parametrize("street", [44100], indirect=True)
def test_a_raw_card_of_44100_hz_is_refused_with_the_name_that_converts(station, street):
    guest = station.guest
    station.configure(CONFIG.replace("plughw", "hw"))
    begin = station.cursor()
    try:
        station.restart()
        station.dial()
        (failed,) = guest.wait_for(lambda: station.events("audio.failed", begin), "the fault")
    finally:
        station.hang_up()
        station.configure(CONFIG)
        station.restart()
    assert f"The card Loopback has only {street} Hz, and calls need 16000 Hz" in failed
    assert "Name it plughw:CARD=Loopback,DEV=0, which converts rates and channels." in failed
