"""The interfaces' texts say what the introspection data say."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from appliance.bus.interfaces import INTERFACES
from appliance.bus.service import introspection
from appliance.bus.tree import Object

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
