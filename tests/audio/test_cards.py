"""Cards are found as ALSA lists them, and named so that the name holds from boot to boot."""

import sys

import pytest

from appliance.audio import cards as audio
from appliance.audio.cards import card_of, cards, holders
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import SoundCard
from tests.board.boards import Alsa, only, owned, sound


def test_the_cards_of_a_board_are_found_with_what_they_can_do(tmp_path, monkeypatch):
    sound(monkeypatch, tmp_path)
    hdmi, phone, device, other = cards()
    assert phone == SoundCard(1, "usbphone", "USB Phone", usb=True, capture=(0,), playback=(0,))
    assert (hdmi.id, hdmi.screen, hdmi.usb, hdmi.capture, hdmi.playback) == ("vc4hdmi0", True, False, (), (0,))
    assert (device.capture, device.playback) == ((1,), (0,))
    assert (phone.pcm(), device.pcm(1)) == ("plughw:CARD=usbphone,DEV=0", "plughw:CARD=Device,DEV=1")
    assert [card.numbered for card in (phone, device, other)] == [False, False, True]
    assert not phone.screen


def test_a_kernel_without_cards_has_none_and_alsas_library_is_not_loaded(tmp_path, monkeypatch):
    only(monkeypatch, tmp_path)
    assert cards() == ()
    monkeypatch.setattr(audio, "SND", tmp_path / "nowhere")
    monkeypatch.setattr(audio, "alsa_library", lambda: pytest.fail("it was loaded"))
    assert cards() == ()


def test_a_card_that_the_user_may_not_open_is_an_error_with_its_remedy(tmp_path, monkeypatch):
    class Closed(Alsa):
        def cards(self):
            raise self.ALSAAudioError("Permission denied [hw:0]")

    only(monkeypatch, tmp_path)
    monkeypatch.setattr(audio, "alsa_library", Closed)
    with pytest.raises(IntercomError) as error:
        cards()
    assert (error.value.code, error.value.cause) == (ErrorCode.AUDIO_UNAVAILABLE, "Permission denied [hw:0].")
    assert "group audio" in error.value.resolution


def test_without_pyalsaaudio_the_remedy_names_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "alsaaudio", None)
    with pytest.raises(IntercomError) as error:
        audio.alsa_library()
    assert "alsaaudio" in error.value.resolution
    assert audio.pcms() is None


def test_alsas_pcms_are_listed_without_a_card():
    assert "null" in audio.pcms()


@pytest.mark.parametrize(
    ("pcm", "card"),
    [
        ("plughw:CARD=usbphone", "usbphone"),
        ("plughw:CARD=usbphone,DEV=1", "usbphone"),
        ("sysdefault:CARD=Device_1", "Device_1"),
        ("hw:1,0", "1"),
        ("plughw:2", "2"),
        ("hw:usbphone", "usbphone"),
        ("default", None),
        ("null", None),
        ("pulse", None),
    ],
)
def test_a_pcm_names_its_card(pcm, card):
    assert card_of(pcm) == card


def test_who_has_a_card_open_is_reported_for_each_direction(tmp_path, monkeypatch):
    proc = sound(monkeypatch, tmp_path) / "proc"
    phone = next(card for card in cards() if card.id == "usbphone")
    assert holders(phone, "playback", proc) == ()
    owned(tmp_path, 1, "playback", 77, "aplay x.wav")
    assert holders(phone, "playback", proc) == (77,)
    assert holders(phone, "capture", proc) == ()
    (proc / "asound/card1/pcm0p/sub0/status").write_text("closed\n")
    assert holders(phone, "playback", proc) == ()
