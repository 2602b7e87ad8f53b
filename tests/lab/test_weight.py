"""What a lamp and a door on real lines cost: memory and processor time, and how soon their lines move."""

import json
import statistics

import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED
from tests.lab.station import CHIP, Station

PLAIN = """
[audio]
capture = "null"
playback = "null"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""
WITH_LINES = f"""{PLAIN}
[panel.lamp.status]
chip = "{CHIP}"
line = "LAMP"
pictures = {{idle = "double", in_call = "fast", door_open = "on"}}

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "{CHIP}"
line = "RELAY"
"""
LAMP, RELAY = range(2)
STATIONS = {"without": PLAIN, "with": WITH_LINES}


@pytest.fixture(scope="module")
def station(guest):
    guest.drop_in("not-hurried", NOT_HURRIED)
    guest.chip(CHIP, "LAMP", "RELAY")
    guest.check("udevadm", "settle")
    FarEnd(guest)
    return Station(guest)


def start(station, config):
    station.configure(config)
    station.guest.run("systemctl", "restart", "intercomd-guard")  # it exits if there is no door
    station.restart()
    station.ready()


def weighed(station, windows):
    return json.loads(station.guest.check("python3", "/lab/programs/weigh.py", str(windows)))


def flashes(station):
    """Whether the lamp's line moves within 3 s."""
    return bool(json.loads(station.guest.check("python3", "/lab/programs/line_recorder.py", CHIP, str(LAMP), "3")))


def looks_right(station, name):
    """Its lamp flashes if it has one; on a busy machine not in each 3 s."""
    if name == "with":
        station.guest.wait_for(lambda: flashes(station), "the lamp flashes")
    else:
        assert not flashes(station)


def test_weight_of_a_lamp_that_flashes_and_of_a_door(station, measured, counts):
    """The same station with and without them, alternating; in a call the lamp flashes four times a second."""
    rounds, windows = counts(1, 5), counts(3, 10)
    found = {name: {"idle": [], "call": []} for name in STATIONS}
    for number in range(rounds):
        for name in sorted(STATIONS, reverse=number % 2 == 0):
            start(station, STATIONS[name])
            looks_right(station, name)
            found[name]["idle"].append(weighed(station, windows))
            station.dial()
            looks_right(station, name)
            found[name]["call"].append(weighed(station, windows))
            station.hang_up()
    for phase in ("idle", "call"):
        for what, unit, digits in (("memory", "MB", 1), ("processor", "% of a core", 2)):
            without, with_lines = (
                statistics.median(sample[what] for sample in found[name][phase]) for name in ("without", "with")
            )
            figures = f"{with_lines:.{digits}f} {unit}, without them {without:.{digits}f}"
            measured(f"lamp and door on real lines, {what}, {phase}: median of {rounds}", figures)


def test_order_to_open_moves_the_relays_line_and_the_event_the_lamps(station, measured, counts):
    start(station, WITH_LINES.replace('idle = "double", ', ""))  # a flash is no answer to an order
    count = counts(20, 200)
    words = ("python3", "/lab/programs/door_opener.py", CHIP, str(RELAY), str(LAMP), str(count))
    moves = json.loads(station.guest.check(*words, timeout_s=120 + 5 * count))
    seen = [move for move in moves if None not in move]  # on a busy machine a look may come too late
    assert len(moves) == count
    assert seen, f"no order moved both lines: {moves}"
    relay = sorted((rose - ordered) * 1000 for ordered, _, rose, _ in seen)
    lamp = sorted((lit - event) * 1000 for _, event, _, lit in seen)
    for what, took in {"order to open to the relay's line": relay, "event to the lamp's line": lamp}.items():
        figures = f"{statistics.median(took):.1f} ms (least {took[0]:.1f}, most {took[-1]:.1f})"
        measured(f"{what}, median of {len(seen)}", figures)
