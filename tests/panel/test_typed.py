"""What keypads and readers at USB type, and how their devices are found."""

import asyncio
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.core.inputs import CardRead, KeypadKey, PartFailed, ReadingDiscarded
from appliance.core.model import KeypadId, ReaderId
from appliance.panel.entry import usb_keyboard
from appliance.panel.entry.evdev import KeyMoved, find
from appliance.panel.entry.usb_keyboard import TypedKeypad, TypedReader, Typing
from appliance.panel.entry.wiegand_frames import Card, Discarded, Spoiled
from appliance.panel.gpio.line_claims import Claims
from tests.panel.support import run_virtually

ENTER, SHIFT, DIGIT = 28, 42, dict(zip("1234567890", range(2, 12), strict=True))
LETTER = {"A": 30, "B": 48, "C": 46, "D": 32, "E": 18, "F": 33}
CODES = DIGIT | LETTER | {"\n": ENTER}


def moved(code, at, down=True, after_loss=False):
    return KeyMoved(code, down, at, after_loss)


def type_in(text, typing=None, start=1.0, apart=0.005):
    """What is read of a text, each key down and up."""
    typing, found, at = typing or Typing(), [], start
    for character in text:
        for down in (True, False):
            found.append(typing.key(moved(CODES.get(character, 57), at, down)))
            at += apart
    return [reading for reading in found if reading]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("0010463173\n", [Card("0010463173", 0)]),
        ("04A2B3F1\n", [Card("04A2B3F1", 0)]),
        ("1234\n5678\n", [Card("1234", 0), Card("5678", 0)]),
        ("\n", []),
        ("1234", []),
        ("123\n", [Discarded(f"{Spoiled.TYPED_LENGTH}: 3 characters, not 4 to 32")]),
        ("1" * 33 + "\n", [Discarded(f"{Spoiled.TYPED_LENGTH}: 33 characters, not 4 to 32")]),
        ("1" * 1000 + "\n", [Discarded(f"{Spoiled.TYPED_LENGTH}: 33 characters, not 4 to 32")]),
        ("12 34\n1234\n", [Discarded("it typed characters other than digits and A to F"), Card("1234", 0)]),
    ],
)
def test_a_number_with_enter_is_a_card(text, readings):
    assert type_in(text) == readings


def test_a_number_without_enter_is_dropped_after_a_pause_and_does_not_begin_the_next_one():
    typing = Typing()
    assert type_in("12345", typing) == []
    assert typing.waits
    assert type_in("6789\n", typing, start=typing.ends_at) == [
        Discarded("it typed a number without Enter"),
        Card("6789", 0),
    ]
    assert type_in("12345", typing, start=50.0) == []
    assert typing.due(typing.ends_at) == Discarded("it typed a number without Enter")
    assert not typing.waits


@given(st.text("0123456789ABCDEF", min_size=4, max_size=32), st.data())
def test_a_number_of_which_keys_were_lost_is_no_card(text, data):
    place = data.draw(st.integers(0, len(text)))
    typing = Typing()
    found = [
        typing.key(moved(CODES[character], 1.0 + number / 100, after_loss=number == place))
        for number, character in enumerate(text + "\n")
    ]
    assert [reading for reading in found if reading] == [Discarded("keys were lost as this machine was too busy")]


@pytest.mark.parametrize("left", ["", "7"])
def test_a_number_of_which_the_end_was_lost_spoils_no_later_card(left):
    """The kernel had dropped the number; what came after the loss is the release of its Enter."""
    typing = Typing()
    assert type_in(left, typing) == []
    assert typing.key(moved(ENTER, 1.1, down=False, after_loss=True)) is None
    why = "it typed a number without Enter" if left else "keys were lost as this machine was too busy"
    assert type_in("6789\n", typing, start=typing.ends_at) == [Discarded(why), Card("6789", 0)]


class Device:
    """An input device that a test types on; in the place of one that is plugged in."""

    there, last = True, None

    def __init__(self, name, keys, lost):
        if not Device.there:
            raise IntercomError("unavailable", "no", "it is not plugged in", "plug it in")
        self.name, self.keys, self.lost, self.closed = name, keys, lost, False
        Device.last = self

    def close(self):
        self.closed = True

    def type(self, *codes):
        for code in codes:
            for down in (True, False):
                self.keys(moved(code, asyncio.get_running_loop().time(), down))


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(usb_keyboard, "InputDevice", Device)
    monkeypatch.setattr(Device, "there", True)


def with_part(make, play):
    posted = []

    async def inside():
        claims = Claims(None, posted.append)
        part = make(claims, posted.append)
        try:
            await play()
        finally:
            claims.close()
            part.close()
        assert Device.last.closed

    run_virtually(inside())
    return posted


def keypad(claims, post):
    return TypedKeypad(KeypadId("desk"), "Pad", claims, post)


def reader(claims, post):
    return TypedReader(ReaderId("desk"), "Reader", claims, post)


