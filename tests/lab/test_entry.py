"""Keypads and card readers of the installed service: lines of a simulated chip, and input devices made by uinput."""

import json
import random
import re
import time
from pathlib import Path

import pytest

from tests.lab.events import Events

CHIP, D0, D1, COLUMNS, OTHER, PIR = "entry", 0, 1, (3, 4, 5), 6, 7
NAMES = ("D0", "D1", "ROW", "C0", "C1", "C2", "OTHER", "PIR")
CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel.keypad.front]
chip = "entry"
rows = ["ROW"]
columns = ["C0", "C1", "C2"]
keys = ["12#"]

[panel.keypad.gate]
reader = "gate"

[panel.keypad.desk]
device = "Desk keypad"

[panel.reader.gate]
chip = "entry"
d0 = "D0"
d1 = "D1"
tell_numbers = true

[panel.reader.desk]
device = "Desk reader"

[panel.sensor.pir]
chip = "entry"
line = "PIR"
pull = "down"
normally = "open"
kind = "motion"
"""
HANDS = "/root/hands.py"
HELD_S = 20.0


@pytest.fixture(scope="module")
def events(guest):
    """The service with all of them, and what it told since its start."""
    guest.chip(CHIP, *NAMES)
    for line in (D0, D1, *COLUMNS):
        guest.pull(CHIP, line, "up")
    guest.copy_in(Path(__file__).parent / "hands.py", to="/root")
    plug(guest, "keypad")
    plug(guest, "reader")
    guest.check("udevadm", "settle")
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    guest.check("systemctl", "restart", "intercomd")
    guest.wait_for(lambda: guest.run("intercomctl", "state").returncode == 0, "the service answers", 120)
    guest.wait_for(lambda: used(guest, "C2"), "the lines are taken", 120)
    guest.wait_for(lambda: all(grabbed(guest, f"Desk {kind}") for kind in ("keypad", "reader")), "the devices", 120)
    return Events(guest)


def plug(guest, kind):
    guest.service(f"desk-{kind}", "python3", HANDS, "keyboard", f"Desk {kind}", f"/run/desk-{kind}")
    guest.wait_for(lambda: guest.run("test", "-p", f"/run/desk-{kind}").returncode == 0, "the device is there")


def unplug(guest, kind):
    guest.check("systemctl", "stop", f"desk-{kind}")
    guest.check("rm", "-f", f"/run/desk-{kind}")


def type_in(guest, kind, text):
    guest.shell(f"timeout 50 printf '%s\\n' '{text}' >/run/desk-{kind}")


def used(guest, line):
    return re.search(r'consumer="?intercomd', guest.run("gpioinfo", line).stdout)


def grabbed(guest, name):
    """Whether the service has that device: nobody else may grab it."""
    script = (
        "import fcntl, glob, sys\n"
        "for event in glob.glob('/sys/class/input/event*'):\n"
        "    if open(event + '/device/name').read().strip() == sys.argv[1]:\n"
        "        fcntl.ioctl(open('/dev/input/' + event.rsplit('/')[-1], 'rb'), 0x40044590, 1)\n"
    )
    return "busy" in guest.run("python3", "-c", script, name).stderr


def sent(guest, numbers):
    """Hold these cards to the reader; what was said of each."""
    words = [str(word) for word in (D0, D1, OTHER, *numbers)]
    told = guest.check("python3", HANDS, "wiegand", CHIP, *words, timeout_s=300)
    return [json.loads(line) for line in told.splitlines()]


def test_cards_by_wiegand_at_speed_are_all_read_with_their_numbers(guest, events, counts, measured):
    numbers = random.Random(7).sample(range(2**24), counts(60, 500))
    told = []
    for batch in range(0, len(numbers), 20):  # so that the kernel has room for all pulses, however late they are read
        left = numbers[batch : batch + 20]
        while left:  # again those in which whoever sends was kept from the processor
            told += sent(guest, left)
            held = time.monotonic() + HELD_S
            while left and time.monotonic() < held:
                read = events.cards()
                left = [number for number in left if str(number) not in read]
        assert len(told) < 3 * len(numbers), "most cards are not read"
    assert set(events.cards()) == {str(number) for number in numbers}  # never another one
    about = {(card["data"]["reader"], card["data"]["bits"], card["data"]["masked"]) for card in events.of("card.read")}
    assert about == {("gate", 26, False)}
    took = sorted(card["took_s"] for card in told)
    pace = f"26 pulses in {took[len(took) // 2] * 1e3:.0f} ms (median), the fastest that simulated lines do"
    measured(f"{len(numbers)} cards by Wiegand", f"all read, sent {len(told)} times; {pace}")


def test_a_lost_pulse_is_told_and_counted(guest, events):
    before = len(events.of("card.discarded"))
    for edge in ("down", "up"):
        guest.pull(CHIP, D0, edge)
    (*_, told) = events.wait("card.discarded", before + 1, "that it was no card")
    assert told["data"]["reader"] == "gate"
    assert told["data"]["why"] == "1 bits came, of 4, 8, 26, 34"
    shown = json.loads(guest.check("intercomctl", "--json", "state"))["panel"]["readers"]
    assert {reader["id"]: reader["discarded"] > 0 for reader in shown} == {"gate": True, "desk": False}


def test_keys_on_lines_are_told_but_not_which(guest, events):
    for number, column in enumerate(COLUMNS):
        guest.pull(CHIP, column, "down")
        events.wait("keypad.digit", number + 1, "the key")
        guest.pull(CHIP, column, "up")
        guest.check("sleep", "0.2")
    told = [event["data"] for event in events.of("keypad.digit")]
    assert [(key["keypad"], key["digit"], key["masked"]) for key in told] == [("front", None, True)] * len(COLUMNS)


def test_who_comes_near_is_told_by_event_and_state(guest, events):
    for count, (edge, active) in enumerate((("up", True), ("down", False)), start=1):
        guest.pull(CHIP, PIR, edge)
        (*_, told) = events.wait("sensor.changed", count, "the movement")
        assert told["data"] == {"sensor": "pir", "kind": "motion", "active": active}
        (sensor,) = json.loads(guest.check("intercomctl", "--json", "state"))["panel"]["sensors"]
        assert (sensor["id"], sensor["active"]) == ("pir", active)


def test_a_keypad_and_a_reader_at_usb_are_read_and_type_nowhere_else(guest, events):
    keys, cards = len(events.of("keypad.digit")), len(events.of("card.read"))
    type_in(guest, "keypad", "12*")
    told = events.wait("keypad.digit", keys + 4, "the keys, Enter among them")
    assert [event["data"]["keypad"] for event in told[keys:]] == ["desk"] * 4
    type_in(guest, "reader", "0010463173")
    (*_, card) = events.wait("card.read", cards + 1, "the card")
    assert card["data"] == {"reader": "desk", "number": None, "masked": True, "bits": 0, "at": card["data"]["at"]}
    assert "0010463173" not in guest.journal()


def test_a_device_that_is_unplugged_is_told_and_works_when_it_is_back(guest, events):
    failed, cards = len(events.of("panel.failed")), len(events.of("card.read"))
    unplug(guest, "reader")
    (*_, told) = events.wait("panel.failed", failed + 1, "that it is gone")
    assert "reader desk (Desk reader)" in told["data"]["why"]
    plug(guest, "reader")
    events.wait("panel.recovered", 1, "that it is back")
    type_in(guest, "reader", "4711")
    events.wait("card.read", cards + 1, "the card")


def test_devices_are_opened_by_a_group_and_the_service_may_do_no_more_than_before(guest, events, measured):
    assert guest.shell("stat -c '%U:%G %a' /dev/input/event* | sort -u") == "root:input 660"
    told = guest.run("systemd-analyze", "security", "--no-pager", "intercomd.service").stdout
    measured("systemd-analyze security, with input devices", told.splitlines()[-1].strip())
    assert "DeviceAllow=" in guest.check("systemctl", "cat", "intercomd")
