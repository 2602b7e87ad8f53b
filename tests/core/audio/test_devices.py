"""Sound cards that come and go are reported."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import DevicesReason, SoundCard
from tests.core import sent
from tests.core.station import Station, ready

PHONE = SoundCard(1, "usbphone", "USB Phone", usb=True, capture=(0,), playback=(0,))
PUCK = SoundCard(2, "puck", "Conference puck", usb=True, capture=(0,), playback=(0,))


def listed(*cards):
    return Station().give(inputs.CardsFound, cards=cards, reason=DevicesReason.START)


def test_the_first_list_is_no_change():
    station = listed(PHONE)
    assert "audio.devices_changed" not in station.types()
    assert sent.snapshot(station.state, 0.0)["audio"]["devices"] == [
        {
            "id": "usbphone",
            "name": "USB Phone",
            "usb": True,
            "capture": ["plughw:CARD=usbphone,DEV=0"],
            "playback": ["plughw:CARD=usbphone,DEV=0"],
        }
    ]


def test_a_second_card_of_a_kind_has_a_numbered_id():
    assert [card.numbered for card in (PHONE, replace(PHONE, id="usbphone_1"))] == [False, True]


@pytest.mark.parametrize(
    ("after", "added", "removed", "updated"),
    [
        ((PHONE, PUCK), ("puck",), (), ()),
        ((), (), ("usbphone",), ()),
        ((PUCK,), ("puck",), ("usbphone",), ()),
        ((replace(PHONE, capture=()),), (), (), ("usbphone",)),
    ],
)
def test_a_card_that_comes_goes_or_changes_is_reported_by_its_id(after, added, removed, updated):
    station = listed(PHONE).give(inputs.CardsFound, cards=after)
    event = station.told[-1]
    assert (event.TYPE, event.added, event.removed, event.updated) == ("audio.devices_changed", added, removed, updated)
    assert event.reason is DevicesReason.KERNEL


@pytest.mark.parametrize("after", [PHONE, replace(PHONE, number=7)])
def test_a_card_with_another_number_is_the_same_card(after):
    station = listed(PHONE).give(inputs.CardsFound, cards=(after,))
    assert "audio.devices_changed" not in station.types()


def test_gaps_in_the_sound_are_reported_with_the_call_and_the_remedy():
    station = ready()
    station.give(inputs.XrunsCounted, card="usbphone", capture=0, playback=3)
    assert station.last(events.AudioXruns).call is None
    call = station.talking().id
    station.give(inputs.XrunsCounted, card="usbphone", capture=2, playback=1)
    event = station.last(events.AudioXruns)
    assert (event.TYPE, event.card, event.call) == ("audio.xruns", "usbphone", call)
    assert (event.capture, event.playback) == (2, 1)
    assert event.resolution == "Find what keeps the processor busy (top), and connect a USB card without a hub."
