"""What Home Assistant gets: entities and their topics; and when it gets them again, or they are removed."""

import json
import re

import pytest

from appliance.app.outlet import _orders
from appliance.config.schema import Config
from appliance.core.model import CallState
from appliance.outlet import home_assistant, settings
from appliance.outlet.home_assistant import Announcements, discovery

STATE = {
    "appliance": {"station": "Front door"},
    "doors": [
        {"id": "main", "name": None, "contact": None},
        {"id": "gate", "name": "Garden gate", "contact": "closed"},
    ],
    "panel": {
        "buttons": [
            {"id": "bell", "name": None, "target": "flat"},
            {"id": "light", "name": "Light", "target": None},
        ]
    },
    "accounts": [{"name": "house", "display_name": None}],
}
READ = {
    *("ring", "button_light", "leaf_gate", "call", "account_house", "sound", "storage", "problem", "recording"),
    "update",
}
GIVE = {"door_main", "door_gate", "open_main", "open_gate", "answer", "hang_up", "do_not_disturb"}
# What an entity of a platform may have beside these: of Home Assistant 2026.2 and 2026.11, `components/mqtt`.
SHARED = {
    *("p", "unique_id", "name", "device_class", "entity_category", "state_topic", "value_template", "availability"),
    *("availability_mode", "json_attributes_topic", "json_attributes_template", "message_expiry_interval"),
}
OWN = {
    "event": {"event_types"},
    "lock": {"command_topic", "payload_unlock", "payload_open", "payload_lock", "optimistic"},
    "button": {"command_topic", "payload_press"},
    "sensor": {"options"},
    "switch": {"command_topic", "payload_on", "payload_off", "state_on", "state_off", "optimistic"},
    "binary_sensor": set(),
    "update": {"title"},
}
DEVICE = {"dev", "o", "availability", "qos", "cmps"}  # the device is refused for a key that is not known


def of(tmp_path=None, language="en", **more):
    table = {"host": "broker", "device": "front", "token": "home", "home_assistant": "homeassistant", **more}
    announced = str(tmp_path / "announced") if tmp_path else ""
    more = {"orders": _orders(), "language": language, "version": "1.2", "call_states": [*CallState]}
    line = settings.line(Config(mqtt=table).mqtt.model_dump(), "", **more, announced=announced)
    return settings.read(line)


def test_a_station_has_its_entities():
    told = discovery(of(), STATE)
    assert set(told["cmps"]) == READ | GIVE
    assert {*told} == DEVICE
    assert told["dev"]["ids"] == ["intercomd_front"]
    assert told["dev"]["name"] == "Front door"
    assert len({each["unique_id"] for each in told["cmps"].values()}) == len(told["cmps"])


def test_a_station_that_takes_no_orders_has_nothing_that_gives_them():
    assert set(discovery(of(token=""), STATE)["cmps"]) == READ


def test_no_entity_has_what_its_platform_does_not_know():
    for key, entity in discovery(of(), STATE)["cmps"].items():
        assert {*entity} <= SHARED | OWN[entity["p"]], key


def test_the_doorbell_rings_and_other_buttons_have_standard_events():
    cmps = discovery(of(), STATE)["cmps"]
    assert (cmps["ring"]["device_class"], cmps["ring"]["event_types"]) == ("doorbell", ["ring"])
    assert cmps["ring"]["state_topic"] == "intercomd/front/event/ring.started"
    assert cmps["button_light"]["event_types"] == ["press_start", "press_end", "long_press_start", "multi_press_2"]


def test_each_order_is_one_of_the_list_and_expires():
    given, known = of(), re.compile(r"intercomd/front/command/(\w+)")
    for key in GIVE:
        entity = discovery(given, STATE)["cmps"][key]
        assert entity["message_expiry_interval"] == 10
        name = known.fullmatch(entity["command_topic"])
        orders = [name[1]] if name else re.findall(r'"order": "(\w+)"', str(entity))
        assert orders
        assert {*orders} <= {*given.orders}


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("fr", {"ring": "Doorbell"}),
        ("en", {"ring": "Doorbell", "door_main": "Door main", "open_gate": "Open Garden gate", "hang_up": "Hang up"}),
        (
            "de-AT",
            {"ring": "Klingel", "door_main": "Tür main", "open_gate": "Garden gate öffnen", "hang_up": "Auflegen"},
        ),
    ],
)
def test_the_names_are_of_the_language(language, names):
    cmps = discovery(of(language=language), STATE)["cmps"]
    assert {key: cmps[key]["name"] for key in names} == names


def test_both_languages_name_the_same():
    assert {*home_assistant._NAMES["en"]} == {*home_assistant._NAMES["de"]}


WHERE = "homeassistant/device/intercomd_front/config"
BEFORE_THE_GATE = {**STATE, "doors": STATE["doors"][:1]}


def announced(tmp_path, **more):
    """What announces the station at a new connection, and from where it is to be removed there."""
    announcements = Announcements(of(tmp_path, **more))
    return announcements, announcements.begin()


