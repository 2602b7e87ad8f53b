"""`intercomctl update` with a real apt and dpkg: what is offered, installing it, going back, and what is refused."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from appliance.system import packages
from appliance.upkeep import offered
from tests.store.stores import PATIENCE_S
from tests.upkeep import apt_machine
from tests.upkeep.apt_machine import Machine

ROOT = Path(__file__).resolve().parents[2]
REFUSES = "#!/bin/sh\necho 'Cause: it cannot read the state' >&2\nexit 1\n"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with apt_machine.made(tmp_path) as made:
        yield made


def of(answer: dict, name: str = "intercomd") -> dict:
    return next(each for each in answer["packages"] if each["name"] == name)


def test_the_newest_version_says_that_nothing_is_offered(machine):
    answer = machine.told()
    assert of(answer) == {"name": "intercomd", "installed": "0.1.0", "offered": "", "held": False}
    assert machine.told("install")["done"] == ""


def test_what_apt_offers_is_shown_and_installed_by_order_only(machine):
    machine.publish("intercomd", "0.2.0")
    assert of(machine.told())["offered"] == "0.2.0"
    assert machine.installed() == "0.1.0"
    answer = machine.told("install")
    assert (answer["done"], of(answer)["installed"], of(answer)["offered"]) == ("installed", "0.2.0", "")
    assert machine.installed() == "0.2.0"


def test_the_answer_for_a_person_says_what_to_do(machine):
    machine.publish("intercomd", "0.2.0")
    ended = machine.run(sys.executable, "-m", "appliance.cli", "update")
    assert "intercomd  0.1.0; 0.2.0 is offered" in ended.stdout
    assert "sudo intercomctl update install" in ended.stdout


def test_back_is_the_version_that_the_upgrade_replaced_and_upgrades_leave_it_until_ordered(machine):
    """0.2.0 was never installed here, so nobody goes back to it; the SIP library goes back with the program."""
    machine.publish("intercomd", "0.2.0")
    machine.publish("intercomd", "0.3.0")
    machine.publish("python3-pjsua2", "0.3.0")
    machine.told("install")
    answer = machine.told("back")
    assert answer["done"] == "returned"
    assert [machine.installed(name) for name in packages.NAMES] == ["0.1.0", "0.1.0"]
    assert of(answer) == {"name": "intercomd", "installed": "0.1.0", "offered": "0.3.0", "held": True}
    machine.check("apt-get", "-q", "-y", "upgrade")
    assert machine.installed() == "0.1.0", "an unattended upgrade does not undo it"
    assert of(machine.told("install")) == {"name": "intercomd", "installed": "0.3.0", "offered": "", "held": False}


def test_without_a_history_back_is_the_next_older_version_that_can_be_fetched(machine):
    machine.publish("intercomd", "0.2.0")
    machine.told("install")
    (machine.root / "var/log/apt/history.log").unlink()
    machine.told("back")
    assert machine.installed() == "0.1.0"


def test_where_nothing_is_older_back_says_so(machine):
    ended = machine.update("back")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["type"].endswith("not-found")


def test_a_version_that_refuses_to_be_replaced_stays_and_its_reason_is_seen(machine):
    """As the package does where the older version could not read the state: tests/packaging/test_upgrade.py."""
    machine.publish("intercomd", "0.2.0", prerm=REFUSES)
    machine.told("install")
    ended = machine.update("back")
    assert ended.returncode == 1
    assert "it cannot read the state" in ended.stderr
    assert "The packages were not installed" in ended.stdout
    assert machine.installed() == "0.2.0"
    assert not of(machine.told())["held"]


@pytest.mark.parametrize("way", ["the session is lost", "Ctrl-C"])
def test_a_package_that_is_being_replaced_is_finished_and_its_mark_is_set_whatever_becomes_of_the_terminal(
    machine, way
):
    begun, goes_on = machine.root / "begun", machine.root / "goes-on"
    for fifo in (begun, goes_on):
        os.mkfifo(fifo)
    machine.publish("intercomd", "0.2.0", prerm=f"#!/bin/sh\necho >{begun}\nread line <{goes_on}\n")
    machine.told("install")
    master, terminal = pty.openpty()
    words = ["setsid", "--ctty", *apt_machine.AS_ROOT, sys.executable, "-m", "appliance.cli", "update", "back"]
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    with subprocess.Popen(words, env=machine.environment, **streams) as command:
        os.close(terminal)
        begun.read_text()
        if way == "Ctrl-C":
            os.write(master, b"\x03")
        else:
            os.close(master)
        goes_on.write_text("\n")
        command.wait(PATIENCE_S)
    if way == "Ctrl-C":
        os.close(master)
    assert machine.installed() == "0.1.0"
    assert of(machine.told()) == {"name": "intercomd", "installed": "0.1.0", "offered": "0.2.0", "held": True}
    assert "half" not in machine.check("dpkg", f"--admindir={machine.root}/var/lib/dpkg", "--audit")


def test_where_apt_has_not_installed_it_the_command_says_so(machine):
    machine.check("apt-get", "-q", "-y", "purge", "intercomd")
    ended = machine.update()
    assert (ended.returncode, "checkout" in ended.stdout) == (1, True)


@pytest.mark.parametrize("words", [(), ("install",), ("back",)])
def test_a_system_that_is_written_as_a_whole_is_updated_by_its_own_command(machine, words):
    machine.publish("intercomd", "0.2.0")
    (command := machine.programs / "intercomd-image").write_text("#!/bin/sh\n")
    command.chmod(0o755)
    ended = machine.update(*words)
    assert ended.returncode != 0
    assert "intercomd-image update ADDRESS" in json.loads(ended.stdout)["resolution"]
    assert machine.installed() == "0.1.0"


def test_an_update_is_planned_once_at_the_next_such_time(machine):
    for name in ("systemctl", "systemd-run"):
        program = machine.programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{machine.root}/asked\n')
        program.chmod(0o755)
    machine.publish("intercomd", "0.2.0")
    soon = datetime.now().astimezone() + timedelta(hours=2)
    answer = machine.told("install", "--at", f"{soon:%H:%M}")
    assert answer["done"] == "planned"
    stopped, planned, *_ = [
        line for line in (machine.root / "asked").read_text().splitlines() if "show" not in line.split()
    ]
    assert stopped == "systemctl stop intercomd-update.timer"
    assert f"--on-calendar={soon:%Y-%m-%d %H:%M}:00 " in planned
    assert planned.endswith(" intercomctl update install")
    assert machine.installed() == "0.1.0"


def test_what_is_wrong_with_the_sources_is_said_whole(machine):
    (machine.root / "etc/apt/sources.list").write_text("nonsense\n")
    ended = machine.update()
    assert ended.returncode == 1
    cause = json.loads(ended.stdout)["cause"]
    assert "sources.list" in cause and "The list of sources could not be read." in cause


def test_without_systemd_nothing_is_planned_and_the_command_says_so(machine):
    machine.publish("intercomd", "0.2.0")
    for name in ("apt-cache", "apt-mark", "apt-config", "dpkg", "unshare"):
        (machine.programs / name).symlink_to(shutil.which(name, path=machine.environment["PATH"]))
    words = [*apt_machine.AS_ROOT, sys.executable, "-m", "appliance.cli", "update", "install", "--at", "03:30"]
    alone = machine.environment | {"PATH": str(machine.programs)}
    ended = subprocess.run(words, env=alone, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("systemctl cannot be run.")
    assert machine.installed() == "0.1.0"


def test_a_time_belongs_to_install(machine):
    ended = machine.update("--at", "03:30")
    assert (ended.returncode, "--at is for install" in ended.stdout) == (2, True)


def test_no_interface_has_an_order_that_changes_the_program():
    """What installs is loaded by the command alone; the daemon and what it starts get no right that they lack."""
    loads = re.compile(r"upkeep import update\b|upkeep\.update\b|apt-get|systemd-run")
    files = {path.relative_to(ROOT) for path in (ROOT / "appliance").rglob("*.py") if loads.search(path.read_text())}
    begins = Path("appliance/upkeep/service.py")  # has systemd start the service that a killed command left stopped
    assert files == {Path("appliance/upkeep/update.py"), Path("appliance/cli/upkeep.py"), begins}
    unit = (ROOT / "systemd/intercomd.service").read_text().splitlines()
    wanted = {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "AmbientCapabilities=", "ProtectSystem=strict"}
    assert wanted <= set(unit)


TABLE = """intercomd:
  Installed: {installed}
  Candidate: {candidate}
  Version table:
     {candidate} 500
        500 https://releases.example.com/apt stable/main amd64 Packages
 *** {installed} 100
        100 /var/lib/dpkg/status
