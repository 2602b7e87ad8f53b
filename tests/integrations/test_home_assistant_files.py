"""The integration of Home Assistant without Home Assistant: its files agree with the station and the client library.

`make test-home-assistant` runs it in a whole one.
"""

import ast
import importlib.util
import json
import re
import string
import struct
import sys
import tomllib
from typing import get_args

import pytest

from appliance.outlet import home_assistant
from appliance.outlet.home_assistant import BUTTON_EVENTS, discovery
from intercomd_client import words
from tests.outlet.test_home_assistant import STATE, of
from tests.support.peers.home_assistant import INTEGRATION, TREE

FOLDER = TREE / INTEGRATION
MANIFEST = json.loads((FOLDER / "manifest.json").read_text())
SOURCES = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.py"))}
LANGUAGES = "en", "de"
NAMED = {**STATE, "appliance": {"station": "Front door", "device": "front"}}


def module(name):
    """A module of the integration that imports nothing of Home Assistant."""
    spec = importlib.util.spec_from_file_location(f"integration_{name}", FOLDER / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


parts, address = module("parts"), module("address")


def texts(language):
    return json.loads((FOLDER / f"translations/{language}.json").read_text())


def leaves(tree, path=()):
    """Each text, by its path."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_strings_are_the_english_translation():
    assert (FOLDER / "strings.json").read_text() == (FOLDER / "translations/en.json").read_text()


def test_each_language_has_each_text_with_the_same_placeholders():
    english, german = (dict(leaves(texts(language))) for language in LANGUAGES)
    assert english.keys() == german.keys()
    assert {path: placeholders(text) for path, text in english.items()} == {
        path: placeholders(text) for path, text in german.items()
    }
    assert all(english.values()) and all(german.values())


def test_the_manifest_asks_for_this_client_library():
    client = tomllib.loads((TREE / "client/pyproject.toml").read_text())["project"]
    assert MANIFEST["requirements"] == [f"{client['name']}=={client['version']}"]
    assert MANIFEST["version"] == client["version"]


def test_the_manifest_is_what_home_assistant_and_hacs_want():
    assert [*MANIFEST] == ["domain", "name", *sorted({*MANIFEST} - {"domain", "name"})]
    assert MANIFEST["domain"] == FOLDER.name
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["iot_class"] == "local_push"
    assert {"codeowners", "documentation", "issue_tracker", "version"} <= {*MANIFEST}
    hacs = json.loads((FOLDER.parents[1] / "hacs.json").read_text())
    assert {*hacs} == {"name", "homeassistant"}
    # The oldest Home Assistant that the tests run is the one that HACS asks for.
    assert f"version={hacs['homeassistant'].rpartition('.')[0]}." in (TREE / "packaging/home-assistant").read_text()


def test_unique_ids_and_platforms_are_those_of_mqtt_discovery():
    published = discovery(of(), NAMED)["cmps"]
    found = {f"{parts.identifier(NAMED)}_{part.key}": part.platform for part in parts.of(NAMED)}
    assert found == {each["unique_id"]: each["p"] for each in published.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_those_of_mqtt_discovery(language):
    published = discovery(of(language=language), NAMED)["cmps"]
    named = texts(language)["entity"]
    found = {part.key: named[part.platform][part.kind]["name"].format(name=part.title) for part in parts.of(NAMED)}
    assert found == {key: each["name"] for key, each in published.items()}
    kinds = {kind for platform in named.values() for kind in platform}
    assert kinds == {*home_assistant._NAMES["en"]}


def test_presses_have_the_events_of_mqtt_discovery():
    assert parts.BUTTON_EVENTS == BUTTON_EVENTS
    for language in LANGUAGES:
        named = texts(language)["entity"]["event"]
        assert {*named["button"]["state_attributes"]["event_type"]["state"]} == {*BUTTON_EVENTS.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_of_a_call_has_a_name(language):
    assert {*texts(language)["entity"]["sensor"]["call"]["state"]} == {"idle", *get_args(words.CallState)}


def test_each_error_step_and_reason_of_the_config_flow_has_a_text():
    flow, named = SOURCES["config_flow.py"], texts("en")["config"]
    errors = {
        node.value
        for node in ast.walk(ast.parse(flow))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in named["error"]
    }
    assert errors == {*named["error"]}
    steps = {name.removeprefix("async_step_") for name in re.findall(r"async_step_\w+", flow)}
    assert steps - {"zeroconf", "reauth"} == {*named["step"]}
    reasons = {*re.findall(r'reason="(\w+)"', flow)}
    # The rest are those that Home Assistant gives by itself.
    others = {"already_configured", "already_in_progress", "reauth_successful", "reconfigure_successful"}
    assert reasons | others == {*named["abort"]}


def test_each_error_of_an_order_and_each_notice_has_a_text():
    code = "\n".join(SOURCES.values())
    keys = {*re.findall(r'translation_key="(\w+)"', code)}
    assert keys == {*texts("en")["exceptions"], *texts("en")["issues"]}


def test_each_rule_of_the_quality_scale_is_named_and_what_is_not_done_has_a_comment():
    scale = (FOLDER / "quality_scale.yaml").read_text()
    assert len(re.findall(r"^  [a-z-]+:", scale, re.MULTILINE)) == RULES
    assert scale.count("status:") == scale.count("comment:")


def test_its_icon_is_that_of_the_page():
    brand = FOLDER / "brand"  # where Home Assistant looks, since 2026.3
    assert (brand / "icon@2x.png").read_bytes() == ICON.read_bytes()
    assert struct.unpack(">II", (brand / "icon.png").read_bytes()[16:24]) == (256, 256)


RULES = 54  # of Home Assistant 2026.11
ICON = TREE / "appliance/api/web/icon-512.png"
WHOLE = {
    "door.local": "https://door.local:8443",
    " 192.0.2.7 ": "https://192.0.2.7:8443",
    "door.local:9000": "https://door.local:9000",
    "https://Door.Example/": "https://door.example",
    "https://house.example/door/": "https://house.example/door",
    "https://[2001:db8::7]:8443": "https://[2001:db8::7]:8443",
    "http://127.0.0.1:8080": "http://127.0.0.1:8080",
}


@pytest.mark.parametrize(("typed", "whole"), WHOLE.items())
def test_an_address_gets_what_it_lacks(typed, whole):
    assert address.whole(typed) == whole


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://door", "file:///etc/passwd", "https://", "https://user:secret@door", "https://door/?a=b", "door:port"],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValueError):
        address.whole(typed)


CALLS = [
    {"id": "a", "active": False, "state": "incoming"},
    {"id": "b", "active": True, "state": "connected"},
    {"id": "c", "active": False, "state": "connected"},
]


@pytest.mark.parametrize(
    ("calls", "answers", "ends"),
    [
        ([], None, None),
        (CALLS, "a", "b"),
        (CALLS[1:], None, "b"),
        (CALLS[2:], "c", "c"),
        ([CALLS[0], {**CALLS[0], "id": "d"}], None, None),
    ],
)
def test_an_order_without_a_call_means_the_only_one_that_fits(calls, answers, ends):
    assert (parts.meant(calls, incoming=True), parts.meant(calls, incoming=False)) == (answers, ends)


def test_no_module_sends_anything_but_by_the_client_library():
    imported = {
        name.split(".")[0]
        for text in SOURCES.values()
        for node in ast.walk(ast.parse(text))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    assert imported - {*sys.stdlib_module_names} == {"aiohttp", "homeassistant", "intercomd_client", "voluptuous"}
