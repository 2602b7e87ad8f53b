"""Keypads and card readers of the installed service: lines of a simulated chip, and input devices made by uinput."""

import json
import random
import re
import time

import pytest

from tests.lab.events import Events
from tests.support.shown import shows

CHIP, D0, D1, COLUMNS, PIR = "entry", 0, 1, (3, 4, 5), 6
NAMES = ("D0", "D1", "ROW", "C0", "C1", "C2", "PIR")
ROWS_OF_PORCH, COLUMNS_OF_PORCH, RELAY = (0, 1, 2, 3), (4, 5, 6), 7
PORCH = ("R0", "R1", "R2", "R3", "K0", "K1", "K2", "RELAY")
KEYS = ("123", "456", "789", "*0#")
CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel.keypad.front]
chip = "entry"
rows = ["ROW"]
columns = ["C0", "C1", "C2"]
keys = ["12#"]

[panel.keypad.porch]
chip = "porch"
rows = ["R0", "R1", "R2", "R3"]
columns = ["K0", "K1", "K2"]
doors = ["front"]
# The player of its switches may be kept from the processor.
settle_ms = 50
debounce_ms = 200

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

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "porch"
line = "RELAY"
pulse_s = 1.0
"""
SWITCHES = "/run/lab/porch-switches"
DOOR_TOLD = ("door.unlocked", "door.denied")
HELD_S = 20.0


@pytest.fixture(scope="module")
def guest(one_processor):
    return one_processor


@pytest.fixture(scope="module")
def events(guest):
    """The service with all of them, and its events since its start."""
    guest.chip(CHIP, *NAMES)
    for line in (D0, D1, *COLUMNS):
        guest.pull(CHIP, line, "up")
    guest.chip("porch", *PORCH)
    for column in COLUMNS_OF_PORCH:
        guest.pull("porch", column, "up")
    lines = (",".join(map(str, those)) for those in (ROWS_OF_PORCH, COLUMNS_OF_PORCH))
    guest.service("switches", "python3", "/lab/programs/switches.py", "porch", *lines, SWITCHES)
    plug(guest, "keypad")
    plug(guest, "reader")
    guest.check("udevadm", "settle")
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    guest.check("systemctl", "restart", "intercomd-guard", "intercomd")
    guest.wait_for(guest.state, "the service answers", 120)
    guest.wait_for(lambda: used(guest, "C2") and used(guest, "K2"), "the lines are taken", 120)
    guest.wait_for(lambda: all(grabbed(guest, f"Desk {kind}") for kind in ("keypad", "reader")), "the devices", 120)
    return Events(guest)


def plug(guest, kind):
    guest.service(f"desk-{kind}", "python3", "/lab/programs/usb_keyboard.py", f"Desk {kind}", f"/run/lab/desk-{kind}")
    guest.wait_for(lambda: guest.run("test", "-p", f"/run/lab/desk-{kind}").returncode == 0, "the device is there")


def unplug(guest, kind):
    guest.check("systemctl", "stop", f"desk-{kind}")
    guest.check("rm", "-f", f"/run/lab/desk-{kind}")


def type_in(guest, kind, text):
    guest.shell(f"timeout 50 printf '%s\\n' '{text}' >/run/lab/desk-{kind}")


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
    words = [str(word) for word in (D0, D1, *numbers)]
    told = guest.check("python3", "/lab/programs/wiegand_sender.py", CHIP, *words, timeout_s=300)
    return [json.loads(line) for line in told.splitlines()]


@shows("card.read")
def test_cards_by_wiegand_at_speed_are_all_read_with_their_numbers(guest, events, counts, measured):
    numbers = random.Random(7).sample(range(2**24), counts(60, 500))
    told = []
    for batch in range(0, len(numbers), 20):  # so that the kernel has room for all pulses, however late they are read
        left = numbers[batch : batch + 20]
        while left:  # again those in which the sender was kept from the processor
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
    pace = f"26 pulses in {took[len(took) // 2] * 1e3:.0f} ms (median)"
    measured(f"{len(numbers)} cards by Wiegand", f"all read, sent {len(told)} times; {pace}")


@shows("card.discarded why=a frame of an unexpected length")
def test_a_lost_pulse_is_reported_and_counted(guest, events):
    before = len(events.of("card.discarded"))
    for edge in ("down", "up"):
        guest.pull(CHIP, D0, edge)
    (*_, told) = events.wait("card.discarded", before + 1, "that it was no card")
    assert told["data"]["reader"] == "gate"
    assert told["data"]["why"] == "a frame of an unexpected length: 1 bits came, of 4, 8, 26, 34"
    shown = guest.asked("/v1/state")["panel"]["readers"]
    assert {reader["id"]: reader["discarded"] > 0 for reader in shown} == {"gate": True, "desk": False}


@shows("keypad.digit")
def test_keys_on_lines_are_reported_but_not_which(guest, events):
    for number, column in enumerate(COLUMNS):
        guest.pull(CHIP, column, "down")
        events.wait("keypad.digit", number + 1, "the key", keypad="front")
        guest.pull(CHIP, column, "up")
        guest.check("sleep", "0.2")
    told = [event["data"] for event in events.of("keypad.digit", keypad="front")]
    assert [(key["digit"], key["masked"]) for key in told] == [(None, True)] * len(COLUMNS)


def press(guest, keys):
    """These keys of the porch's keypad are down from now on."""
    places = [(row, texts.index(key)) for key in keys for row, texts in enumerate(KEYS) if key in texts]
    guest.shell(f"echo '{' '.join(f'{row},{column}' for row, column in places)}' >{SWITCHES}")


