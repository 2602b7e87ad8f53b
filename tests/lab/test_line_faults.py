"""Faults of lines: reported with cause and remedy where people look, while the service goes on, and healed."""

import json
import re

import pytest

CONFIG = """
[audio]
capture = "null"
playback = "null"

[panel.button.ring]
chip = "{chip}"
line = "{button}"
action = "answer"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "{chip}"
line = "{relay}"
"""
BUTTON, RELAY = 0, 2
PATIENCE_S = 120
HEALED_S = 180  # a line that failed is tried again after a minute at most


class Station:
    """The service in the guest, and what it said since it was last configured."""

    def __init__(self, guest):
        self.guest = guest

    def configure(self, chip="board", button="BUTTON", relay="RELAY"):
        """Start both units with these names."""
        self.stop()
        self.guest.write("/etc/intercomd/intercomd.toml", CONFIG.format(chip=chip, button=button, relay=relay))
        self.cursor = json.loads(self.guest.journal("--lines=1", "--output=json"))["__CURSOR"]
        self.guest.check("systemctl", "start", "--no-block", "intercomd-guard", "intercomd")

    def stop(self):
        for unit in ("intercomd", "intercomd-guard"):  # in this order: a daemon would have the guard started again
            self.guest.check("systemctl", "stop", unit, timeout_s=PATIENCE_S)

    def said(self, *words):
        return self.guest.journal(f"--after-cursor={self.cursor}", "--output=cat", *words)

    def events(self, name):
        return self.said("--unit=intercomd", f"INTERCOMD_EVENT={name}").splitlines()

    @property
    def status(self):
        return self.guest.properties("intercomd", "StatusText")["StatusText"]

    def panel_told(self, cause, remedy):
        """The daemon has reported it in its journal."""
        told = lambda: any(cause in event and remedy in event for event in self.events("panel.failed"))  # noqa: E731
        self.guest.wait_for(told, f"the event tells {cause!r} and {remedy!r}", PATIENCE_S)

    def panel_fails(self, cause, remedy):
        """Its status reports the lasting fault too; and it runs."""
        guest = self.guest
        self.panel_told(cause, remedy)
        guest.wait_for(lambda: cause in self.status, f"the status tells {cause!r}", PATIENCE_S)
        # It is ready once it has waited, 5 s at most, for a guard that has no line either.
        state = lambda: self.guest.properties("intercomd", "ActiveState", "NRestarts")  # noqa: E731
        guest.wait_for(lambda: state() == {"ActiveState": "active", "NRestarts": "0"}, "the service runs", PATIENCE_S)

    def guard_fails(self, cause, remedy):
        """The guard reports it in its journal, which systemctl status shows."""
        self.guest.wait_for(
            lambda: cause in self.said("--unit=intercomd-guard"), f"the guard tells {cause!r}", PATIENCE_S
        )
        assert remedy in self.said("--unit=intercomd-guard")

    def heals(self):
        """Without being started again."""
        self.guest.wait_for(lambda: self.events("panel.recovered"), "the panel is well", HEALED_S)
        self.guest.wait_for(lambda: "panel" not in self.status, "the status has no fault of the panel")
        self.works()

    def works(self):
        """Both have their lines, and a press is a press."""
        guest = self.guest
        guest.wait_for(lambda: self.user("RELAY") == "intercomd-guard", "the guard has its line", HEALED_S)
        guest.wait_for(lambda: self.user("BUTTON") == "intercomd", "the daemon has its line", HEALED_S)
        before = len(self.events("button.pressed"))
        guest.pull("board", BUTTON, "down")
        guest.wait_for(lambda: len(self.events("button.pressed")) == before + 1, "the press")
        guest.pull("board", BUTTON, "up")
        guest.wait_for(lambda: len(self.events("button.released")) == before + 1, "the release")

    def user(self, line):
        """Who has a line, by the name that he gave."""
        said = re.search(r'consumer="?([^"\s]+)', self.guest.run("gpioinfo", line).stdout)
        return said and said[1]


