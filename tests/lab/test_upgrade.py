"""Upgrades in mid-call: the call ends as people end it, the relay stays at rest, nothing is lost."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED, Guest, ready, version
from tests.lab.repacked import repacked

RELAYS, RELAY = "relays", 0
CONFIG = """
# Mine, and to be kept.
[station]
name = "Front door"

[sip]
address = "127.0.0.1"

[audio]
capture = "null"
playback = "null"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "relays"
line = "RELAY"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[recording]
enabled = true
"""
STATE_OF = "/var/lib/intercomd/intercomd.sqlite3"
BUMP = f"""
import sqlite3
state = sqlite3.connect("{STATE_OF}")
state.execute("PRAGMA user_version = " + str(state.execute("PRAGMA user_version").fetchone()[0] + 1))
state.execute("CREATE TABLE of_a_newer_release (id TEXT)")  # a higher number alone would be damage
state.commit()
state.close()
"""


@pytest.fixture(scope="module")
def guest(own_guest):
    return own_guest


@pytest.fixture(scope="module")
def station(guest: Guest) -> Guest:
    """A configured service whose relay's line would be energised as soon as nobody held it, and a phone."""
    guest.chip(RELAYS, "RELAY")
    guest.pull(RELAYS, RELAY, "up")
    assert guest.level(RELAYS, RELAY) == 1
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    for unit in ("intercomd", "intercomd-guard"):
        guest.check("mkdir", "-p", f"/etc/systemd/system/{unit}.service.d")
        guest.write(f"/etc/systemd/system/{unit}.service.d/not-hurried.conf", NOT_HURRIED)
    guest.check("systemctl", "daemon-reload")
    guest.check("systemctl", "restart", "intercomd-guard", "intercomd")
    guest.wait_for(lambda: ready(guest), "the station is ready")
    assert guest.level(RELAYS, RELAY) == 0
    FarEnd(guest)
    return guest


