"""The scripts that dpkg runs for an upgrade: the first waits for calls, and refuses to lose state."""

import os
import re
import socket
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRERM, POSTINST = (ROOT / "packaging/debian" / f"intercomd.{name}" for name in ("prerm", "postinst"))
INSTALLED, OLDER, NEWER = "0.5.0", "0.4.9", "0.5.1"
KNOWN = "# comment\n1 0.1.0\n2 0.5.0\n"
ASKED, LOOKED, STOPPED = (
    "intercomctl idle --seconds 600",
    "systemctl is-active intercomd.service",
    "deb-systemd-invoke stop intercomd.service",
)
STARTED_AFTERWARDS = "systemd-run --quiet --collect --unit=intercomd-after-upgrade"
LOOKED_AFTERWARDS = "systemctl --quiet is-active intercomd.service"
ENDED = "deb-systemd-invoke stop intercomd-after-upgrade.service"
UPGRADED = [ASKED, LOOKED, STOPPED, STARTED_AFTERWARDS]


@dataclass(slots=True)
class System:
    """A directory that stands for /, where commands are written down instead of obeyed."""

    root: Path
    commands: tuple[str, ...] = ("intercomctl", "systemctl", "deb-systemd-invoke", "systemd-run")

    def command(self, name: str, status: int = 0, prints: str = "") -> None:
        """Let a command end with that status."""
        script = self.root / "bin" / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.root}/done\nprintf %s "{prints}"\nexit {status}\n')
        script.chmod(0o755)

    def state(self, version: int) -> None:
        """Make a database of that version."""
        database = sqlite3.connect(self.root / "var/lib/intercomd/intercomd.sqlite3")
        database.execute(f"PRAGMA user_version = {version}")
        database.close()

    def run(self, *words: str, script: Path = PRERM) -> subprocess.CompletedProcess[str]:
        """Run the script as dpkg does."""
        text = re.sub(r"(?<=[ =])/(usr/share|var|run|etc)/", rf"{self.root}/\1/", script.read_text())
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "DPKG_ROOT": ""}
        argv = ["sh", "-c", text, script.name, *words]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def done(self) -> list[str]:
        """What was asked for, but for questions to dpkg."""
        there = self.root / "done"
        if not there.exists():
            return []
        lines = [line for line in there.read_text().splitlines() if line.split(" ")[0] in self.commands]
        return [line.split(" --description")[0] for line in lines]


@pytest.fixture
def system(tmp_path: Path) -> System:
    """systemd runs, the daemon's socket is there and no call is on; the state is the installed version's."""
    for name in ("bin", "usr/share/intercomd", "var/lib/intercomd", "etc", "run/intercomd", "run/systemd/system"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "usr/share/intercomd/state-versions").write_text(KNOWN)
    (tmp_path / "usr/share/intercomd/intercomd.toml").touch()
    # A socket's path must be short.
    before = Path.cwd()
    os.chdir(tmp_path / "run/intercomd")
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("http.sock")
    finally:
        os.chdir(before)
    made = System(tmp_path)
    made.command("intercomctl")
    made.command("deb-systemd-invoke")
    made.command("systemctl", prints="active")
    made.command("systemd-run")
    made.command("dpkg-query", prints=INSTALLED)
    made.state(2)
    return made


def test_an_upgrade_waits_for_calls_and_then_stops_the_daemon_but_not_the_guard(system: System) -> None:
    ended = system.run("upgrade", NEWER)
    assert ended.returncode == 0, ended.stderr
    assert "for at most 10 minutes" in ended.stderr
    assert system.done() == UPGRADED


@pytest.mark.parametrize("status", [1, 124, 127])
def test_a_daemon_that_is_dead_or_hangs_does_not_keep_an_upgrade_from_going_on(system: System, status: int) -> None:
    system.command("intercomctl", status)
    ended = system.run("upgrade", NEWER)
    assert (ended.returncode, system.done()) == (0, UPGRADED), ended.stderr
    assert "continuing the upgrade" in ended.stderr


@pytest.mark.parametrize("words", [("upgrade", NEWER), ("failed-upgrade", OLDER, INSTALLED)])
def test_an_upgrade_never_cuts_off_a_call_but_is_refused_with_cause_and_remedy(
    system: System, words: tuple[str, ...]
) -> None:
    system.command("intercomctl", 3)
    ended = system.run(*words)
    assert ended.returncode == 1
    assert STOPPED not in system.done()
    for part in ("not upgraded now", "Cause:  a call, or an open door", "Remedy: upgrade again later"):
        assert part in ended.stderr