@pytest.fixture(scope="module")
def station(guest):
    """With a chip."""
    guest.chip("board", "BUTTON", "LAMP", "RELAY")
    guest.check("udevadm", "settle")
    return Station(guest)


def test_rule_of_udev_gives_lines_to_their_group(station):
    assert station.guest.shell("stat -c '%U:%G %a' /dev/gpiochip*") == "root:gpio 660"


def test_lines_are_taken_in_the_sandbox_of_both_units(station):
    station.configure()
    station.works()
    for unit in ("intercomd", "intercomd-guard"):
        assert station.guest.properties(unit, "PrivateUsers", "DevicePolicy") == {
            "PrivateUsers": "yes",
            "DevicePolicy": "closed",
        }


def test_names_that_are_nearly_right_are_reported_with_the_right_ones(station):
    station.configure(chip="bord")
    station.panel_fails("no GPIO chip is labelled 'bord'; there are: board", "did you mean 'board'?")
    station.guard_fails("no GPIO chip is labelled 'bord'; there are: board", "did you mean 'board'?")
    station.configure(button="BUTON", relay="RELAIS")
    station.panel_fails("chip board has no line 'BUTON'", "did you mean 'BUTTON'?")
    station.guard_fails("chip board has no line 'RELAIS'", "did you mean 'RELAY'?")
    tried = station.guest.run("intercomctl", "panel", "test", "button.ring")  # which does not wait for a press, then
    assert "It does not work. button ring (" in tried.stdout
    assert "chip board has no line 'BUTON'. Run intercomctl doctor." in tried.stdout
    tried = station.guest.run("intercomctl", "panel", "test", "door.front")
    assert "The process that holds its relay is not running" in tried.stdout


@pytest.mark.parametrize("line", ["BUTTON", "RELAY"])
def test_line_in_use_is_reported_with_its_user_and_taken_when_it_is_free(station, line):
    guest = station.guest
    station.stop()
    guest.service("other", "gpiomon", "--consumer=somebody", line)
    guest.wait_for(lambda: station.user(line) == "somebody", "the line is in use")
    station.configure()
    if line == "BUTTON":
        station.panel_fails("in use by 'somebody'", "gpioinfo shows who has which line")
    else:
        station.guard_fails("in use by 'somebody'", "gpioinfo shows who has which line")
    guest.check("systemctl", "stop", "other")
    guest.wait_for(lambda: line == "RELAY" or station.events("panel.recovered"), "the button", HEALED_S)
    station.works()


def test_chip_that_may_not_be_opened_is_reported_and_taken_when_it_may(station):
    station.guest.shell("chown root:root /dev/gpiochip*; chmod 600 /dev/gpiochip*")
    station.configure()
    station.panel_fails(": Permission denied", "udev rule")
    station.guard_fails(": Permission denied", "udev rule")
    station.guest.check("udevadm", "trigger", "--action=add", "--subsystem-match=gpio", "--settle")
    station.heals()


def test_chip_that_goes_and_comes_back_is_reported_and_nothing_counts_as_pressed(station):
    guest = station.guest
    station.configure()
    station.works()
    pressed = len(station.events("button.pressed"))
    guest.shell("echo 0 >/sys/kernel/config/gpio-sim/board/live")
    station.panel_told("its chip was removed", "reconnect it")  # for a moment, until it is looked for again
    station.panel_fails("this machine has no GPIO chip", "load the driver")
    station.guard_fails("the chip of its relay's line was removed", "reconnect it")
    guest.shell("echo 1 >/sys/kernel/config/gpio-sim/board/live")
    guest.wait_for(lambda: station.events("panel.recovered"), "the panel is well", HEALED_S)
    assert len(station.events("button.pressed")) == pressed
    station.heals()


def test_machine_without_chips_is_reported_and_its_lines_are_taken_when_there_are(station):
    guest = station.guest
    guest.shell("echo 0 >/sys/kernel/config/gpio-sim/board/live")
    station.configure()
    station.panel_fails("this machine has no GPIO chip", "load the driver")
    station.guard_fails("this machine has no GPIO chip", "load the driver")
    guest.shell("echo 1 >/sys/kernel/config/gpio-sim/board/live")
    station.heals()
