"""The drawing of the tutorial's wires: the connector is a Raspberry Pi's, and the wires are those of the tutorial."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from gpiozero import pi_info

from appliance.setup import choices

ROOT = Path(__file__).resolve().parents[2]
BOARDS = {"Raspberry Pi 3": "a02082", "Raspberry Pi 4": "c03111", "Raspberry Pi Zero 2 W": "902120"}
GPIOZERO = {"3V3": "3.3 V", "5V": "5 V"}  # its names where they are not those of the drawing
NAMED = re.compile(r"(GPIO\d+|ground|5 V), pin (\d+)")


def drawn():
    """The connector of the drawing: number of each pin -> its name, and whether a wire ends there."""
    parts = ET.parse(ROOT / "hardware/first-door.svg").getroot().findall("{*}*")
    rings = [place for place, part in enumerate(parts) if part.get("r") == "11"]
    return {int(parts[place + 1].text): (parts[place + 2].text, parts[place].get("class") == "fill") for place in rings}


PINS = [name for _, (name, _) in sorted(drawn().items())]


def table():
    """The rows of the tutorial's table of wires: part -> (name, pin) of each end on the connector."""
    tutorial = (ROOT / "docs/tutorial/first-door.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (button|lamp|relay|10 kΩ) \|(.*)\|$", tutorial)
    return {part: [(name, int(pin)) for name, pin in NAMED.findall(ends)] for part, ends in rows}


@pytest.mark.parametrize("revision", BOARDS.values(), ids=list(BOARDS))
def test_the_connector_has_the_pins_of_the_board(revision):
    pins = pi_info(revision).headers["J8"].pins
    assert [GPIOZERO.get(pins[number].name, pins[number].name) for number in range(1, 41)] == PINS


def test_the_table_of_the_tutorial_names_the_pins_of_the_connector():
    words = {"ground": "GND"}
    ends = [end for part in table().values() for end in part]
    assert len(ends) == 9
    assert [(name, pin) for name, pin in ends if PINS[pin - 1] != words.get(name, name)] == []


def test_the_drawing_has_the_wires_of_the_table():
    wired = [pin for ends in table().values() for _, pin in ends]
    assert {pin for pin, (_, used) in drawn().items() if used} == set(wired)


def test_the_lines_are_those_that_the_set_up_proposes_and_prints():
    proposed = {"button": choices.BUTTON[0], "lamp": choices.LAMP[0], "relay": choices.RELAY[0]}
    for part, line in proposed.items():
        name, pin = table()[part][0]
        assert name == f"GPIO{line}"
        assert pin == choices.HEADER[line]


def test_the_set_up_names_the_right_pin_for_each_line():
    assert all(PINS[pin - 1] == f"GPIO{line}" for line, pin in choices.HEADER.items())