def typed(guest, events, keys):
    """Press one after the other, each until its event comes."""
    told = len(events.of("keypad.digit", keypad="porch"))
    for number, key in enumerate(keys, start=1):
        press(guest, key)
        events.wait("keypad.digit", told + number, f"the key {key}", keypad="porch")
    press(guest, "")


def test_a_code_typed_at_a_keypad_of_rows_and_columns_opens_the_door(guest, events):
    guest.check("intercomctl", "code", "add", "--owner", "Cleaner", "--door", "front", given="5168\n")

    def outcomes():
        return events.of("keypad.accepted", "keypad.refused", keypad="porch")

    outcome = door = None
    for _ in range(4):  # again where the switches were late
        before, known = len(events.of(*DOOR_TOLD)), len(outcomes())
        typed(guest, events, "*5168")  # keys that follow each other are in different columns: a key is an edge
        try:
            outcome = guest.wait_for(lambda n=known: outcomes()[n:], "whether it is right", 20)[-1]
        except AssertionError:  # keys that come too slowly are no code
            continue
        if outcome["type"] == "keypad.accepted":
            door = events.wait(DOOR_TOLD, before + 1, "what becomes of the door")[-1]
            if door["type"] == "door.unlocked":  # denied where the guest was so late that its pulse was over
                break
    assert (outcome["type"], outcome["data"].get("owner")) == ("keypad.accepted", "Cleaner")
    assert (door["type"], door["data"]["door"], door["data"]["means"]) == ("door.unlocked", "front", "keypad")
    events.wait("door.locked", 1, "its end")
    assert {event["data"]["digit"] for event in events.of("keypad.digit", keypad="porch")} == {None}


def test_three_keys_that_look_like_four_are_refused(guest, events):
    told = len(events.of("keypad.digit", keypad="porch"))
    press(guest, "124")
    guest.check("sleep", "2")  # for as long as a single key would have needed
    press(guest, "")
    typed(guest, events, "9")
    assert len(events.of("keypad.digit", keypad="porch")) == told + 1


def test_a_key_that_is_jammed_at_the_start_enters_nothing_and_is_reported_while_other_keys_work(guest, events):
    told = len(events.of("keypad.digit", keypad="porch"))
    degraded, recovered = (
        len(events.of(f"appliance.{kind}", part="keypad porch")) for kind in ("degraded", "recovered")
    )
    guest.check("systemctl", "stop", "intercomd")
    press(guest, "5")
    guest.check("systemctl", "start", "intercomd")
    (*_, fault) = events.wait("appliance.degraded", degraded + 1, "that a key is jammed", part="keypad porch")
    assert "A key was down when the keypad's lines were first read." in fault["data"]["why"]
    for number, key in enumerate("1379", start=1):  # of other columns
        press(guest, f"5{key}")
        events.wait("keypad.digit", told + number, f"the key {key}", keypad="porch")
        press(guest, "5")
    press(guest, "")
    events.wait("appliance.recovered", recovered + 1, "that it is up", part="keypad porch")
    typed(guest, events, "5")
    assert len(events.of("keypad.digit", keypad="porch")) == told + 5, "the jammed key is none"


@shows("sensor.changed kind=motion")
def test_a_person_who_comes_near_is_reported_by_event_and_state(guest, events):
    for count, (edge, active) in enumerate((("up", True), ("down", False)), start=1):
        guest.pull(CHIP, PIR, edge)
        (*_, told) = events.wait("sensor.changed", count, "the movement")
        assert told["data"] == {"sensor": "pir", "kind": "motion", "active": active}
        (sensor,) = guest.asked("/v1/state")["panel"]["sensors"]
        assert (sensor["id"], sensor["active"]) == ("pir", active)


@shows("keypad.digit", "card.read")
def test_a_keypad_and_a_reader_at_usb_are_read_and_type_nowhere_else(guest, events):
    cards = len(events.of("card.read"))
    type_in(guest, "keypad", "12*")
    assert len(events.wait("keypad.digit", 4, "the keys, Enter among them", keypad="desk")) == 4
    type_in(guest, "reader", "0010463173")
    (*_, card) = events.wait("card.read", cards + 1, "the card")
    assert card["data"] == {"reader": "desk", "number": None, "masked": True, "bits": 0, "at": card["data"]["at"]}
    assert "0010463173" not in guest.journal()


