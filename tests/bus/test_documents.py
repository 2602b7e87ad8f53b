"""The interfaces' texts say what the introspection data say."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from appliance.bus.interfaces import INTERFACES
from appliance.bus.service import error_name, introspection
from appliance.bus.tree import Object
from appliance.orders.order import named
from appliance.orders.table import ORDERS

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference"
TYPES = {
    "string": "s",
    "object": "o",
    "boolean": "b",
    "double": "d",
    "uint32": "u",
    "uint64": "t",
    "array{string}": "as",
    "dict{string,string}": "a{ss}",
    "array{string,string}": "a(ss)",
    "array{object,string,boolean}": "a(osb)",
    "array{string,string,double}": "a(ssd)",
    "struct{string,string}": "(ss)",
    "void": "",
}
# Methods, signals and properties begin at the second tab stop, their texts at the third.
LINE = re.compile(
    r"(?:(?:Methods|Signals)?\t\t|Properties\t)(?P<type>[a-z0-9{},]+ )?(?P<name>[A-Z]\w*)"
    r"(?:\((?P<arguments>[^)]*)\)| \[(?P<access>readonly)\])"
)


def document(interface):
    return (REFERENCE / f"dbus/{interface.name.rpartition('.')[2].removesuffix('1').lower()}.txt").read_text()


def arguments(text):
    return tuple((TYPES[kind], name) for kind, name in (each.split() for each in text.split(", ") if each))


def told(text):
    """Methods, signals and properties as a document lists them."""
    found = set()
    for line in text.splitlines():
        if match := LINE.fullmatch(line):
            kind = TYPES[match["type"].strip()] if match["type"] else None
            if match["access"]:
                found.add(("property", match["name"], kind, "read"))
            else:
                gives = ("signal",) if kind is None else ("method", kind)
                found.add((*gives, match["name"], arguments(match["arguments"])))
    return found


def introspected(interface):
    """The same from the introspection data."""
    xml = introspection("/x", Object(interface, "", {}), [])
    node = next(each for each in ET.fromstring(xml).findall("interface") if each.get("name") == interface.name)
    found = set()
    for each in node:
        given = [(a.get("type"), a.get("name")) for a in each.findall("arg") if a.get("direction") != "out"]
        result = "".join(a.get("type") for a in each.findall("arg") if a.get("direction") == "out")
        match each.tag:
            case "method":
                found.add(("method", result, each.get("name"), tuple(given)))
            case "signal":
                found.add(("signal", each.get("name"), tuple(given)))
            case "property":
                found.add(("property", each.get("name"), each.get("type"), each.get("access")))
    return found


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.name)
def test_the_text_of_an_interface_and_its_introspection_data_agree(interface):
    text = document(interface)
    assert f"\nInterface\t{interface.name}\n" in text
    assert told(text) == introspected(interface)


def test_there_is_one_text_an_interface():
    assert len(list((REFERENCE / "dbus").iterdir())) == len(INTERFACES)


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.name)
def test_every_error_in_the_text_of_an_interface_is_an_error_of_intercomd(interface):
    codes = re.findall(r"^## `(.*)`$", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    ours = {code.title().replace("-", "") for code in codes}
    named = re.findall(r"Possible errors: ((?:\w+,\s+)*\w+)", document(interface))
    assert {name for each in named for name in re.split(r",\s+", each)} <= ours


# Methods of their own code, and the orders of HTTP that do the same.
BY_HAND = {
    "Appliance1.Dial": "place_call",
    "Appliance1.MakeConference": "begin_conference",
    "Appliance1.OpenDoor": "open_door",
    "Appliance1.SendMessage": "send_message",
    "Appliance1.SetVolume": "change_audio",
    "Appliance1.SetGain": "change_audio",
    "Appliance1.SetSoundMuted": "change_audio",
    "Appliance1.TestSound": "try_sound",
    "Appliance1.PlayTone": "play_tone_on_speaker",
    "Appliance1.PlaySound": "play_sound_on_speaker",
    "Appliance1.StopSound": "stop_sound_on_speaker",
    "Appliance1.Say": "say_on_speaker",
    "Appliance1.DeleteRecording": "delete_recording",
    "Appliance1.StopTone": "stop_tone_on_speaker",
    "Call1.PlayTone": "play_tone",
    "Call1.StopTone": "stop_tone",
    "Call1.PlaySound": "play_sound",
    "Call1.StopSound": "stop_sound",
    "Call1.Say": "say_in_call",
    "Call1.StartRecordingWith": "start_recording",
    "Call1.Transfer": "transfer_call",
    "Call1.ChangeCodecs": "update_call",
    "Call1.SendMessage": "send_text",
    "Call1.SendInfo": "send_info",
    "Call1.LinkSound": "link_sound",
    "Conference1.AddParticipant": "add_participant",
    "Conference1.StartRecording": "record_conference",
}
TAGS = {"calls": "Call1", "conferences": "Conference1", "doors": "Door1", "accounts": "Account1"}
# Not of the method: errors of `Prefer: wait`, and of an object that is not there, which is UnknownObject.
ELSEWHERE = {"OrderFailed", "CallNotFound", "ConferenceNotFound"}
SOUNDS = {"PlayTone", "PlaySound", "Say"}  # share their errors: the one is of a call alone, the other of the speaker
OTHER_PLACE = {"Appliance1": {"CallWrongState"}, "Call1": {"AudioUnavailable"}}
TEXTS = re.compile("text|body|parameters")  # arguments that may be too long


def orders():
    """The methods that give an order, with their interfaces, each with its order."""
    listed = {f"{TAGS.get(o.of.tag, 'Appliance1')}.{o.bus.partition('(')[0]}": o for o in ORDERS if named(o.bus)}
    return listed | {method: next(o for o in ORDERS if o.name == name) for method, name in BY_HAND.items()}


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.name)
def test_the_text_of_a_method_names_each_error_of_its_order(interface):
    lacking, text, short = {}, document(interface), interface.name.rpartition(".")[2]
    for method in interface.methods:
        order = orders().get(f"{short}.{method.name}")
        about = re.search(rf"\t\t\S+ {method.name}\((.*?)\)\n(?:\n\t\t\t.*(?:\n\t\t\t.*)*\n)*", text)
        assert about, method.name
        errors = {error_name(code).rpartition(".")[2] for code in (order.errors if order else ())}
        if not TEXTS.search(about[1]):
            errors.discard("TextTooLong")
        if method.name == "SetGain":
            errors.discard("Conflict")  # of the speaker alone
        if method.name in SOUNDS:
            errors -= OTHER_PLACE[short]
        if missing := errors - ELSEWHERE - set(re.findall(r"\w+", about[0].partition("Possible errors:")[2])):
            lacking[method.name] = missing
    assert lacking == {}
