"""Devices that a setting names by a number which may change: the doctor and --check warn of them."""

import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from appliance.config.load import check
from appliance.doctor import numbered
from appliance.doctor.examine import examine

ROOT = Path(__file__).parents[2]
DOOR = '[door.front]\nchip = "{}"\nline = "17"\n'


def notes(text: str) -> list[str]:
    found = numbered.notes(check(tomli.loads(text), "x"))
    assert all(note.level == "warning" and note.resolution for note in found)
    return [note.check for note in found]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (DOOR.format("gpiochip4"), "door.front.chip"),
        (DOOR.format("/dev/gpiochip0"), "door.front.chip"),
        ('[panel.button.a]\naction = "none"\nchip = "gpiochip1"\nline = "3"\n', "panel.button.a.chip"),
        ('[panel.lamp.a]\nchip = "gpiochip1"\nline = "3"\n', "panel.lamp.a.chip"),
        ('[panel.lamp.a]\npwm = "pwmchip2/1"\n', "panel.lamp.a.pwm"),
        ('[panel.sensor.a]\nkind = "other"\nchip = "gpiochip1"\nline = "3"\n', "panel.sensor.a.chip"),
        ('[panel.reader.a]\ndevice = "/dev/input/event3"\n', "panel.reader.a.device"),
        ('[panel.keypad.a]\ndevice = "/dev/input/event3"\n', "panel.keypad.a.device"),
        ('[audio]\ncapture = "hw:1,0"\nplayback = "null"\n', "audio.capture"),
        ('[audio]\ncapture = "null"\nplayback = "plughw:CARD=1,DEV=0"\n', "audio.playback"),
        ('[audio]\ncapture = "null"\nplayback = "sysdefault:0"\n', "audio.playback"),
    ],
)
def test_a_number_is_warned_of_where_another_device_may_get_it(text, place):
    assert notes(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        DOOR.format("pinctrl-bcm2711"),
        DOOR.format("/dev/gpiochip-front"),
        '[panel.lamp.a]\npwm = "fe20c000.pwm/0"\n',
        '[panel.button.a]\naction = "none"\npin = 17\n',
        '[panel.reader.a]\ndevice = "/dev/input/by-id/usb-reader-event-kbd"\n',
        '[audio]\ncapture = "plughw:CARD=usbphone,DEV=0"\nplayback = "plughw:CARD=usbphone,DEV=1"\n',
        '[audio]\ncapture = "default"\nplayback = "simulated"\n',
    ],
)
def test_a_name_that_stays_is_not_warned_of(text):
    assert notes(text) == []


def test_check_and_doctor_say_it_and_the_configuration_is_valid_all_the_same(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text('[panel]\nlines = "simulated"\n' + DOOR.format("gpiochip4"))
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--check", "--config", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Note: door.front.chip: door.front.chip names a GPIO chip by its number: gpiochip4." in done.stdout
    found = {finding.check: finding.level for finding in examine(file, tmp_path, tmp_path)}
    assert found["door.front.chip"] == "warning"
    assert found["configuration"] != "problem"
