"""The drawing of the tutorial's wires: the connector is a Raspberry Pi's, and the wires are those of the tutorial."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from gpiozero import pi_info

from appliance.generate import header
from appliance.setup import choices

ROOT = Path(__file__).resolve().parents[2]
BOARDS = {"Raspberry Pi 3": "a02082", "Raspberry Pi 4": "c03111", "Raspberry Pi Zero 2 W": "902120"}
GPIOZERO = {"3V3": header.V33, "5V": header.V5, "GND": header.GROUND}  # its names for what is no line
NAMED = re.compile(r"(GPIO\d+|ground|5 V), pin (\d+)")


def table():
    """The rows of the tutorial's table of wires: part -> (name, pin) of each end on the connector."""
    tutorial = (ROOT / "docs/tutorial/first-door.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (button|lamp|relay|10 kΩ) \|(.*)\|$", tutorial)
    return {part: [(name, int(pin)) for name, pin in NAMED.findall(ends)] for part, ends in rows}


@pytest.mark.parametrize("revision", BOARDS.values(), ids=list(BOARDS))
def test_the_connector_has_the_pins_of_the_board(revision):
    pins = pi_info(revision).headers["J8"].pins
    assert [GPIOZERO.get(pins[number].name, pins[number].name) for number in range(1, 41)] == list(header.PINS)


def test_the_table_of_the_tutorial_names_the_pins_of_the_connector():
    words = {"ground": header.GROUND}
    ends = [end for part in table().values() for end in part]
    assert len(ends) == 9
    assert [(name, pin) for name, pin in ends if header.PINS[pin - 1] != words.get(name, name)] == []


def test_the_drawing_has_the_wires_of_the_table():
    wired = {part: tuple(pin for _, pin in ends) for part, ends in table().items()}
    drawn = {"button": header.BUTTON, "lamp": header.LAMP, "relay": header.RELAY, "10 kΩ": header.RESISTOR}
    assert wired == drawn
    svg = ET.fromstring(header.first_door())
    space = "{http://www.w3.org/2000/svg}"
    y = {int(circle.get("cy")) for circle in svg.iter(f"{space}circle") if circle.get("r") == "11"}
    assert len(y) == 20
    filled = [each for each in svg.iter(f"{space}circle") if each.get("class") == "fill" and each.get("r") == "11"]
    columns = {header.ODD: 1, header.EVEN: 2}
    pins = {(int(each.get("cy")) - header.TOP) // header.ROW * 2 + columns[int(each.get("cx"))] for each in filled}
    assert pins == {pin for ends in wired.values() for pin in ends}


def test_the_lines_are_those_that_the_set_up_proposes_and_prints():
    proposed = {"button": choices.BUTTON[0], "lamp": choices.LAMP[0], "relay": choices.RELAY[0]}
    for part, line in proposed.items():
        name, pin = table()[part][0]
        assert name == f"GPIO{line}"
        assert pin == choices.HEADER[line]


def test_the_set_up_names_the_right_pin_for_each_line():
    assert all(header.PINS[pin - 1] == f"GPIO{line}" for line, pin in choices.HEADER.items())
