"""Keypads and card readers: what events reveal about keys and cards, and what they do not."""

from appliance.core import events, inputs
from tests.core import sent
from tests.core.station import ready


def told(station, kind):
    return [event for event in station.told if isinstance(event, kind)]


def test_a_key_is_reported_but_not_which():
    station = ready().give(inputs.KeypadKey, keypad="gate", key="7")
    assert told(station, events.KeypadDigit) == [
        events.KeypadDigit("gate", digit=None, masked=True, at=station.state.now)
    ]


def test_a_card_is_reported_with_its_number_only_where_the_settings_say_so():
    station = ready()
    for reader in ("gate", "office"):
        station.give(inputs.CardRead, reader=reader, number="1234567", bits=26)
    at = station.state.now
    assert told(station, events.CardRead) == [
        events.CardRead("gate", number=None, masked=True, bits=26, at=at),
        events.CardRead("office", number="1234567", masked=False, bits=26, at=at),
    ]


def test_what_was_no_card_is_reported_and_counted():
    station = ready()
    for count in (1, 3):
        station.give(inputs.ReadingDiscarded, reader="gate", count=count, why="25 bits came")
    assert told(station, events.CardDiscarded) == [
        events.CardDiscarded("gate", count=count, why="25 bits came") for count in (1, 3)
    ]
    shown = sent.snapshot(station.state, 0.0)["panel"]
    assert shown["keypads"] == [{"id": "gate"}]
    assert shown["readers"] == [{"id": "gate", "discarded": 4}, {"id": "office", "discarded": 0}]


def test_of_what_is_not_in_the_settings_nothing_is_reported():
    station = ready()
    before = len(station.told)
    station.give(inputs.KeypadKey, keypad="none", key="7")
    station.give(inputs.CardRead, reader="none", number="1", bits=26)
    station.give(inputs.ReadingDiscarded, reader="none", count=1, why="25 bits came")
    assert len(station.told) == before
