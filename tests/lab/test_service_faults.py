"""Faults around the service: each starts or fails with its reason and a remedy in `systemctl status`."""

import re

import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED
from tests.lab.station import ACCOUNT, FILE, PLAIN, Station

STATE = "/var/lib/intercomd"
CARDS = ("snd_aloop.0:snd_aloop", "snd_dummy.0:snd_dummy")


@pytest.fixture(scope="module")
def machine(guest):
    made = Station(guest)
    FarEnd(guest)
    guest.drop_in("not-hurried", NOT_HURRIED)
    return made


@pytest.fixture
def station(machine):
    """The service without faults, as it must be again after each fault."""
    machine.configure(PLAIN)
    yield machine
    machine.configure(PLAIN)
    machine.restart()
    machine.says("^ready$")


def fails(station, *reasons):
    """Start it, which must not be; what `systemctl status` says has these reasons, and that it is tried again."""
    station.guest.run("systemctl", "reset-failed", "intercomd")
    assert station.guest.run("systemctl", "restart", "intercomd").returncode != 0
    # Between two attempts: while one begins, systemd shows nothing of the one before.
    station.guest.wait_for(lambda: told(station.shown(), reasons), f"{reasons} are told")
    station.guest.wait_for(lambda: int(station.value("NRestarts")) > 0, "it is tried again")


def told(shown, reasons):
    return all(reason in shown for reason in reasons)


def runs(station, status, *reasons):
    """Start it, which must be; its status line matches, and `systemctl status` says why."""
    station.restart()
    station.says(status)
    shown = station.shown()
    for reason in reasons:
        assert reason in shown, shown


# -- the configuration -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "reasons"),
    [
        ("[door.front", ["intercomd.toml:1: ", "Correct that line"]),
        ("[station]\nnmae = 'x'\n", ["station.nmae: no such setting; did you mean name?", "Correct it"]),
        ("[sip]\nport = 70000\n", ["sip.port = 70000: must be", "Correct it"]),
    ],
    ids=["no TOML", "an unknown setting", "a wrong value"],
)
def test_a_wrong_file_is_reported_with_its_place(station, broken, reasons):
    station.configure(broken)
    fails(station, *reasons)
    station.says(re.escape(reasons[0]))


def test_it_is_tried_again_ever_later_and_comes_when_the_file_is_mended(station):
    station.configure("[")
    station.guest.run("systemctl", "reset-failed", "intercomd")
    station.guest.run("systemctl", "restart", "intercomd")
    waits = []
    for times in (1, 3):
        station.guest.wait_for(lambda: int(station.value("NRestarts")) >= times, f"attempt {times}")  # noqa: B023
        waits.append(seconds(station.value("RestartUSecNext")))
    assert waits == sorted(set(waits))
    station.configure(PLAIN)
    station.says("^ready$")


