"""From the edges of real lines (gpio-sim) to what they mean, and to lamps; each event is as it is described."""

import json
import random
import statistics

import pytest

from tests.lab.far import FarEnd
from tests.lab.panel import Panel
from tests.support.shown import shows

BOARD = ("RING", "STAFF", "WORN", "QUICK", "RELAY", "SPEAK", "KEPT", "OPEN", "IDLE")
RING, STAFF, WORN, QUICK, RELAY, SPEAK, KEPT, OPEN, IDLE = range(9)
# Windows are wide: a machine that is busy may stop the finger for a second in between.
CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel.button.ring]
chip = "board"
line = "RING"
action = "ring"
target = "kitchen"
long_action = "hangup"
long_press_ms = 5000
double_action = "hold"
double_ms = 2000

[panel.button.staff]
chip = "board"
line = "STAFF"
action = "none"
stuck_s = 5

[panel.chord.both]
buttons = ["ring", "staff"]
action = "door"
door = "front"
within_ms = 1000

[panel.button.worn]
chip = "board"
line = "WORN"
action = "none"
min_press_ms = 20
debounce_ms = 1000

[panel.button.quick]
chip = "board"
line = "QUICK"
action = "ring"
target = "busy"

[panel.lamp.speak]
chip = "board"
line = "SPEAK"
pictures = {speak = "on"}

[panel.lamp.kept]
chip = "board"
line = "KEPT"
active_low = true
pictures = {recording = "on"}

[panel.lamp.open]
chip = "board"
line = "OPEN"
pictures = {door_open = "on"}

[panel.lamp.idle]
chip = "board"
line = "IDLE"
pictures = {idle = "double"}

[panel.lamp.bright]
led = "bright"
brightness = 20
pictures = {idle = "slow"}

