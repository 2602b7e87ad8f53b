"""Lamps with brightness and colours: missing ones are reported, and what a plain line cannot do."""

import subprocess
import sys

import pytest

from appliance.config.load import check
from appliance.doctor import lamps, lines

OK, WARNING, PROBLEM = "ok", "warning", "problem"


def board(root, *, colors=True):
    """A LED `bell`, and a PWM chip with two channels."""
    led = root / "sys/class/leds/bell"
    led.mkdir(parents=True)
    files = {"max_brightness": "255\n", "brightness": "0\n"} | ({"multi_index": "red green blue\n"} if colors else {})
    for name, text in files.items():
        (led / name).write_text(text)
    device, chip = root / "sys/devices/fe20c000.pwm", root / "sys/class/pwm/pwmchip0"
    device.mkdir(parents=True)
    chip.mkdir(parents=True)
    (chip / "device").symlink_to(device)
    (chip / "npwm").write_text("2\n")
    (chip / "export").write_text("")
    return root


def config(**lamp):
    return check({"panel": {"night": "22:00-06:00", "lamp": {"a": {"night_brightness": 50, **lamp}}}}, "test")


@pytest.mark.parametrize(
    ("lamp", "level", "said"),
    [
        ({"led": "bell", "color": "red"}, OK, "LED bell, 255 levels, colours"),
        ({"led": "bel"}, PROBLEM, "There is no LED 'bel'. There is: bell. Correct panel.lamp.a.led."),
        ({"pwm": "fe20c000.pwm/1"}, OK, "PWM fe20c000.pwm, channel 1."),
        ({"pwm": "pwmchip0/1"}, OK, "PWM pwmchip0, channel 1."),
        ({"pwm": "fe20c000.pwm/2"}, PROBLEM, "has 2 channels. The first one is 0."),
        ({"pwm": "other/0"}, PROBLEM, "There is no PWM chip 'other'. There is: fe20c000.pwm."),
    ],
)
def test_what_a_lamp_is_at_is_there(tmp_path, lamp, level, said):
    (found,) = lamps.examine(config(**lamp), board(tmp_path))
    assert (found.check, found.level) == ("panel.lamp.a", level)
    assert said in f"{found.message} {found.cause} {found.resolution}"


def test_led_of_one_colour_is_reported_where_colours_are_wanted(tmp_path):
    (found,) = lamps.examine(config(led="bell", color="red"), board(tmp_path, colors=False))
    assert (found.level, found.message) == (WARNING, "LED bell has one colour.")


@pytest.mark.parametrize(("lamp", "file"), [({"led": "bell"}, "brightness"), ({"pwm": "pwmchip0/0"}, "export")])
def test_what_we_may_not_write_to_is_reported(tmp_path, monkeypatch, lamp, file):
    board(tmp_path)
    monkeypatch.setattr("appliance.board.leds_and_pwm.os.access", lambda path, _: path.name != file)
    (found,) = lamps.examine(config(**lamp), tmp_path)
    assert found.level is PROBLEM
    assert "cannot be written" in found.message
    assert "udev rule" in found.resolution


def test_board_without_any_is_reported_as_such(tmp_path):
    led, channel = (lamps.examine(config(**lamp), tmp_path)[0] for lamp in ({"led": "x"}, {"pwm": "x/0"}))
    assert led.cause == channel.cause == "There is: none."


def test_lines_that_are_looked_at_are_those_that_lamps_have():
    of = lambda **lamp: [(wire.chip, wire.line) for wire in lines.wires(config(**lamp))]  # noqa: E731
    assert of(led="bell") == of(pwm="x/0") == []
    assert of(chip="c", rgb_lines=["A", "B", "7"]) == [("c", "A"), ("c", "B"), ("c", "7")]
    assert of(rgb_lines=["GPIO5", "6", "13"]) == [("", "GPIO5"), ("", "GPIO6"), ("", "GPIO13")]


NOTES = [
    ({"pin": 17}, ["night_brightness without effect: the lamp has full brightness, also at night."]),
    ({"pin": 17, "night_brightness": None}, []),
    (
        {"pin": 17, "brightness": 20},
        ["brightness and night_brightness without effect: the lamp has full brightness, also at night."],
    ),
    (
        {
            "rgb_lines": ["GPIO5", "GPIO6", "GPIO13"],
            "night_brightness": 100,
            "color": "red",
            "colors": {"error": "#ff8000"},
        },
        ["#ff8000 is shown as the nearest of red, green, blue, yellow, cyan, magenta, white."],
    ),
    ({"pwm": "x/0"}, []),
    ({"led": "x"}, []),
    ({"rgb_pwm": ["x/0", "x/1", "x/2"]}, []),
]


@pytest.mark.parametrize(("lamp", "messages"), NOTES)
def test_what_a_line_cannot_do_is_reported(lamp, messages):
    lamp = {"night_brightness": 50, **lamp}
    raw = {"lamp": {"a": {key: value for key, value in lamp.items() if value is not None}}}
    if lamp["night_brightness"] is not None:
        raw["night"] = "22:00-06:00"
    panel = check({"panel": raw}, "test")
    assert [note.message for note in lamps.notes(panel, lines_dim=False)] == messages
    assert not lamps.notes(panel, lines_dim=True)


def test_lines_of_a_chip_do_not_dim_whatever_is_installed():
    panel = check({"panel": {"lamp": {"a": {"chip": "c", "line": "l", "brightness": 20}}}}, "test")
    assert len(lamps.notes(panel, lines_dim=True)) == 1


def test_the_check_of_a_file_says_so_and_finds_it_well(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text('[panel.lamp.a]\nchip = "c"\nline = "l"\nbrightness = 20\n')
    command = [sys.executable, "-m", "appliance", "--check", "--config", file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    well, note = done.stdout.splitlines()
    assert well == f"{file}: OK"
    assert note.startswith(
        "Note: panel.lamp.a: brightness without effect: the lamp has full brightness, also at night. A line is"
    )
