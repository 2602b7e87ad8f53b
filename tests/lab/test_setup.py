"""What apt left, after a boot; then intercomd-setup on a board with lines and cards, by itself and from a boot disc.

The tests share a guest and follow one another, from a station that nobody has configured on.
"""

import json

import pytest

from tests.lab.programs.pacing import pause

REST_S = 20
BOARD = ("board", "BUTTON", "DOOR", "LED")
IMPORT = """
[station]
name = "Back door"

[audio]
capture = "null"
playback = "null"

[account.pbx]
user = "201"
registrar = "127.0.0.1:5099"
password = "hunter2"

[door.back]
chip = "board"
line = "DOOR"
digits = "4711"

[target.house]
uri = "300"
account = "pbx"
doors = ["back"]
"""

# As on a Raspberry Pi: FAT, which has neither owners nor modes, mounted by /etc/fstab.
BOOT_PARTITION = """
mkfs.vfat -C /var/boot.img 16384 >/dev/null
mkdir -p /boot/firmware
echo '/var/boot.img /boot/firmware vfat loop,defaults 0 2' >>/etc/fstab
systemctl daemon-reload
mount /boot/firmware
"""


@pytest.fixture(scope="module")
def guest(own_guest):
    return own_guest


@pytest.fixture(scope="module")
def board(guest):
    guest.chip(*BOARD)
    guest.write("/etc/sim-gpio", " ".join(("create", BOARD[0], "3", *BOARD[1:])) + "\n")
    return guest


def test_the_service_runs_after_boot_and_answers(guest):
    # The boot is over once each unit has started: this one's READY comes after its socket.
    assert "Intercom: " in guest.check("intercomctl", "state")
    assert guest.check("systemctl", "is-active", "intercomd.service") == "active"


def test_no_unit_has_failed(guest):
    guest.run("systemctl", "is-system-running", "--wait")
    assert guest.check("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""


def test_at_rest_it_costs_next_to_no_processor_time(guest, measured):
    def used():
        return int(guest.properties("intercomd", "CPUUsageNSec")["CPUUsageNSec"])

    guest.wait_for(lambda: "not configured" in guest.check("intercomctl", "state"), "it is at rest")
    before = used()
    pause(REST_S)
    measured(f"processor time in {REST_S} s of rest, not configured", (used() - before) / 1e9)


def findings(guest, *words):
    told = guest.run("intercomctl", "--json", "doctor", *words)
    return {finding["check"]: finding for finding in json.loads(told.stdout)["findings"]}, told.returncode


def test_a_fresh_station_says_that_it_is_not_configured_and_can_be_tried(board):
    board.wait_for(lambda: (told := board.state()) and told["appliance"]["ready"], "the station is ready")
    assert board.state()["appliance"]["configured"] is False
    assert board.properties("intercomd", "StatusText")["StatusText"].startswith("not configured")
    assert "not configured" in board.check("systemctl", "status", "intercomd", "--no-pager")
    found, _ = findings(board)
    assert found["configuration"]["message"] == "The station is not configured."
    sound = board.run("intercomctl", "--json", "panel", "test", "sound")
    assert json.loads(sound.stdout)["findings"][0]["check"] == "sound"


def test_the_set_up_takes_what_is_there_and_its_lines_do_what_they_are_for(board):
    board.check("intercomd-setup", "--yes")
    board.check("intercomd", "--check")
    board.check("systemctl", "restart", "intercomd-guard", "intercomd")
    board.wait_for(lambda: (told := board.state()) and told["appliance"]["ready"], "the station is ready")
    assert board.state()["appliance"]["failed"] == []
    assert "it has no target to call" in board.state()["appliance"]["status"]
    found, _ = findings(board)
    assert found["audio.capture"]["message"].startswith("The microphone is muted.")
    board.check("intercomctl", "audio", "set", "--microphone", "on")
    board.wait_for(lambda: findings(board)[1] == 0, "the doctor hears the microphone")
    found, status = findings(board)
    assert [found[part]["level"] for part in ("panel.button.ring", "panel.lamp.status", "door.front")] == ["ok"] * 3
    assert (found["door.front"]["message"], status) == ("Line DOOR of board, held by intercomd-guard.", 0)
    for part in ("lamp.status", "door.front"):
        board.check("intercomctl", "panel", "test", part, "--seconds", "3")
    stays = board.run("intercomd-setup", "--yes")
    assert (stays.returncode, "--force" in stays.stderr) == (1, True)


def test_the_doctor_names_who_has_a_line_or_a_card_with_and_without_the_daemon(board):
    board.check("systemctl", "stop", "intercomd", "intercomd-guard.service", "intercomd-guard.socket")
    board.service("thief", "gpioset", "--consumer", "thief", "DOOR=1")
    # A card with nothing at its other end keeps its player waiting, with the PCM open.
    card = board.shell("sed -n 's/^capture = \"plughw:CARD=\\([^\",]*\\).*/\\1/p' /etc/intercomd/intercomd.toml")
    board.service("player", "aplay", "-q", "-D", f"plughw:CARD={card}", "-f", "dat", "/dev/zero")

    def taken():
        found, status = findings(board)
        line, sound = found["door.front"], found["audio.playback"]
        return status == 1 and "thief uses it" in line["cause"] and "aplay (process" in sound["cause"]

    board.wait_for(taken, "the doctor sees who has line and card")
    board.check("systemctl", "stop", "thief", "player")
    board.check("systemctl", "start", "intercomd-guard.socket", "intercomd")
    board.wait_for(lambda: (told := board.state()) and told["appliance"]["ready"], "the station is ready")


def test_a_board_without_a_screen_takes_its_configuration_from_the_boot_partition_once(board):
    board.shell(BOOT_PARTITION)
    board.write("/boot/firmware/intercomd.toml", IMPORT.replace('"Back door"', "5"))
    starts_as_in_a_boot(board)
    errors = board.read("/boot/firmware/intercomd-errors.txt")
    assert "station.name = 5: must be" in errors
    assert "station.name = 5: must be" in board.journal("--unit=intercomd-setup", "--output=cat")
    assert "hunter2" not in errors + board.journal()
    board.wait_for(
        lambda: (told := board.state()) and told["appliance"]["station"] == "Front door", "the old one holds"
    )

    board.write("/boot/firmware/intercomd.toml", f"{IMPORT}\n[setup]\nreplace = true\n")
    board.reboot()
    board.wait_for(lambda: (told := board.state()) and told["appliance"]["station"] == "Back door", "the new one holds")
    assert board.check("findmnt", "-no", "FSTYPE", "/boot/firmware") == "vfat"
    assert board.check("ls", "/boot/firmware") == "intercomd.imported.toml"
    copy = board.read("/boot/firmware/intercomd.imported.toml")
    assert not {"hunter2", "4711"} & set(copy.replace('"', " ").split())
    assert board.check("stat", "-c", "%a %U", "/etc/intercomd/pbx.password") == "600 intercomd"
    assert board.state()["accounts"][0]["user"] == "201"
    before = board.check("stat", "-c", "%Y", "/etc/intercomd/intercomd.toml")
    starts_as_in_a_boot(board)
    board.wait_for(lambda: (told := board.state()) and told["appliance"]["station"] == "Back door", "it holds on")
    assert board.check("stat", "-c", "%Y", "/etc/intercomd/intercomd.toml") == before


def starts_as_in_a_boot(board):
    """Start all its units, in their order: one of the three boots is a whole one."""
    units = ("intercomd-guard.socket", "intercomd-guard.service", "intercomd.service")
    board.check("systemctl", "stop", *units)
    board.run("systemctl", "start", "intercomd-setup.service", *units)