def seconds(span):
    """A span of time as systemd writes it, such as 1min 2.5s or 800ms."""
    units = {"min": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(min|ms|us|s)", span))


def test_a_file_that_may_not_be_read_is_reported(station):
    station.guest.check("chmod", "600", FILE)
    station.guest.check("chown", "root:root", FILE)
    fails(station, f"{FILE} cannot be read", "The service's user may not read it", "Let that user read the file")


def test_a_file_that_is_not_there_is_reported(station):
    station.guest.check("rm", FILE)
    fails(station, f"{FILE} cannot be read", "There is no such file", "copy the example file")


@pytest.mark.parametrize("setting", ["office.password", "/etc/intercomd/none"])
def test_a_password_that_is_missing_is_reported(station, setting):
    station.configure(PLAIN + ACCOUNT.replace("office.password", setting))
    remedy = "LoadCredential=office.password" if "/" not in setting else "Write the password into it"
    fails(station, "account.office.password_file: ", remedy)


def test_a_credential_whose_file_is_missing_is_reported_by_systemd(station):
    station.drop_in("password", "[Service]\nLoadCredential=office.password:/etc/intercomd/none\n")
    try:
        fails(station, "status=243/CREDENTIALS")
    finally:
        station.drop_in("password", "")


# -- cards -------------------------------------------------------------------------------------------------------------


def test_without_any_card_calls_go_on_and_the_card_is_found_when_it_comes(station):
    drivers = "/sys/bus/platform/drivers"
    for card in CARDS:
        device, driver = card.split(":")
        station.guest.shell(f"echo {device} >{drivers}/{driver}/unbind")
    try:
        runs(station, "^audio: There is no ALSA PCM ", "is no ALSA PCM")
        station.ready()
        station.dial()
        station.hang_up()
    finally:
        for card in CARDS:
            device, driver = card.split(":")
            station.guest.shell(f"echo {device} >{drivers}/{driver}/bind")
    station.says("^ready$")


def test_an_unknown_card_is_reported_with_those_there_are(station):
    station.configure(PLAIN.replace("Loopback", "Lopback"))
    runs(station, "^audio: There is no ALSA PCM 'plughw:CARD=Lopback,DEV=0'$")
    assert (
        "There is no card Lopback. There are: plughw:CARD=Loopback,DEV=0"
        in station.guest.run("intercomctl", "doctor").stdout
    )


# -- the disc ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_state_directory_that_takes_nothing_is_reported_and_calls_go_on(station, fault):
    guest = station.guest
    guest.check("systemctl", "stop", "intercomd")
    guest.shell(f"mount -t tmpfs -o size=1m,mode=0750 state {STATE}; chown intercomd:intercom {STATE}")
    try:
        if fault == "full":
            guest.run("dd", "if=/dev/zero", f"of={STATE}/ballast", "bs=4096")
        else:
            guest.check("mount", "-o", "remount,ro", STATE)
        runs(station, "storage: ")
        station.ready()
        station.dial()
        station.hang_up()
    finally:
        guest.check("systemctl", "stop", "intercomd")
        guest.check("umount", STATE)


# -- what else the machine runs ----------------------------------------------------------------------------------------


def test_a_dead_bus_is_reported_and_found_again(station):
    station.configure(PLAIN + "[dbus]\nenabled = true\n")
    bus = int(station.value("MainPID", "dbus.service"))
    station.restart()
    station.says("^ready$")
    station.guest.check("systemctl", "stop", "dbus.socket", "dbus.service")
    assert bus
    try:
        station.says("^dbus: ")
        station.ready()
        station.dial()
        station.hang_up()
    finally:
        station.guest.check("systemctl", "start", "dbus.socket", "dbus.service")
    station.says("^ready$")


def test_a_journal_that_hangs_or_is_gone_holds_no_one_up(station):
    station.restart()
    station.ready()
    pid, sip = station.pid, station.sip()
    journal = int(station.value("MainPID", "systemd-journald.service"))
    station.signal("STOP", journal)
    try:
        for _ in range(3):
            station.dial()
            station.hang_up()
    finally:
        station.signal("KILL", journal)
    station.dial()
    station.hang_up()
    assert (station.pid, station.sip()) == (pid, sip)


def test_a_second_daemon_is_refused_with_the_reason(station):
    station.restart()
    pid = station.pid
    second = station.guest.run("runuser", "--user", "intercomd", "--", "intercomd", "--state", STATE)
    assert second.returncode == 1
    assert f"Another daemon uses the state directory {STATE}" in second.stderr
    assert "Stop the other one" in second.stderr
    assert station.pid == pid


def test_a_boot_is_over_though_neither_daemon_nor_guard_can_start(station):
    station.configure("[")
    station.guest.reboot()  # until multi-user.target is reached
    station.guest.wait_for(lambda: "intercomd.toml:1: " in station.status, "the daemon has said why")
    station.guest.wait_for(
        lambda: "cannot be read" in station.value("StatusText", "intercomd-guard.service"), "the guard has said why"
    )