[recording]
enabled = true

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "board"
line = "RELAY"
pulse_s = 1.0

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[target.busy]
uri = "sip:busy@127.0.0.1:5090"
"""
BUSY = 5090


@pytest.fixture(scope="module")
def started(guest):
    guest.service("bright", "python3", "-u", "/lab/programs/kernel_led.py", "bright", "255")
    guest.wait_for(lambda: guest.run("test", "-e", "/sys/class/leds/bright").returncode == 0, "the kernel's LED")
    panel = Panel(guest, *BOARD)
    for line in range(QUICK + 1):
        panel.pull(line, "up")
    panel.start(CONFIG)
    panel.kitchen = FarEnd(guest)
    return panel


@pytest.fixture
def panel(started):
    started.rest()
    return started


CLICK = ((RING, "down", 0.1), (RING, "up", 0.1))


@shows(
    "button.pressed",
    "button.released",
    "button.clicked",
    "button.double_clicked",
    "button.held",
    "button.chord",
    "ring.started",
    "ring.ended result=answered",
    "door.unlocked means=button",
    "door.locked",
    "lamp.changed pattern=on",
    "lamp.changed pattern=off",
)
def test_every_gesture_comes_from_its_edges_to_its_act(panel):
    panel.play(*CLICK)  # a click waits for a second one, and then rings
    assert panel.wait("button.pressed", button="ring")["data"]["at"] > 0
    panel.wait("button.released", button="ring")
    panel.wait("button.clicked", button="ring")
    panel.wait("ring.started", button="ring", to="kitchen")
    call = panel.wait("call.connected")["call"]
    panel.wait("lamp.changed", lamp="speak", pattern="on")
    panel.shows((SPEAK, 1), (KEPT, 0), (OPEN, 0))  # the lamp for the recording shines at 0 V

    panel.play(*CLICK, *CLICK)
    panel.wait("button.double_clicked", button="ring")
    assert panel.wait("call.held", by="local")["call"] == call
    panel.wait("lamp.changed", lamp="speak", pattern="off")
    panel.shows((SPEAK, 0))
    panel.play(*CLICK, *CLICK)
    panel.wait("button.double_clicked", button="ring")
    assert panel.wait("call.resumed", by="local")["call"] == call

    panel.play((STAFF, "down", 0.02), (RING, "down", 0.3), (RING, "up", 0.0), (STAFF, "up", 0.0))
    panel.wait("button.chord", chord="both", buttons=["ring", "staff"])
    panel.wait("door.unlocked", door="front", by="chord both")
    panel.wait("lamp.changed", lamp="open", pattern="on")
    panel.wait("door.locked", door="front")
    panel.wait("lamp.changed", lamp="open", pattern="off")
    panel.shows((SPEAK, 1), (OPEN, 0))

    panel.guest.pull("board", RING, "down")
    panel.wait("button.held", button="ring")
    assert panel.wait("call.ended", cause="hangup", by="local")["call"] == call
    panel.shows((SPEAK, 0), (KEPT, 1), (OPEN, 0))
    panel.guest.pull("board", RING, "up")
    panel.wait("button.released", button="ring")


@shows("button.stuck")
def test_button_that_stays_down_is_reported_and_ignored_until_it_is_up(panel):
    panel.guest.pull("board", STAFF, "down")
    panel.wait("button.stuck", button="staff")
    panel.wait("appliance.degraded", part="button staff")
    assert panel.button("staff")["stuck"]
    panel.guest.pull("board", STAFF, "up")
    panel.wait("button.released", button="staff")
    panel.wait("appliance.recovered", part="button staff")
    assert not panel.button("staff")["stuck"]


def test_random_bounces_are_one_press_each(panel, counts):
    dice = random.Random(7)

    def bouncing(first, then):
        for _ in range(dice.randint(0, 8)):
            yield WORN, first, dice.uniform(0.0, 0.004)
            yield WORN, then, dice.uniform(0.0, 0.004)

    for number in range(counts(10, 100)):
        panel.play(*bouncing("down", "up"), (WORN, "down", 0.3), *bouncing("up", "down"), (WORN, "up", 0.0))
        panel.wait("button.clicked", button="worn")
        assert [kind for kind in panel.types() if kind.startswith("button.")] == [], f"after {number} of them"


@shows("ring.ended result=unanswered")
def test_button_edge_to_invite(panel, measured):
    """What a figure is made of: the kernel's time of the edge, and when the INVITE is at the far end's socket."""
    panel.guest.service("busy", "python3", "-u", "/lab/programs/busy_phone.py", str(BUSY))
    said = lambda: panel.guest.journal("--unit=busy", "--output=cat").splitlines()  # noqa: E731
    panel.guest.wait_for(lambda: "listens" in said(), "the busy phone listens")
    came = lambda: [float(line) for line in said() if line[:1].isdigit()]  # noqa: E731
    took = []
    for number in range(20):
        panel.rest()
        panel.play((QUICK, "down", 0.1), (QUICK, "up", 0.0))
        pressed = panel.wait("button.pressed", button="quick")["data"]["at"]
        panel.wait("call.rejected", cause="busy")
        panel.guest.wait_for(lambda number=number: len(came()) > number, "the INVITE is in the journal")
        took.append((came()[number] - pressed) * 1000)
    panel.guest.check("systemctl", "stop", "busy")
    took.sort()
    figures = f"{statistics.median(took):.1f} ms (least {took[0]:.1f}, most {took[-1]:.1f}), 5 ms of it min_press_ms"
    measured("button edge to INVITE, median of 20", figures)


def test_lamp_flashes_in_time(panel, measured):
    """How far its flashes are from where they belong, as seen from outside: the recorder is a process of its own."""
    seen = json.loads(panel.guest.check("python3", "/lab/programs/line_recorder.py", "board", str(IDLE), "10"))
    began = [at for at, level in seen if level]
    assert len(began) >= 2
    lasting = [(at - began[0]) % 2.0 for at, _ in seen if at >= began[0]]
    places = (0.0, 0.1, 0.2, 0.3) if 0.15 < began[1] - began[0] < 0.25 else (0.0, 0.1, 1.8, 1.9)
    late = sorted(min(abs(at - place) for place in (*places, 2.0)) * 1000 for at in lasting)
    figures = f"{late[len(late) // 2]:.1f} ms, most {late[-1]:.1f}"
    measured(f"lamp's flashes off their time, median of {len(late)}", figures)


def test_kernels_led_has_its_brightness_and_shines_again_after_it_was_away(panel):
    guest = panel.guest
    told = lambda unit: guest.journal(f"--unit={unit}", "--output=cat").splitlines()  # noqa: E731
    guest.wait_for(lambda: {"51", "0"} <= set(told("bright")), "it blinks with a fifth of 255")
    guest.check("systemctl", "stop", "bright")
    panel.wait("panel.failed")
    guest.service("bright2", "python3", "-u", "/lab/programs/kernel_led.py", "bright", "255")
    panel.wait("panel.recovered")
    guest.wait_for(lambda: {"51", "0"} <= set(told("bright2")), "it blinks again")


@shows("panel.failed", "panel.recovered")
def test_chip_that_is_unbound_and_bound_in_a_call_leaves_the_call_and_presses_nothing(panel):
    guest = panel.guest
    driver = "/sys/bus/platform/drivers/gpio-sim"
    device = guest.check("cat", "/sys/kernel/config/gpio-sim/board/dev_name")
    panel.play(*CLICK)
    call = panel.wait("call.connected")["call"]
    guest.pull("board", RING, "down")  # it goes while a finger is on it: neither a click nor a long press comes of it
    panel.wait("button.pressed", button="ring")
    guest.shell(f"echo {device} >{driver}/unbind")
    panel.wait("button.released", button="ring")
    panel.wait("panel.failed")
    guest.shell(f"echo {device} >{driver}/bind")
    panel.wait("panel.recovered")
    panel.play(*[(line, "up", 0.0) for line in range(QUICK + 1)])
    panel.play((STAFF, "down", 0.1), (STAFF, "up", 0.0))
    panel.wait("button.clicked", button="staff")
    meant = {"button.clicked", "button.held", "button.double_clicked", "call.held", "call.ended"}
    assert not meant & set(panel.types())
    assert [c["state"] for c in panel.ask("/v1/calls")["calls"]] == ["connected"]
    guest.pull("board", RING, "down")
    panel.wait("button.held", button="ring")
    assert panel.wait("call.ended")["call"] == call
    guest.pull("board", RING, "up")
