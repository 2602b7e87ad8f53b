"""Backup, restore and both wipes under systemd, as the how-to says: the service is ready again after each."""

import json

import pytest

from appliance.core.status_line import UNCONFIGURED
from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED
from tests.lab.station import CHIP, CONFIG, FILE, Station

STATE = "/var/lib/intercomd"
BACKUP = "/root/front-door.backup"
NAME = "Annabel Osterwald"
# A wipe overwrites the free space of the disc: some 300 MB are enough to show that.
FILLER = "/var/lib/filler"
FILL = f"fallocate -l $(( $(df --output=avail --block-size=1 /var/lib | tail -n 1) - 300000000 )) {FILLER}"
RECORDED = "\n[recording]\nenabled = true\n"


@pytest.fixture(scope="module")
def station(guest):
    """The configured station, a phone in the kitchen, a code, and a recorded call."""
    made = Station(guest)
    FarEnd(guest)
    guest.drop_in("not-hurried", NOT_HURRIED)
    guest.chip(CHIP, "BUTTON", "LED", "RELAY")
    made.configure(CONFIG + RECORDED)
    guest.check("systemctl", "restart", "intercomd-guard")
    made.restart()
    made.ready()
    guest.check("intercomctl", "code", "add", "--owner", NAME, "--door", "front", given="51684\n")
    made.dial()
    return made


def owners(station, directory):
    """Owner, group and mode of the files that stay from start to start."""
    kept = ("find", directory, "-maxdepth", "1", "-type", "f", "!", "-name", "*-wal", "!", "-name", "*-shm")
    return set(station.guest.check(*kept, "-printf", "%f %u %g %m\\n").splitlines())


def codes(station):
    return [code["owner"] for code in station.guest.asked("/v1/codes")["codes"]]


def has_name(station):
    """The files that have the name."""
    found = station.guest.run(
        "grep", "--recursive", "--files-with-matches", "--text", "-i", NAME, STATE, "/etc/intercomd"
    )
    return found.stdout.split()


def test_a_backup_in_a_call_is_restored_a_person_is_erased_and_the_station_begins_as_new(station):
    guest = station.guest
    (call,) = station.calls()
    assert "front-door.backup" in guest.check("intercomctl", "backup", BACKUP)
    assert list(station.calls()) == [call]
    assert guest.check("stat", "--format=%U %a", BACKUP).split() == ["root", "600"]
    station.hang_up()
    before = owners(station, STATE), owners(station, "/etc/intercomd")
    (code,) = guest.asked("/v1/codes")["codes"]
    guest.check("intercomctl", "code", "remove", code["id"])
    assert codes(station) == []

    guest.check("intercomctl", "restore", BACKUP, "--yes")
    station.ready()
    assert codes(station) == [NAME]
    assert (owners(station, STATE), owners(station, "/etc/intercomd")) == before

    def complete():
        (recording,) = guest.asked("/v1/recordings")["recordings"]
        return recording["complete"]

    guest.wait_for(complete, "the recording of the call in which the backup was made")
    station.dial()
    station.hang_up()

    assert has_name(station)
    guest.check("intercomctl", "wipe", "--person", NAME, "--yes")
    station.ready()
    assert (codes(station), has_name(station)) == ([], [])
    station.open_door()

    key = guest.check("sha256sum", f"{STATE}/device.key")
    guest.shell(FILL)
    guest.check("intercomctl", "wipe", "--everything", "--yes", timeout_s=600)
    guest.check("rm", FILLER)
    station.says(UNCONFIGURED)
    assert guest.check("sha256sum", f"{STATE}/device.key") != key
    assert guest.asked("/v1/recordings")["recordings"] == []
    assert "kitchen" not in guest.read(FILE)
    assert owners(station, "/etc/intercomd") == {"intercomd.toml root intercom 640"}
    assert owners(station, STATE) <= before[0]


DISC, PLACE = "/root/marked.disc", "/mnt/marked"
MAKE_DISC = f"truncate -s 96M {DISC}; mkfs.ext4 -q -b {{block}} {DISC}; mkdir -p {PLACE}; mount -o loop {DISC} {PLACE}"
NO_DISC = f"umount {PLACE} || true; rm -f {DISC}"
# The first block with a mark, and whether a file has it, for a test that fails.
WHERE = f"""
block=$(( $(grep -abom1 MARK- {DISC} | head -n1 | cut -d: -f1) / $(stat -fc %S {PLACE}) ))
debugfs -R "icheck $block" {DISC} 2>&1
debugfs -R "testb $block" {DISC} 2>&1
"""
REMOVED = 2000
REMOVE = f"""
import os
names = [f"{PLACE}/{{number}}" for number in range({REMOVED})]
for number, name in enumerate(names):
    open(name, "w").write(f"MARK-{{number:06d}} " * 300)
os.sync()
for name in names:
    os.unlink(name)
os.sync()
"""
FILL_DISC = f"""
import sys
sys.path.insert(0, "/usr/share/intercomd")
from pathlib import Path
from appliance.upkeep import overwrite
overwrite.fill(Path("{PLACE}"))
"""


@pytest.fixture
def marked(guest):
    """A disc of its own with a station on it; returns the marks of all that a wipe must erase, by name."""
    guest.shell(MAKE_DISC.format(block=1024))
    marks = json.loads(guest.check("python3", "/lab/programs/marked_station.py", PLACE, timeout_s=300))
    assert readable(guest, marks) == set(marks), "the raw disc has all of them"
    yield marks
    guest.shell(NO_DISC)


def readable(guest, marks):
    """The names of the marks that the raw disc has: in files, free blocks or the journal of the file system."""
    guest.shell("sync; echo 3 >/proc/sys/vm/drop_caches")
    return {name for name, mark in marks.items() if guest.run("grep", "-qaF", mark, DISC).returncode == 0}


def wipe(guest, *words):
    place = ("--state", f"{PLACE}/state", "--config", f"{PLACE}/etc/intercomd.toml")
    return guest.check("intercomctl", "wipe", *words, "--yes", *place, timeout_s=600)


def test_the_raw_disc_has_nothing_of_a_person_who_was_wiped(guest, marked):
    wipe(guest, "--person", marked["owner"])
    left = readable(guest, marked)
    assert not left & {"owner", "digest", "caller", "trace", "restore"}
    assert {"key", "password", "setting"} <= left


def test_the_raw_disc_has_nothing_of_a_station_that_was_wiped(guest, marked):
    wipe(guest, "--everything")
    assert readable(guest, marked) == set()
    guest.check("umount", PLACE)
    assert readable(guest, marked) == set()


@pytest.mark.parametrize("block", [1024, 4096])
@pytest.mark.parametrize("beside", range(4))
def test_of_two_thousand_removed_files_none_is_on_the_raw_disc_once_its_free_space_is_overwritten(guest, block, beside):
    """Also in the blocks that ext4 keeps from everybody, and in those of the tree of the file that fills the disc.

    Small files beside them move the last blocks, which that tree takes.
    """
    left = f"sync; echo 3 >/proc/sys/vm/drop_caches; {{ grep -ao 'MARK-[0-9]*' {DISC} || true; }} | sort -u | wc -l"
    guest.shell(MAKE_DISC.format(block=block))
    try:
        for number in range(beside):
            guest.shell(f"echo stays >{PLACE}/beside{number}")
        guest.check("python3", "-c", REMOVE, timeout_s=300)
        assert int(guest.shell(left)) == REMOVED
        guest.check("python3", "-c", FILL_DISC, timeout_s=300)
        assert int(guest.shell(left)) == 0, guest.shell(WHERE)
    finally:
        guest.shell(NO_DISC)
