"""Cards are found as the kernel lists them, and named so that the name holds from boot to boot."""

import pytest

from appliance.board.cards import SoundCard, card_of, cards, holders
from tests.board.boards import owned, sound


def test_the_cards_of_a_board_are_found_with_what_they_can(tmp_path):
    hdmi, phone, device, other = cards(sound(tmp_path) / "proc")
    assert phone == SoundCard(1, "usbphone", "USB-Audio", "USB Phone", capture=(0,), playback=(0,))
    assert (hdmi.id, hdmi.screen, hdmi.usb, hdmi.capture, hdmi.playback) == ("vc4hdmi0", True, False, (), (0,))
    assert (device.capture, device.playback) == ((1,), (0,))
    assert (phone.pcm(), device.pcm(1)) == ("plughw:CARD=usbphone,DEV=0", "plughw:CARD=Device,DEV=1")
    assert [card.numbered for card in (phone, device, other)] == [False, False, True]
    assert phone.usb and not phone.screen


@pytest.mark.parametrize("text", ["", "--- no soundcards ---\n", "\0\xff nonsense\n [x]: - \n"])
def test_a_kernel_without_cards_has_none(tmp_path, text):
    assert cards(sound(tmp_path, text, text) / "proc") == ()
    assert cards(tmp_path / "nowhere") == ()


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


def test_who_has_a_card_open_is_told_for_each_direction(tmp_path):
    proc = sound(tmp_path) / "proc"
    phone = next(card for card in cards(proc) if card.id == "usbphone")
    assert holders(phone, "playback", proc) == ()
    owned(tmp_path, 1, "playback", 77, "aplay x.wav")
    assert holders(phone, "playback", proc) == (77,)
    assert holders(phone, "capture", proc) == ()
    (proc / "asound/card1/pcm0p/sub0/status").write_text("closed\n")
    assert holders(phone, "playback", proc) == ()
