"""The configuration that is in force: whole, and without a secret."""

import json

from appliance.config import describe
from appliance.config.effective import MASK, effective
from appliance.config.load import check
from appliance.config.schema import Config

# Every secret setting is set here, each to another value; a new one must be added.
ALL_SECRETS = {
    "panel": {
        "lines": "simulated",
        "button": {
            "gate": {"action": "door", "digits": "90817263"},
            "call": {"action": "ring", "target": "kitchen"},
        },
        "chord": {"both": {"buttons": ["gate", "call"], "action": "door", "digits": "71625340"}},
    },
    "door": {"front": {"digits": "86420975"}},
    "target": {"kitchen": {"uri": "sip:kitchen@192.0.2.8"}},
}


def secrets(table, model, at=""):
    """The dotted name of every secret setting of the schema, with its value where the configuration sets it."""
    for key, field in model.model_fields.items():
        below = describe.child(field)
        if below is None:
            if describe.describe(key, field).secret:
                yield f"{at}{key}", table.get(key, "")
            continue
        inner, named = below
        tables = table.get(key, {}).values() if named else [table.get(key, {})]
        for each in tables or [{}]:
            yield from secrets(each, inner, f"{at}{key}.")


def test_no_secret_of_a_configuration_that_sets_all_of_them_is_shown():
    set_ = list(secrets(ALL_SECRETS, Config))
    values = [value for _, value in set_ if value]
    assert {name for name, _ in set_} == {name for name, value in set_ if value}, "a secret setting is not set here"
    assert len(set(values)) == len(values) >= 3
    shown = effective(check(ALL_SECRETS, "x"), {})
    text = json.dumps(shown)
    assert not [value for value in values if value in text]
    assert text.count(MASK) == len(values)
    assert shown["door"]["front"]["digits"] == shown["panel"]["chord"]["both"]["digits"] == MASK


def test_a_password_in_a_sip_address_is_not_shown():
    config = check({"target": {"kitchen": {"uri": "sip:kitchen:geheim@192.0.2.8:5070;transport=tcp"}}}, "x")
    assert effective(config, {})["target"]["kitchen"]["uri"] == "sip:kitchen:***@192.0.2.8:5070;transport=tcp"


def test_what_is_shown_is_whole_with_defaults_and_a_secret_that_is_not_set_stays_empty():
    config = check({"sip": {"port": 5071}, "door": {"front": {}}, "panel": {"lines": "simulated"}}, "x")
    shown = effective(config, {})
    assert set(shown) == set(Config.model_fields)
    assert (shown["sip"]["port"], shown["http"]["port"], shown["door"]["front"]["digits"]) == (5071, 8080, "")
    assert check(shown, "x") == config


def test_what_clients_changed_while_the_station_ran_is_in_force():
    shown = effective(check({}, "x"), {"quiet_hours": {"begin": "22:00", "end": "06:00"}})
    assert shown["quiet_hours"] == {"begin": "22:00", "end": "06:00", "profile": ""}
    assert shown["forwarding"]["no_answer_s"] == 20