def test_a_device_that_is_unplugged_is_reported_and_works_when_it_is_back(guest, events):
    failed, cards = len(events.of("panel.failed")), len(events.of("card.read"))
    recovered = len(events.of("panel.recovered"))
    unplug(guest, "reader")
    (*_, told) = events.wait("panel.failed", failed + 1, "that it is gone")
    assert "reader desk (Desk reader)" in told["data"]["why"]
    plug(guest, "reader")
    events.wait("panel.recovered", recovered + 1, "that it is back")
    type_in(guest, "reader", "4711")
    events.wait("card.read", cards + 1, "the card")


def state_of(guest, sensor):
    """Whether it is active, in the service's state; None: unknown."""
    panel = guest.asked("/v1/state")["panel"]
    return next(each["active"] for each in panel["sensors"] if each["id"] == sensor)


def test_a_chip_that_goes_takes_keypad_reader_and_sensor_along_and_brings_none_of_their_ghosts(guest, events):
    driver = "/sys/bus/platform/drivers/gpio-sim"
    device = guest.check("cat", f"/sys/kernel/config/gpio-sim/{CHIP}/dev_name")
    said = ("card.read", "keypad.digit", "sensor.changed")
    before, recovered = len(events.of(*said)), len(events.of("panel.recovered"))
    guest.pull(CHIP, PIR, "up")
    events.wait(said, before + 1, "the movement")
    guest.shell(f"echo {device} >{driver}/unbind")
    lost = ("keypad front (", "reader gate (", "sensor pir (")
    told = lambda: any(all(part in e["data"]["why"] for part in lost) for e in events.of("panel.failed"))  # noqa: E731
    guest.wait_for(told, "all three are told", 120)
    guest.wait_for(lambda: state_of(guest, "pir") is None, "nothing is known of the sensor")
    guest.shell(f"echo {device} >{driver}/bind")
    events.wait("panel.recovered", recovered + 1, "that they are back")
    guest.wait_for(lambda: state_of(guest, "pir") is False, "the sensor's level is known")
    assert len(events.of(*said)) == before + 1
    guest.pull(CHIP, COLUMNS[1], "down")
    events.wait(said, before + 2, "the key")
    guest.pull(CHIP, COLUMNS[1], "up")
    guest.pull(CHIP, PIR, "up")
    events.wait(said, before + 3, "the movement")
    while "4711" not in events.cards():
        sent(guest, [4711])
    assert [event["type"] for event in events.of(*said)[before + 1 : before + 3]] == ["keypad.digit", "sensor.changed"]


def findings(guest):
    """What the doctor says of each part, by its level and in words."""
    told = json.loads(guest.run("intercomctl", "--json", "doctor").stdout)
    return {each["check"]: (each["level"], f"{each['message']} {each['cause']}") for each in told["findings"]}


def test_the_service_may_read_the_devices_that_are_configured_and_no_other(guest, events, measured):
    plug(guest, "stranger")
    guest.check("udevadm", "settle")
    name_and_owner = "echo $(cat $each/device/name): $(stat -c '%U:%G %a' /dev/input/${each##*/})"
    assert guest.shell(f"for each in /sys/class/input/event*; do {name_and_owner}; done | sort").splitlines() == [
        "Desk keypad: intercomd:input 660",
        "Desk reader: intercomd:input 660",
        "Desk stranger: root:input 660",
    ]
    unplug(guest, "stranger")
    assert "input" not in guest.check("id", "--name", "--groups", "intercomd").split()
    told = guest.run("systemd-analyze", "security", "--no-pager", "intercomd.service").stdout
    measured("systemd-analyze security, with input devices", told.splitlines()[-1].strip())
    assert "DeviceAllow=" in guest.check("systemctl", "cat", "intercomd")


def test_the_doctor_reports_what_keeps_a_device_from_being_read(guest, events):
    assert findings(guest)["panel.keypad.desk"] == ("ok", "Input device Desk keypad, held by intercomd. ")
    assert findings(guest)["panel.reader.desk"] == ("ok", "Input device Desk reader, held by intercomd. ")
    guest.check("systemctl", "stop", "intercomd")
    grab = (
        "import fcntl, os, signal, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x40044590, 1); signal.pause()"
    )
    event = guest.shell("grep -l 'Desk reader' /sys/class/input/event*/device/name | cut -d/ -f5")
    guest.service("grabber", "python3", "-c", grab, f"/dev/input/{event}")
    guest.wait_for(lambda: findings(guest)["panel.reader.desk"][0] == "problem", "it is grabbed")
    _, words = findings(guest)["panel.reader.desk"]
    assert words.startswith("The input device Desk reader is grabbed by another program. python3 (process ")
    assert findings(guest)["panel.keypad.desk"] == ("ok", "Input device Desk keypad, free. ")
    unplug(guest, "keypad")
    there = "There is no input device Desk keypad. There are: Desk reader."
    assert findings(guest)["panel.keypad.desk"] == ("problem", there)
    guest.check("systemctl", "stop", "grabber")