@pytest.mark.parametrize("state", ["inactive", "unknown"])
def test_a_daemon_that_somebody_has_stopped_is_not_started_after_the_upgrade(system: System, state: str) -> None:
    system.command("systemctl", 3, state)
    assert (system.run("upgrade", NEWER).returncode, system.done()) == (0, [ASKED, LOOKED])


@pytest.mark.parametrize("state", ["failed", "activating", "reloading"])
def test_a_daemon_that_fails_again_and_again_is_stopped_and_started_like_any_other(system: System, state: str) -> None:
    system.command("systemctl", 3, state)
    assert (system.run("upgrade", NEWER).returncode, system.done()) == (0, UPGRADED)


def test_in_a_chroot_no_one_is_asked_and_nothing_is_stopped(system: System) -> None:
    (system.root / "run/intercomd/http.sock").unlink()
    (system.root / "run/systemd/system").rmdir()
    assert (system.run("upgrade", NEWER).returncode, system.done()) == (0, [])


def test_a_downgrade_that_would_lose_state_is_refused_at_once_with_cause_and_remedy(system: System) -> None:
    ended = system.run("upgrade", OLDER)
    assert (ended.returncode, system.done()) == (1, [])
    for part in (f"version {OLDER} is not installed", "Cause:  it cannot read", "0.5.0 or later", "Remedy: keep this"):
        assert part in ended.stderr


@pytest.mark.parametrize("state", [None, 1, 3])
def test_a_downgrade_that_loses_nothing_is_an_upgrade_like_any_other(system: System, state: int | None) -> None:
    """Version 3 is lost to the installed version already."""
    if state is None:
        (system.root / "var/lib/intercomd/intercomd.sqlite3").unlink()
    else:
        system.state(state)
    ended = system.run("upgrade", OLDER)
    assert (ended.returncode, system.done()) == (0, UPGRADED), ended.stderr


@pytest.mark.parametrize(("installed", "status"), [(NEWER, 1), (OLDER, 0)])
def test_who_was_refused_by_a_newer_package_does_not_go_on_and_who_mends_an_older_one_does(
    system: System, installed: str, status: int
) -> None:
    """`failed-upgrade`: the package to be installed is asked, after the installed one's script has failed."""
    assert system.run("failed-upgrade", installed, INSTALLED).returncode == status
    assert system.done() == ([] if status else [ASKED.replace("600", "0"), *UPGRADED[1:]])


def test_a_removal_waits_for_no_one(system: System) -> None:
    assert (system.run("remove").returncode, system.done()) == (0, [])


@pytest.mark.parametrize(("runs", "left"), [(0, [LOOKED_AFTERWARDS, ENDED]), (3, [LOOKED_AFTERWARDS])])
def test_after_an_upgrade_a_daemon_that_runs_is_not_started_again(system: System, runs: int, left: list[str]) -> None:
    """The unit that prerm began would start it some seconds later, and undo `systemctl stop` of these seconds."""
    system.command("systemctl", runs)
    ended = system.run("configure", OLDER, script=POSTINST)
    assert (ended.returncode, system.done()) == (0, left), ended.stderr


def test_a_configuration_is_written_where_there_is_none_and_never_replaced(system: System) -> None:
    first, own = system.root / "usr/share/intercomd/intercomd.toml", system.root / "etc/intercomd/intercomd.toml"
    for text in ("# of the package\n", "# of a newer package\n"):
        first.write_text(text)
        ended = system.run("configure", OLDER, script=POSTINST)
        assert (ended.returncode, own.read_text()) == (0, "# of the package\n"), ended.stderr


def test_a_configuration_that_a_full_disc_has_cut_off_is_written_whole_by_the_next_attempt(system: System) -> None:
    """An empty file would be one of a station without anything, and stay for good."""
    first, own = system.root / "usr/share/intercomd/intercomd.toml", system.root / "etc/intercomd/intercomd.toml"
    first.write_text("# of the package\n")
    full = system.root / "bin/install"
    full.write_text('#!/bin/sh\nfor last; do :; done\n[ "$1" != -d ] || exec mkdir -p "$last"\n: >"$last"\nexit 1\n')
    full.chmod(0o755)
    assert system.run("configure", "", script=POSTINST).returncode == 1
    full.unlink()
    assert system.run("configure", "", script=POSTINST).returncode == 0
    assert own.read_text() == "# of the package\n"
    assert [each.name for each in own.parent.iterdir()] == [own.name]


def test_in_a_chroot_the_new_package_stops_no_unit(system: System) -> None:
    (system.root / "run/systemd/system").rmdir()
    assert (system.run("configure", OLDER, script=POSTINST).returncode, system.done()) == (0, [])