"""


@pytest.mark.parametrize(
    ("version", "said"), [("0.2.0", "0.2.0"), ("0.2\x1b[2J", ""), ("9" * 70, ""), ("-o=x", ""), ("0.2/../x", "")]
)
def test_a_version_that_is_no_version_is_not_offered(version, said):
    """The signer of the repository chooses it, and the page, the log and programs show it."""
    assert offered.read(TABLE.format(installed="0.1.0", candidate=version))["intercomd"].offered == said


def test_a_candidate_that_is_older_is_no_offer():
    """apt prefers one by a pin above 1000, and says so in the same way."""
    lines = TABLE.format(installed="0.2.0", candidate="0.1.0").splitlines()
    text = "\n".join([*lines[:4], *lines[6:], *lines[4:6]])
    package = offered.read(text)["intercomd"]
    assert (package.offered, package.older) == ("", "0.1.0")


@pytest.mark.parametrize("said", ["", "N: Unable to locate package intercomd", "intercomd:", " *** 1 500", "x:\n  y"])
def test_another_answer_offers_nothing(said):
    assert all(package.offered == "" for package in offered.read(said).values())


HISTORY = """
Start-Date: 2027-01-10  10:00:00
Upgrade: intercomd:amd64 (0.1.0, 0.2.0), python3-pjsua2:amd64 (1, 2, automatic)
End-Date: 2027-01-10  10:01:00

Start-Date: 2027-02-10  10:00:00
Upgrade: other:amd64 (0.1.0, 0.2.0)
End-Date: 2027-02-10  10:01:00
"""


@pytest.mark.parametrize(
    ("version", "before"),
    [("0.2.0", {"intercomd": "0.1.0", "python3-pjsua2": "1"}), ("0.3.0", {}), ("0.1.0", {})],
)
def test_the_history_says_what_the_last_upgrade_to_a_version_replaced(version, before):
    assert offered.replaced(HISTORY, version) == before