def entities(announcements, state, now=1.0):
    """What is announced, by the keys of entities."""
    return json.loads(announcements.news(state, now))["cmps"]


def test_it_is_announced_at_a_connection_after_a_change_and_when_it_has_started(tmp_path):
    announcements, leaves = announced(tmp_path)
    assert leaves == []
    assert announcements.news(STATE, 1.0)
    assert announcements.news(STATE, 2.0) == ""
    assert announcements.news({**STATE, "accounts": []}, 3.0)
    announcements.born(5.0)
    assert announcements.again == 5.0
    assert announcements.news({**STATE, "accounts": []}, 4.0) == ""
    assert announcements.is_due(5.0)
    assert announcements.news({**STATE, "accounts": []}, 5.0)
    assert announcements.again is None
    announcements.taken(WHERE)
    assert (tmp_path / "announced").exists()
    announcements.begin()
    assert announcements.news(STATE, 6.0)


def test_it_is_removed_where_it_was_once_it_is_no_longer_wanted(tmp_path):
    announced(tmp_path)[0].news(STATE, 1.0)
    after, leaves = announced(tmp_path, home_assistant="")
    assert leaves == [WHERE]
    after.taken("intercomd/front/state/doors")
    assert after.begin() == [WHERE]
    after.taken(WHERE)
    assert after.begin() == []
    assert not (tmp_path / "announced").exists()


@pytest.mark.parametrize("more", [{"home_assistant": "ha"}, {"device": "back"}])
def test_under_another_name_it_is_removed_where_it_was_and_announced_where_it_is(tmp_path, more):
    announced(tmp_path)[0].news(STATE, 1.0)
    after, leaves = announced(tmp_path, **more)
    assert leaves == [WHERE]
    assert {*entities(after, BEFORE_THE_GATE)} == {*discovery(of(**more), BEFORE_THE_GATE)["cmps"]}
    after.taken(WHERE)
    assert announced(tmp_path, **more)[1] == []


MQTT, AVAILABLE = "intercomd/front/state/mqtt", "intercomd/front/availability"
DOORS, RECORDING = "intercomd/front/state/doors", "intercomd/front/state/recording"


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ({}, []),
        ({"device": "back"}, [WHERE, AVAILABLE, MQTT, DOORS, RECORDING]),
        ({"home_assistant": ""}, [WHERE]),
        ({"live": False}, [WHERE, DOORS, RECORDING]),
    ],
)
def test_messages_that_the_broker_keeps_where_the_station_publishes_none_any_more_are_removed(tmp_path, more, gone):
    before = announced(tmp_path)[0]
    before.keeps([AVAILABLE, MQTT])
    before.keeps([DOORS, RECORDING])
    before.news(STATE, 1.0)
    before.taken(DOORS)
    after, leaves = announced(tmp_path, **more)
    assert leaves == gone
    for each in leaves:
        assert each in after.begin()
        after.taken(each)
    assert after.begin() == []
    assert announced(tmp_path)[1] == []


def test_a_place_that_the_broker_has_not_let_go_is_left_again_at_the_next_connection(tmp_path):
    announced(tmp_path)[0].news(STATE, 1.0)
    after, _ = announced(tmp_path, device="back")
    after.news(STATE, 2.0)
    after.taken("homeassistant/device/intercomd_back/config")
    assert after.begin() == announced(tmp_path, device="back")[1] == [WHERE]


def test_a_door_that_is_gone_is_removed_by_its_platform_until_the_broker_has_that(tmp_path):
    """Home Assistant keeps an entity that is only left out."""
    announced(tmp_path)[0].news(STATE, 1.0)
    for _ in range(2):  # the first time, the broker does not take it
        after, leaves = announced(tmp_path)
        assert leaves == []
        told = entities(after, BEFORE_THE_GATE)
        gone = {"door_gate": {"p": "lock"}, "open_gate": {"p": "button"}, "leaf_gate": {"p": "binary_sensor"}}
        assert told == discovery(of(), BEFORE_THE_GATE)["cmps"] | gone
    after.taken(WHERE)
    assert entities(after, {**BEFORE_THE_GATE, "accounts": []}).items() >= gone.items()  # for those who were away
    after.taken(WHERE)
    later, _ = announced(tmp_path)
    assert entities(later, BEFORE_THE_GATE).keys() == discovery(of(), BEFORE_THE_GATE)["cmps"].keys()


def test_a_door_that_is_back_is_announced_again(tmp_path):
    announced(tmp_path)[0].news(STATE, 1.0)
    after, _ = announced(tmp_path)
    after.news(BEFORE_THE_GATE, 2.0)
    assert entities(after, STATE) == discovery(of(), STATE)["cmps"]


@pytest.mark.parametrize(
    ("text", "leaves"), [(f"{WHERE}\n", [WHERE]), ("a/+/#", []), ('{"a/#": {}}', []), ("[", []), ("\n", [])]
)
def test_the_file_of_an_earlier_version_counts_and_a_damaged_one_leads_nowhere(tmp_path, text, leaves):
    (tmp_path / "announced").write_text(text)
    assert announced(tmp_path, device="back")[1] == leaves