@pytest.fixture(scope="module")
def newer(debs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Makes the package again with a higher version; the same program, which says that it made the state's format."""
    (package,) = (deb for deb in debs if deb.name.startswith("intercomd_"))

    def make(number: int) -> Path:
        def bump(tree: Path) -> None:
            known = tree / "usr/share/intercomd/state-versions"
            last = int(known.read_text().splitlines()[-1].split()[0])
            control = (tree / "DEBIAN/control").read_text()
            version = next(line.split()[1] for line in control.splitlines() if line.startswith("Version: "))
            known.write_text(f"{known.read_text()}{last + 1} {version}\n")

        return repacked(package, tmp_path_factory.mktemp(f"newer{number}"), f"+{number}", bump)

    return make


def told(guest: Guest, *words: str) -> dict:
    return json.loads(guest.check("intercomctl", "--json", *words))


def pid(guest: Guest, unit: str) -> str:
    return guest.properties(unit, "MainPID")["MainPID"]


def events(guest: Guest, kind: str) -> list[dict]:
    """All events of that type since the guest was booted, as records of the journal."""
    lines = guest.journal("--output=json", f"INTERCOMD_EVENT={kind}").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def upgrade(guest: Guest, deb: Path) -> Callable[[], str]:
    """Begin to install a package in the background; what gives all that it has said so far."""
    guest.copy_in(deb, to="/root/newer")
    unit = deb.stem.replace("+", "-")
    guest.check(
        "systemd-run", "--quiet", "--remain-after-exit", f"--unit={unit}",
        "apt-get", "-q", "-y", "install", f"/root/newer/{deb.name}",
    )  # fmt: skip
    return lambda: guest.journal(f"--unit={unit}", "--output=cat")


def test_upgrades_wait_for_the_call_and_lose_nothing(station, newer, counts, measured):
    station.service("watch-relay", "python3", "/lab/programs/relay_counter.py")
    guard, configuration = pid(station, "intercomd-guard"), station.check("sha256sum", "/etc/intercomd/intercomd.toml")
    recordings, lost = len(told(station, "recordings")["recordings"]), events(station, "events.lost")
    number = counts(2, 10)
    for each in range(1, number + 1):
        before, daemon, deb = version(station), pid(station, "intercomd"), newer(each)
        last = told(station, "state")["last_event"]
        call = station.check("intercomctl", "dial", "kitchen")

        def heard(call=call):
            """Packets that the call has received; None while it is not connected."""
            calls = [one for one in told(station, "state")["calls"] if one["id"] == call]
            return calls[0]["quality"]["received"] if calls and calls[0]["quality"] else None

        station.wait_for(lambda heard=heard: (heard() or 0) > 20, "people talk")
        said = upgrade(station, deb)
        station.wait_for(lambda said=said: "waiting for the end of calls" in said(), "the upgrade waits")
        so_far = heard()
        station.wait_for(lambda heard=heard, least=so_far + 100: heard() > least, "people go on talking")
        assert (version(station).split()[1], pid(station, "intercomd")) == (before.split()[1], daemon)
        station.check("intercomctl", "hangup", call)
        new = f"installed {deb.stem.split('_')[1]}"
        station.wait_for(lambda new=new: version(station) == new, f"{new}\n{said()}", 180)
        station.wait_for(lambda: ready(station), "the station is ready again")
        assert pid(station, "intercomd") != daemon
        assert pid(station, "intercomd-guard") == guard, "the guard stays"
        ended = [one["MESSAGE"] for one in events(station, "call.ended") if one.get("INTERCOMD_CALL") == call]
        assert len(ended) == 1 and "hangup" in ended[0], ended
        assert told(station, "state")["last_event"] > last, "ids go on"
        assert len(told(station, "recordings")["recordings"]) == recordings + each, "the list of recordings is kept"
    assert station.check("sha256sum", "/etc/intercomd/intercomd.toml") == configuration
    assert events(station, "events.lost") == lost
    station.check("systemctl", "stop", "watch-relay")

    def results():
        return [line for line in station.journal("--unit=watch-relay", "--output=cat").split("\n") if "looks" in line]

    (result,) = station.wait_for(results, "the watcher's result")
    looks, energised = (int(word.split()[0]) for word in result.split(", "))
    measured("relay, with its pull at the energised level, over upgrades", f"{number}: {result}")
    assert looks > 1000 and energised == 0, result


def test_a_downgrade_that_would_lose_state_is_refused_and_newer_state_is_left_alone(station, newer, debs):
    said = upgrade(station, newer(99))
    pattern = re.compile(r"installed .*\+99")
    newest = station.wait_for(lambda: pattern.fullmatch(version(station)), "the newest version", 180)[0]
    station.wait_for(lambda: ready(station), "the station is ready")
    station.check("systemctl", "stop", "intercomd")
    station.write("/var/tmp/bump.py", BUMP)
    station.check("setpriv", "--reuid=intercomd", "--regid=intercom", "--init-groups", "python3", "/var/tmp/bump.py")
    state = station.check("sha256sum", STATE_OF)
    station.check("systemctl", "start", "intercomd")
    (package,) = (deb for deb in debs if deb.name.startswith("intercomd_"))
    station.copy_in(package, to="/root/newer")
    refused = station.run("apt-get", "-q", "-y", "--allow-downgrades", "install", f"/root/newer/{package.name}")
    assert refused.returncode != 0
    told_ = refused.stdout + refused.stderr
    assert "Cause:  it cannot read the state" in told_ and "Remedy: keep this version" in told_, told_ + said()
    assert version(station) == newest
    # The program is the same, so it meets what it does not know: it runs, and says so.
    station.wait_for(lambda: ready(station), "the station is ready with newer state")
    station.wait_for(
        lambda: "was written by a newer intercomd" in station.run("systemctl", "status", "intercomd").stdout,
        "the status line says it",
    )
    call = station.check("intercomctl", "dial", "kitchen")
    station.wait_for(
        lambda: [one["state"] for one in told(station, "state")["calls"] if one["id"] == call] == ["connected"],
        "calls are possible",
    )
    station.check("intercomctl", "hangup", call)
    station.check("systemctl", "stop", "intercomd")
    assert station.check("sha256sum", STATE_OF) == state
