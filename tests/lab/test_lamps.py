"""Lamps with brightness and colours at the kernel's own LED class and PWM (board.dts), and at lines (gpio-sim)."""

import json
import re
from pathlib import Path

import pytest

from tests.lab.events import Events
from tests.lab.far import FarEnd

RING, RED, GREEN, BLUE = range(4)
CONFIG = """
[audio]
capture = "null"
playback = "null"

[clock]
trust = "always"

[panel]
night = "22:00-06:30"

[panel.button.ring]
chip = "board"
line = "RING"
action = "ring"
target = "kitchen"

[panel.lamp.porch]
led = "porch"
brightness = 50
night_brightness = 10
pictures = {idle = "on", in_call = "on"}

[panel.lamp.bell]
led = "bell"
brightness = 20
color = "#ff8000"
pictures = {idle = "on", in_call = "on"}
colors = {in_call = "green"}

[panel.lamp.white]
pwm = "pwm-white/0"
active_low = true
brightness = 30
night_brightness = 10
pictures = {idle = "on", in_call = "on"}

[panel.lamp.sign]
rgb_pwm = ["pwm-red/0", "pwm-green/0", "pwm-blue/0"]
common = "anode"
brightness = 50
color = "#ff3300"
pictures = {idle = "on", in_call = "on"}

[panel.lamp.lines]
chip = "board"
rgb_lines = ["RED", "GREEN", "BLUE"]
color = "yellow"
brightness = 50
pictures = {idle = "on", in_call = "on"}
colors = {in_call = "cyan"}

[panel.lamp.glow]
led = "glow"
pictures = {idle = "pulse"}

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""
LAMPS = ("porch", "bell", "white", "sign", "lines", "glow")
OURS = {"brightness", "trigger", "multi_intensity", "export", "duty_cycle", "period", "polarity", "enable"}


class Board:
    """The service in the guest, and what the kernel's lamps are set to."""

    def __init__(self, guest):
        self.guest = guest
        guest.chip("board", "RING", "RED", "GREEN", "BLUE")
        guest.pull("board", RING, "up")
        guest.service("glow", "python3", "-u", "/lab/programs/kernel_led.py", "glow", "255")
        guest.wait_for(lambda: guest.run("test", "-e", "/sys/class/leds/glow").returncode == 0, "the kernel's LED")
        guest.check("udevadm", "settle")
        guest.run("timedatectl", "set-ntp", "false")
        guest.check("mountpoint", "-q", "/sys/kernel/debug")
        self.set_clock("12:00:00")
        guest.write("/etc/intercomd/intercomd.toml", CONFIG)
        guest.check("systemctl", "restart", "intercomd-guard", "intercomd", timeout_s=120)
        self.kitchen = FarEnd(guest)
        guest.wait_for(guest.state, "the station answers", 120)
        self.events = Events(guest)

    def set_clock(self, time):
        self.guest.check("date", "--set", f"2026-11-21 {time}")

    def channel(self, device):
        """What a PWM channel is set to: (duty cycle in µs, polarity); None while it is disabled."""
        told = self.guest.read("/sys/kernel/debug/pwm").partition(f"platform/{device},")[2]
        found = re.search(r"requested configuration: +(enabled|disabled), (\d+)/1000000 ns, (\w+) polarity", told)
        assert found, told
        return (int(found[2]) // 1000, found[3]) if found[1] == "enabled" else None

    def comes(self, device, *wanted):
        now = lambda: tuple(self.channel(f"{device}-{part}") for part in COLORS[: len(wanted)])  # noqa: E731
        self.guest.wait_for(lambda: now() == wanted, f"{device} is {wanted}", 120)

    def comes_alone(self, device, wanted):
        self.guest.wait_for(lambda: self.channel(device) == wanted, f"{device} is {wanted}", 120)

    def lines(self, *wanted):
        level = lambda line: self.guest.level("board", line)  # noqa: E731
        self.guest.wait_for(lambda: tuple(map(level, (RED, GREEN, BLUE))) == wanted, f"the lines are {wanted}", 120)

    def shines(self, lamp, **wanted):
        """The event that says so comes, which fits its schema."""
        found = lambda: [e for e in self.events.of("lamp.changed") if e["data"]["lamp"] == lamp]  # noqa: E731
        last = lambda: (all_ := found()) and wanted.items() <= all_[-1]["data"].items()  # noqa: E731
        self.guest.wait_for(last, f"lamp {lamp} is told as {wanted}", 120)

    def lamp(self, wanted):
        return next(lamp for lamp in self.guest.asked("/v1/panel")["lamps"] if lamp["id"] == wanted)


COLORS = ("red", "green", "blue")
NORMAL, INVERSE = "normal", "inverse"


@pytest.fixture(scope="module")
def board(guest):
    return Board(guest)


def test_brightness_and_colour_reach_the_kernel(board):
    board.comes_alone("led-white", (501, NORMAL))  # 128 of 255
    board.comes("led", (200, NORMAL), (101, NORMAL), (0, NORMAL))
    board.comes_alone("pwm-white", (300, INVERSE))
    board.comes("pwm", (500, INVERSE), (100, INVERSE), (0, INVERSE))
    board.lines(1, 1, 0)
    known = {name: board.lamp(name) for name in LAMPS}
    assert [known[name]["dims"] for name in LAMPS] == [True, True, True, True, False, True]
    assert [known[name]["colors"] for name in LAMPS] == [False, True, False, True, True, False]
    assert known["bell"] | {"pattern": "on", "color": "#ff8000", "brightness": 20} == known["bell"]


def test_doctor_and_check_say_what_lamps_can(board):
    told = board.guest.check("intercomd", "--check", "--config", "/etc/intercomd/intercomd.toml")
    (note,) = [line for line in told.splitlines() if line.startswith("Note: ")]
    assert note.startswith("Note: panel.lamp.lines: brightness without effect")
    findings = json.loads(board.guest.run("intercomctl", "--json", "doctor").stdout)["findings"]
    lamps = [(each["check"].rpartition(".")[2], each["level"]) for each in findings if "panel.lamp" in each["check"]]
    assert {name for name, level in lamps if level == "ok"} == set(LAMPS) - {"lines"}
    assert [name for name, level in lamps if level != "ok"] == ["lines"]


def test_service_may_write_what_lamps_need_and_nothing_else_of_the_devices(board):
    run = "cd / && setpriv --reuid=intercomd --regid=intercom --init-groups find /sys/devices -type f -writable"
    found = {Path(path).name for path in board.guest.shell(run).splitlines()}
    assert found == OURS


def test_call_has_its_colours(board):
    board.guest.pull("board", RING, "down")
    board.events.wait("button.pressed", 1, "the press")
    board.guest.pull("board", RING, "up")
    board.events.wait("call.connected", 1, "the call")
    board.shines("bell", pattern="on", color="#00ff00", brightness=20)
    board.comes("led", (0, NORMAL), (200, NORMAL), (0, NORMAL))
    board.lines(0, 1, 1)
    board.guest.check("intercomctl", "hangup")
    board.events.wait("call.ended", 1, "its end")
    board.comes("led", (200, NORMAL), (101, NORMAL), (0, NORMAL))
    board.lines(1, 1, 0)


def test_lamp_is_tried_in_a_colour(board):
    body = json.dumps({"pattern": "on", "seconds": 60, "color": "blue"})
    board.guest.check("python3", "/lab/programs/http_client.py", "POST", "/v1/panel/lamps/sign/test", body)
    board.shines("sign", pattern="on", color="#0000ff")
    board.comes("pwm", (0, INVERSE), (0, INVERSE), (500, INVERSE))
    body = json.dumps({"pattern": "off", "seconds": 0.1})
    board.guest.check("python3", "/lab/programs/http_client.py", "POST", "/v1/panel/lamps/sign/test", body)
    board.comes("pwm", (500, INVERSE), (100, INVERSE), (0, INVERSE))


def test_night_comes_with_the_clock_and_goes(board):
    board.set_clock("21:59:50")
    board.shines("white", brightness=10)
    board.comes_alone("pwm-white", (100, INVERSE))
    board.comes_alone("led-white", (101, NORMAL))  # 26 of 255
    board.comes("pwm", (500, INVERSE), (100, INVERSE), (0, INVERSE))  # it has no brightness of its own for the night
    assert json.loads(board.guest.check("intercomctl", "--json", "panel"))["night"]
    board.set_clock("12:00:00")
    board.shines("white", brightness=30)
    board.comes_alone("pwm-white", (300, INVERSE))
    board.comes_alone("led-white", (501, NORMAL))


def test_night_comes_with_the_time_zone_that_the_owner_names(board):
    """Noon in UTC is 22 o'clock in Brisbane; the station need not be restarted."""
    board.guest.check("timedatectl", "set-timezone", "Australia/Brisbane")
    board.shines("white", brightness=10)
    assert json.loads(board.guest.check("intercomctl", "--json", "state"))["appliance"]["zone"] == "Australia/Brisbane"
    board.guest.check("timedatectl", "set-timezone", "Etc/UTC")
    board.shines("white", brightness=30)


@pytest.mark.parametrize(
    ("driver", "device", "what", "channel", "shining"),
    [
        ("leds_pwm", "leds", "LED porch", "led-white", (501, NORMAL)),
        ("pwm-clk", "pwm-white", "PWM pwm-white/0", "pwm-white", (300, INVERSE)),
    ],
)
def test_steady_lamp_whose_driver_goes_is_reported_and_shines_again(board, driver, device, what, channel, shining):
    board.comes_alone(channel, shining)
    before = len(board.events.of("panel.failed")), len(board.events.of("panel.recovered"))
    board.guest.shell(f"echo {device} >/sys/bus/platform/drivers/{driver}/unbind")
    failed = board.events.wait("panel.failed", before[0] + 1, "it is told")[before[0]]
    assert f"({what}): its device was removed" in failed["data"]["why"]
    board.guest.shell(f"echo {device} >/sys/bus/platform/drivers/{driver}/bind")
    board.events.wait("panel.recovered", before[1] + 1, "it is back")
    board.comes_alone(channel, shining)


def test_pulse_glows(board, measured):
    told = lambda: {int(line) for line in board.guest.journal("--unit=glow", "--output=cat").split() if line.isdigit()}  # noqa: E731
    levels = board.guest.wait_for(lambda: len(found := told()) >= 10 and found, "it has many levels", 120)
    assert 0 in levels
    spent = lambda: int(board.guest.properties("intercomd", "CPUUsageNSec")["CPUUsageNSec"])  # noqa: E731

    def share():
        before = spent()
        board.guest.check("sleep", "10")
        return f"{(spent() - before) / 10e7:.2f}"

    pulsing = share()
    body = json.dumps({"pattern": "on", "seconds": 60})
    board.guest.check("python3", "/lab/programs/http_client.py", "POST", "/v1/panel/lamps/glow/test", body)
    measured("service's processor time with a lamp that pulses, and with steady ones, %", f"{pulsing}, {share()}")
