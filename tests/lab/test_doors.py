"""A door with all that belongs to it on real lines: contact, exit button, tamper contact, holds, lockdown."""

import json

import pytest

from tests.lab.test_power import levels, watched
from tests.lab.witness import LabWitness
from tests.support.schema import check
from tests.support.shown import shows

CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel.button.exit]
chip = "board"
line = "EXIT"
pull = "none"
action = "exit"
door = "front"

[panel.sensor.leaf]
chip = "board"
line = "LEAF"
pull = "none"
kind = "contact"
door = "front"
open_s = 2

[panel.sensor.housing]
chip = "board"
line = "HOUSING"
pull = "none"
kind = "tamper"
block_s = 3000

[panel.sensor.near]
chip = "board"
line = "NEAR"
pull = "none"
kind = "other"

[rule.gate]
on = "sensor.changed"
where = { sensor = "near", active = true }
times = ["mon-sun 00:00-24:00"]
door = "front"

[clock]
trust = "always"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "board"
line = "RELAY"
pulse_s = 1
max_hold_s = 600
"""
LEAF, RELAY, HOUSING, EXIT, NEAR = range(5)
# The relay's pull is at the energised level; contacts are closed at rest, and so low, and the button is up.
EXIT_CLOSED = "create board 5 LEAF RELAY HOUSING EXIT NEAR\nup board 1\n"
LINES = f"{EXIT_CLOSED}up board 3\n"
GUST_S, DEBOUNCE_S = 0.06, 0.2  # the second one is a sensor's by default
PATIENCE_S = 120


class Station(LabWitness):
    def watch(self):
        """Have all events written into the journal, those that were before too."""
        self.guest.run("systemctl", "stop", "watching")
        self.guest.service("watching", "intercomctl", "--json", "watch", "--since", "0")
        self.newest = max((event["id"] for event in self.events(0)), default=0)

    def events(self, since=None):
        """The events since `mark`, each held against its schema."""
        lines = self.guest.journal("--unit=watching", "--output=cat").splitlines()
        found = {event["id"]: event for event in map(json.loads, filter(lambda line: line.startswith("{"), lines))}
        for event in found.values():
            check(event)
        return [event for number, event in sorted(found.items()) if number > (self.newest if since is None else since)]

    def mark(self):
        """What came before is over."""
        self.newest = self.guest.asked("/v1/state")["last_event"]

    def told(self, event_type, /, **data):
        """Wait for an event; its data."""

        def there():
            for event in self.events():
                if event["type"] == event_type and data.items() <= event["data"].items():
                    return event
            return None

        return self.guest.wait_for(there, f"the event {event_type} {data}", PATIENCE_S)["data"]

    def types(self):
        return [event["type"] for event in self.events() if event["type"].startswith(("door.", "sensor."))]

    def ready(self):
        """Until the door can be opened; the door."""
        self.guest.wait_for(lambda: (door := self.door()) and door["available"], "the door can be opened", PATIENCE_S)
        return self.door()

    def door(self):
        state = self.guest.state()
        return state and state["doors"][0]

    def ask(self, *words):
        """An order about the door: its status, and what was said."""
        ended = self.guest.run("intercomctl", "door", "front", *words)
        return ended.returncode, ended.stdout + ended.stderr

    def pull(self, line, to):
        self.guest.pull("board", line, to)

    def shaken(self, line, times):
        """Open and close the line again and again for a moment: for how long it was open at most."""
        steps = [(line, way, GUST_S) for _ in range(times) for way in ("up", "down")]
        played = json.loads(
            self.guest.check("python3", "/lab/programs/line_player.py", "board", given=json.dumps(steps))
        )
        return max(over - begun for (begun, _), (_, over) in zip(played[::2], played[1::2], strict=True))

    def press_exit(self):
        self.pull(EXIT, "down")
        self.told("button.pressed", button="exit")
        self.pull(EXIT, "up")

    def exit_is_stuck(self):
        """The exit button was closed as its line was first read: it opened nothing, and its fault ends once up."""
        assert self.told("button.stuck", button="exit")
        assert self.guest.asked("/v1/panel")["buttons"][0]["stuck"] is True
        self.told("appliance.degraded", part="button exit")
        self.pull(EXIT, "up")
        self.told("appliance.recovered", part="button exit")
        assert not {"button.pressed", "door.unlocked", "door.denied"} & {event["type"] for event in self.events()}

    def at_rest(self):
        self.guest.wait_for(lambda: self.guest.level("board", RELAY) == 0, "the relay is at rest", PATIENCE_S)


@pytest.fixture(scope="module")
def station(make_guest, installed_disc):
    made = Station(make_guest(installed_disc).put(watched(LINES, CONFIG)).boot())
    made.ready()
    made.watch()
    return made


@pytest.fixture(autouse=True)
def fresh(station):
    station.ready()
    station.mark()


@shows("door.opened", "door.forced", "door.held_open", "door.closed")
def test_a_leaf_that_opens_unasked_is_forced_and_one_that_stays_open_is_reported(station):
    station.pull(LEAF, "up")
    station.told("door.forced", door="front")
    station.told("door.held_open", door="front")
    assert station.door()["contact"] == "open"
    station.pull(LEAF, "down")
    station.told("door.closed", door="front")
    assert station.types() == ["door.opened", "door.forced", "door.held_open", "door.closed"]


def test_wind_that_shakes_the_leaf_is_no_alarm(station):
    while station.shaken(LEAF, 10) > DEBOUNCE_S - 0.02:  # a busy host kept the player waiting, so that this may be one
        station.mark()
    station.pull(LEAF, "up")
    station.told("door.forced", door="front")
    station.pull(LEAF, "down")
    station.told("door.closed", door="front")
    assert [kind for kind in station.types() if kind != "door.held_open"] == [
        "door.opened",
        "door.forced",
        "door.closed",
    ]


@shows("door.unlocked means=api", "door.locked")
def test_a_leaf_that_opens_while_the_door_is_held_open_is_not_forced(station):
    assert station.ask("hold", "--seconds", "500")[0] == 0
    assert station.told("door.unlocked", held=True)["means"] == "api"
    assert station.guest.level("board", RELAY) == 1
    station.pull(LEAF, "up")
    station.told("door.opened")
    station.pull(LEAF, "down")
    station.told("door.closed")
    assert station.door()["state"] == "held"
    assert station.ask("release")[0] == 0
    station.told("door.locked")
    station.at_rest()
    assert station.types() == ["door.unlocked", "door.opened", "door.closed", "door.locked"]


@shows("door.hold_ending")
def test_a_hold_warns_before_its_end(station):
    assert station.ask("hold", "--seconds", "4")[0] == 0
    station.told("door.hold_ending")
    station.told("door.locked")
    station.at_rest()


@shows("door.unlocked means=exit")
def test_the_exit_button_opens_from_inside(station):
    station.press_exit()
    unlocked = station.told("door.unlocked")
    assert (unlocked["means"], unlocked["by"]) == ("exit", "button exit")
    station.told("door.locked")


def test_a_rule_opens_when_somebody_comes_near(station):
    station.pull(NEAR, "up")
    station.told("sensor.changed", sensor="near", active=True)
    assert station.told("rule.triggered") == {"rule": "gate", "on": "sensor.changed", "door": "front", "orders": []}
    unlocked = station.told("door.unlocked")
    assert (unlocked["means"], unlocked["by"]) == ("rule", "rule gate")
    station.told("door.locked")
    station.at_rest()
    station.pull(NEAR, "down")
    station.told("sensor.changed", sensor="near", active=False)
    assert station.types() == ["sensor.changed", "door.unlocked", "door.locked", "sensor.changed"]


def test_a_repeated_request_gives_one_pulse(station):
    rises = [level for _, level in levels(station.guest)].count(1)
    assert station.guest.check("python3", "/lab/programs/repeated_order.py", "the-same-key").split() == ["200"] * 6
    station.told("door.locked")
    station.at_rest()
    assert [level for _, level in levels(station.guest)].count(1) == rises + 1
    assert station.types() == ["door.unlocked", "door.locked"]


@shows(
    "sensor.changed kind=tamper",
    "sensor.blocked",
    "sensor.unblocked",
    "door.denied why=a sensor blocks it",
    "error:door-blocked",
)
def test_tampering_blocks_opening_over_a_restart_until_it_is_cleared(station):
    guest = station.guest
    station.pull(HOUSING, "up")
    station.told("sensor.changed", sensor="housing", kind="tamper", active=True)
    station.told("sensor.blocked")
    status, said = station.ask()
    assert (status, "Sensor housing reported tampering" in said) == (1, True)
    station.told("door.denied", means="api", why="a sensor blocks it: housing")
    station.press_exit()
    station.told("door.unlocked", means="exit")
    station.told("door.locked")
    station.pull(HOUSING, "down")
    station.told("sensor.changed", active=False)
    station.mark()
    before = station.newest
    guest.check("systemctl", "stop", "intercomd")
    station.pull(EXIT, "down")  # tampering would not keep who is inside from leaving
    guest.check("systemctl", "start", "intercomd")
    station.ready()
    station.watch()
    station.newest = before
    station.exit_is_stuck()
    assert guest.level("board", RELAY) == 0
    assert station.ask()[0] == 1
    guest.check("intercomctl", "clear", "housing")
    station.told("sensor.unblocked", by="http:unix")
    assert station.ask()[0] == 0
    station.at_rest()


@shows("door.lockdown_ended", "door.denied why=the door is locked down", "error:door-locked-down")
def test_lockdown_beats_a_hold_and_who_leaves_and_outlasts_a_power_cut(station):
    guest = station.guest
    assert station.ask("hold")[0] == 0
    station.told("door.unlocked", held=True)
    guest.write("/etc/sim-gpio", EXIT_CLOSED)
    guest.check("sync", "/etc/sim-gpio", "/etc")
    assert station.ask("lock")[0] == 0
    station.mark()
    before = station.newest
    guest.power_cut()  # the order was confirmed, so it is on disc
    guest.boot()
    door = station.ready()
    assert (door["state"], door["unlocked"]) == ("locked_down", False)
    assert [level for _, level in levels(guest)] == [1, 0]  # the pull, then the guard
    station.watch()
    station.newest = before
    station.exit_is_stuck()
    for order in ("open", "hold"):
        status, said = station.ask(order)
        assert (status, "It is locked down" in said) == (1, True)
    station.press_exit()
    station.told("door.denied", means="exit", why="the door is locked down")
    assert [level for _, level in levels(guest)] == [1, 0]
    assert station.ask("unlock")[0] == 0
    station.told("door.lockdown_ended")
    assert station.ask()[0] == 0
    station.told("door.unlocked", held=False)
    station.at_rest()


def test_a_damaged_file_locks_the_door_down_and_says_so(station):
    guest = station.guest
    guest.check("systemctl", "stop", "intercomd")
    guest.shell("echo '{' >/var/lib/intercomd/kept.json")
    guest.check("systemctl", "start", "intercomd")
    station.ready()
    station.watch()
    station.newest = 0
    station.told("warning", code="kept-state-damaged")
    assert station.door()["state"] == "locked_down"
    assert station.ask("unlock")[0] == 0
    assert station.ask()[0] == 0
    station.at_rest()


def test_a_chip_that_goes_leaves_nothing_known_of_the_leaf_and_opens_nothing_on_its_return(station):
    guest = station.guest
    driver = "/sys/bus/platform/drivers/gpio-sim"
    device = guest.check("cat", "/sys/kernel/config/gpio-sim/board/dev_name")
    assert station.ask("hold", "--seconds", "500")[0] == 0
    station.told("door.unlocked", held=True)
    guest.shell(f"echo {device} >{driver}/unbind")
    gone = lambda: (door := station.door()) and (door["contact"], door["available"]) == ("unknown", False)  # noqa: E731
    guest.wait_for(gone, "nothing is known of the leaf, and the door cannot be opened", PATIENCE_S)
    status, said = station.ask()
    assert (status, "The process that holds its relay is not running" in said) == (1, True)
    station.told("panel.failed")
    # All its lines are low now: the contacts are closed, and the exit button looks pressed.
    guest.shell(f"echo {device} >{driver}/bind")
    station.told("panel.recovered")
    station.ready()
    guest.wait_for(lambda: station.door()["contact"] == "closed", "the leaf is known to be closed", PATIENCE_S)
    station.at_rest()
    assert station.door()["state"] == "locked"
    station.pull(EXIT, "up")
    station.press_exit()
    station.told("door.unlocked", means="exit")
    opened = [kind for kind in station.types() if kind in {"door.unlocked", "door.opened", "door.forced"}]
    assert opened == ["door.unlocked"] * 2  # the hold, and who has pressed just now
