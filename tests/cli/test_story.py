"""What happened in a call, in words: each event that a call can have."""

import pytest

from appliance.api.openapi import event_schemas
from appliance.api.openapi.examples import example
from appliance.cli.follow import story
from appliance.core.events import EVENTS

SCHEMAS = event_schemas.schemas()
OF_CALLS = [kind for kind, event in EVENTS.items() if "call" in event.__struct_fields__]


def said(kind, **given):
    data = example(SCHEMAS[kind], SCHEMAS[kind].get("$defs", {}))
    texts = {name: "some" for name, each in SCHEMAS[kind]["properties"].items() if each.get("type") == "string"}
    data = {name: texts.get(name) if value is None else value for name, value in data.items()} | given
    event = {"id": 4, "type": kind, "time": "2026-11-20T06:07:08Z", "call": "c-1", "data": data}
    return story.words({"events": [event]}).partition("  ")[2]


@pytest.mark.parametrize("kind", OF_CALLS)
def test_each_event_of_a_call_has_words_or_is_left_out(kind):
    words = said(kind)
    assert (not words) == (kind in story.UNSAID)
    assert not {kind, "None", "[]"} & set(words.split())
    assert "{" not in words
    assert "=" not in words


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("dtmf.received", {"digit": None, "masked": True, "method": "info"}, "digit (hidden) received, by info"),
        ("call.updated", {"result": "accepted", "changes": ["hold", "codec"]}, "the change was accepted: hold, codec"),
        ("call.transfer_failed", {"code": 0, "reason": ""}, "the transfer failed"),
        ("media.silent", {"direction": "receive", "why": "no_packets"}, "no sound from the far end: no packets"),
    ],
)
def test_a_value_is_said_as_a_sentence_has_it(kind, data, words):
    assert said(kind, **data) == words


def test_an_event_of_a_later_version_is_shown_as_it_is():
    event = {"id": 4, "type": "call.sung", "time": "T", "call": "c-1", "data": {"tune": "b"}}
    assert story.words({"events": [event]}) == "T  call.sung  c-1  tune=b"
