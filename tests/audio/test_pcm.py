"""Why a PCM does not open, in words, with the remedy."""

import pytest

from appliance.audio import pcm
from appliance.audio.cards import cards
from tests.board.boards import DEVICE, HDMI, PHONE, Alsa, owned, sound


@pytest.fixture
def found(tmp_path, monkeypatch):
    sound(monkeypatch, tmp_path, HDMI, PHONE, DEVICE)
    return cards()


def test_a_card_that_only_plays_is_named_with_those_that_record(found, tmp_path):
    why, remedy = pcm.fault("plughw:CARD=vc4hdmi0,DEV=0", "capture", found, proc=tmp_path)
    assert why == "The card vc4hdmi0 (vc4-hdmi-0) cannot record"
    assert remedy == "Name another card: plughw:CARD=usbphone,DEV=0, plughw:CARD=Device,DEV=1."


def test_a_card_that_another_program_holds_is_named_with_the_program(found, tmp_path):
    owned(tmp_path, 1, "playback", 77, "aplay x.wav", "aplay")
    why, remedy = pcm.fault("plughw:CARD=usbphone,DEV=0", "playback", found, proc=tmp_path / "proc")
    assert why == "The card usbphone is in use by aplay (process 77)"
    assert remedy == "End it: only one program can use a card. ps -p 77 names it."
    assert pcm.fault("plughw:CARD=usbphone,DEV=0", "capture", found, proc=tmp_path / "proc") is None


def test_a_card_that_we_hold_ourselves_is_not_the_fault(found, tmp_path):
    owned(tmp_path, 1, "playback", 77, "x")
    (tmp_path / "proc/self/task/77").mkdir(parents=True)
    assert pcm.fault("plughw:CARD=usbphone,DEV=0", "playback", found, proc=tmp_path / "proc") is None


@pytest.mark.parametrize(
    ("rates", "channels", "why"),
    [
        (44100, [1, 2], "has only 44100 Hz, and calls need 16000 Hz"),
        ([44100, 48000], [1, 2], "has 44100 or 48000 Hz, and calls need 16000 Hz"),
        ((32000, 96000), [1, 2], "has 32000 to 96000 Hz, and calls need 16000 Hz"),
        ((8000, 48000), 2, "has only 2 channels, and calls need one"),
    ],
)
def test_a_raw_pcm_without_our_rate_or_one_channel_is_refused_with_the_name_of_one_that_converts(
    found, monkeypatch, rates, channels, why
):
    opens(monkeypatch, rates, channels)
    said, remedy = pcm.unfit_of("hw:CARD=usbphone", "playback", found)
    assert said == f"The card usbphone {why}"
    assert remedy == "Name it plughw:CARD=usbphone,DEV=0, which converts rates and channels."
    assert pcm.unfit_of("plughw:CARD=usbphone", "playback", found) is None


@pytest.mark.parametrize("rates", [16000, [16000, 48000], (8000, 48000)])
def test_a_raw_pcm_with_our_rate_is_used(found, monkeypatch, rates):
    opens(monkeypatch, rates, [1, 2])
    assert pcm.unfit_of("hw:CARD=usbphone", "playback", found) is None


def test_nothing_is_said_of_a_pcm_without_a_card_or_without_a_fault(found, tmp_path):
    assert pcm.fault("pulse", "playback", found, proc=tmp_path) is None
    assert pcm.fault("plughw:CARD=usbphone", "playback", found, proc=tmp_path) is None


def opens(monkeypatch, rates, channels):
    """Any PCM opens, and has these."""

    class Opened:
        def __init__(self, **_):
            pass

        def getrates(self):
            return rates

        def getchannels(self):
            return channels

        def close(self):
            pass

    alsa = Alsa()
    alsa.PCM, alsa.PCM_NONBLOCK = Opened, 1
    monkeypatch.setattr(pcm, "alsa_library", lambda: alsa)
