"""What hardware/ has for boards: configurations that are right, and drawings that show the same lines."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from appliance.config.load import load

ROOT = Path(__file__).parents[2]
HARDWARE = ROOT / "hardware"
BOARDS = {
    "raspberry-pi-3": "pinctrl-bcm2835",
    "raspberry-pi-4": "pinctrl-bcm2711",
    "raspberry-pi-5": "pinctrl-rp1",
    "raspberry-pi-zero-2-w": "pinctrl-bcm2835",
    "generic": "gpiochip0",
}
DRAWINGS = ["door-relay", "bell-button", "reader-keypad"]


@pytest.mark.parametrize("board", BOARDS)
def test_the_configuration_of_a_board_is_right(board):
    command = [sys.executable, "-m", "appliance", "--check", "--config", HARDWARE / f"{board}.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("board", "chip"), BOARDS.items())
def test_a_board_has_all_lines_at_its_chip_and_none_of_a_bus(board, chip):
    config = load(HARDWARE / f"{board}.toml")
    assert config.door["front"].chip == config.panel.reader["front"].chip == chip
    panel = config.panel
    pins = [each.pin for each in (*panel.button.values(), *panel.lamp.values(), *panel.sensor.values())]
    if board == "generic":
        assert not any(pins)
    else:
        assert not set(pins) & {*range(2, 4), *range(7, 12), 14, 15, *range(18, 22)}
        assert config.door["front"].line == "GPIO26"  # 9 to 27 are pulled down at power-on


@pytest.mark.parametrize("file", [*(f"hardware/{board}.toml" for board in BOARDS), "packaging/debian/intercomd.toml"])
def test_a_station_of_the_package_is_on_d_bus(file):
    assert load(ROOT / file).dbus.enabled


def drawn(name):
    root = ET.parse(HARDWARE / f"{name}.svg").getroot()
    return root, {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize("name", [*DRAWINGS, "first-door"])
def test_a_drawing_is_valid_xml_and_nothing_in_it_is_outside(name):
    root, texts = drawn(name)
    width, height = (int(number) for number in root.get("viewBox").split()[2:])
    assert len(texts) > 10
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        x, y, length = int(text.get("x")), int(text.get("y")), 8 * len(text.text or "")
        begins = {"start": x, "middle": x - length / 2, "end": x - length}[text.get("text-anchor")]
        assert begins >= 0
        assert begins + length <= width, text.text
        assert 0 < y < height


def test_drawings_show_the_lines_of_the_boards():
    config = load(HARDWARE / "raspberry-pi-4.toml")
    assert config.door["front"].line in drawn("door-relay")[1]
    assert {f"GPIO{config.panel.button['ring'].pin}", f"GPIO{config.panel.lamp['ring'].pin}"} <= drawn("bell-button")[1]
    assert {config.panel.reader["front"].d0, config.panel.reader["front"].d1} <= drawn("reader-keypad")[1]


def test_every_part_of_a_drawing_is_in_the_list_of_parts():
    listed = (ROOT / "docs/how-to/wire-lines.md").read_text()
    rows = [line.split("|")[1] for line in listed.splitlines() if line.startswith("| ")]
    known = {name.strip() for row in rows for name in row.split(",")}
    for name in DRAWINGS:
        words = {text.split()[0].rstrip(":") for text in drawn(name)[1] if text.strip()}
        parts = {word for word in words if len(word) == 2 and word[0] in "RCDUQK" and word[1].isdigit()}
        assert parts
        assert parts <= known | {"D0"}  # a wire