@pytest.mark.parametrize(
    ("codes", "keys"),
    [
        (range(2, 12), "1234567890"),
        ((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890"),
        (range(0x200, 0x20C), "0123456789*#"),
        ((96, 28, 55, 14), "##**"),
        ((30, 57, 1, 69, 0x110), ""),
    ],
)
def test_keys_of_a_keypad_at_usb_are_reported(device, codes, keys):
    async def play():
        Device.last.type(*codes)

    assert "".join(given.key for given in with_part(keypad, play)) == keys


def test_star_and_hash_of_a_keyboard_need_shift(device):
    async def play():
        for shift in (42, 54):
            Device.last.keys(moved(shift, 1.0))
            Device.last.type(9, 4, 2)
            Device.last.keys(moved(shift, 1.0, down=False))
        Device.last.type(9, 4)

    assert "".join(given.key for given in with_part(keypad, play)) == "*#*#83"


def test_shift_is_up_on_a_keyboard_that_was_unplugged_with_it_down(device):
    """As by the strike that # has opened, whose current resets the bus."""

    async def play():
        Device.last.keys(moved(42, 1.0))
        Device.last.type(4)
        Device.last.lost(IntercomError("unavailable", "no", "it is not plugged in", "plug it in"))
        await asyncio.sleep(times.current.line_again_s[0] + 1)
        Device.last.type(2, 3, 4)

    assert "".join(given.key for given in with_part(keypad, play) if isinstance(given, KeypadKey)) == "#123"


def test_shift_is_up_after_keys_were_lost(device):
    async def play():
        Device.last.keys(moved(42, 1.0))
        Device.last.type(4)
        Device.last.keys(moved(2, 2.0, after_loss=True))
        Device.last.type(3, 4)

    assert "".join(given.key for given in with_part(keypad, play)) == "#123"


def test_a_reader_that_is_unplugged_is_reported_and_found_again(device):
    async def play():
        Device.there = False
        Device.last.lost(IntercomError("unavailable", "no", "it is not plugged in", "plug it in"))
        await asyncio.sleep(3600)
        Device.there = True
        await asyncio.sleep(times.current.keyboard_again_s + 1)
        Device.last.type(2, 3, 4, 5, ENTER)

    posted = with_part(reader, play)
    assert [type(given).__name__ for given in posted] == ["PartFailed", "PartRecovered", "CardRead"]
    assert isinstance(posted[0], PartFailed)
    assert posted[0].why == "reader desk (Reader): it is not plugged in"
    assert posted[2] == CardRead(at=posted[2].at, reader="desk", number="1234", bits=0)


def test_what_is_no_card_is_reported_once_and_then_counted_for_a_while(device):
    async def play():
        for _ in range(5):
            Device.last.type(2, 3)
            await asyncio.sleep(1.5)
        await asyncio.sleep(60)

    posted = with_part(reader, play)
    assert [(given.count, given.why) for given in posted] == [
        (1, "it typed a number without Enter"),
        (4, "it typed a number without Enter"),
    ]
    assert all(isinstance(given, ReadingDiscarded) for given in posted)


def test_a_key_that_was_reported_has_the_moment_of_the_kernel(device):
    async def play():
        Device.last.keys(moved(2, 0.125))

    assert with_part(keypad, play) == [KeypadKey(at=0.125, keypad="desk", key="1")]


@pytest.fixture
def names(tmp_path):
    for number, name in enumerate(("Power Button", "Sycreader RFID", "Twin", "Twin")):
        (tmp_path / f"event{number}" / "device").mkdir(parents=True)
        (tmp_path / f"event{number}" / "device" / "name").write_text(name + "\n")
    (tmp_path / "event9").mkdir()  # unplugged just now
    return tmp_path


def test_a_device_is_found_by_its_name_or_path(names):
    assert find("Sycreader RFID", names) == "/dev/input/event1"
    assert find("/dev/input/by-id/x-event-kbd", names) == "/dev/input/by-id/x-event-kbd"


@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("Sycreader", "there are: Power Button, Sycreader RFID, Twin", "did you mean 'Sycreader RFID'?"),
        ("Else", "no input device has that name", "plug it in"),
        ("Twin", "2 devices have that name: /dev/input/event2, /dev/input/event3", "/dev/input/by-id"),
    ],
)
def test_a_name_that_is_not_there_is_reported_with_those_that_are(names, name, cause, remedy):
    with pytest.raises(IntercomError) as error:
        find(name, names)
    assert cause in error.value.cause
    assert remedy in error.value.resolution


@pytest.mark.parametrize(
    ("path", "cause"),
    [("/nowhere/event0", "it is not plugged in"), (os.devnull, "it is not an input device")],
)
async def test_what_is_no_input_device_is_reported(path, cause):
    from appliance.panel.entry.evdev import InputDevice

    with pytest.raises(IntercomError) as error:
        InputDevice(path, print, print)
    assert error.value.cause == cause
