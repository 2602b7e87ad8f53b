"""Upgrades that need nobody: without a terminal, with parts that fail, with power that goes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED, Guest, ready, version
from tests.lab.repacked import repacked

FILE = "/etc/intercomd/intercomd.toml"
CONFIG = """
# Mine, and to be kept.
[station]
name = "Front door"

[sip]
address = "127.0.0.1"

[audio]
capture = "null"
playback = "null"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""
REPOSITORY = "/root/repository"
SOURCES = f"deb [trusted=yes] file:{REPOSITORY} ./\n"
# As Debian's own, but for the source, and without the mail and the clean-up of kernels.
UNATTENDED = """
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern { "origin=intercomd"; };
"""
PUBLISH = f"""
cd {REPOSITORY}
apt-ftparchive packages . >Packages
apt-ftparchive -o APT::FTPArchive::Release::Origin=intercomd release . >Release
apt-get -q -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/repository.list -o Dir::Etc::sourceparts=- update
sync
"""


@pytest.fixture(scope="module")
def guest(own_guest):
    return own_guest


@pytest.fixture(scope="module")
def station(guest: Guest) -> Guest:
    guest.write(FILE, CONFIG)
    for unit in ("intercomd", "intercomd-guard"):
        guest.check("mkdir", "-p", f"/etc/systemd/system/{unit}.service.d")
        guest.write(f"/etc/systemd/system/{unit}.service.d/not-hurried.conf", NOT_HURRIED)
    guest.check("systemctl", "daemon-reload")
    guest.check("systemctl", "restart", "intercomd")
    guest.wait_for(lambda: ready(guest), "the station is ready")
    guest.check("mkdir", "-p", REPOSITORY)
    guest.write("/etc/apt/sources.list.d/repository.list", SOURCES)
    guest.write("/etc/apt/apt.conf.d/99unattended", UNATTENDED)
    return guest


@pytest.fixture(scope="module")
def package(debs: list[Path]) -> Path:
    return next(deb for deb in debs if deb.name.startswith("intercomd_"))


def failed(guest: Guest) -> dict[str, str]:
    """The parts that do not work, with the reasons."""
    state = guest.state()
    return {each["part"]: each["why"] for each in state["appliance"]["failed"]} if state else {}


def changed(tree: Path) -> None:
    """Each file that people might look at differs from the installed one, as in a new version."""
    shipped = tree / "usr/share/intercomd/intercomd.toml"
    shipped.write_text(shipped.read_text() + "# New in this version.\n")


def with_conffile(tree: Path) -> None:
    """The package as it was when dpkg owned the configuration."""
    changed(tree)
    (tree / "etc/intercomd").mkdir(parents=True)
    (tree / "etc/intercomd/intercomd.toml").write_bytes((tree / "usr/share/intercomd/intercomd.toml").read_bytes())
    (tree / "DEBIAN/conffiles").write_text(f"{FILE}\n")


def broken(tree: Path) -> None:
    """Its script fails after the files are unpacked."""
    changed(tree)
    script = tree / "DEBIAN/postinst"
    script.write_text(script.read_text().replace("set -e\n", "set -e\nexit 7\n", 1))


@pytest.fixture
def publish(station: Guest, package: Path, tmp_path: Path) -> Callable[..., str]:
    """Put the package into the repository, with that suffix and change; returns its version."""

    def put(suffix: str, change: Callable[[Path], None] = changed) -> str:
        deb = repacked(package, tmp_path / suffix.strip("+~"), suffix, change)
        station.shell(f"rm -f {REPOSITORY}/*.deb")
        station.copy_in(deb, to=REPOSITORY)
        station.shell(PUBLISH)
        return deb.stem.split("_")[1]

    return put


def test_unattended_upgrades_need_nobody(station, publish):
    configuration = station.check("sha256sum", FILE)
    new = publish("+1")
    said = station.shell("unset DEBIAN_FRONTEND; exec <&-; unattended-upgrade --verbose 2>&1", timeout_s=600)
    assert version(station) == f"installed {new}", said
    station.wait_for(lambda: ready(station), "the station is ready again")
    assert station.check("sha256sum", FILE) == configuration
    assert "packages" not in failed(station)


def test_from_a_package_whose_configuration_dpkg_owned_without_a_question(station, publish):
    """A changed conffile, a new version that ships another text, no standard input: dpkg would ask."""
    publish("+1.1", with_conffile)
    station.shell("apt-get -q -y -o Dpkg::Options::=--force-confold install intercomd </dev/null", timeout_s=600)
    station.write(FILE, CONFIG + "# Changed since.\n")
    configuration = station.check("sha256sum", FILE)
    new = publish("+2")
    said = station.shell("unset DEBIAN_FRONTEND; exec <&-; apt-get -q -y install intercomd 2>&1", timeout_s=600)
    assert version(station) == f"installed {new}", said
    station.wait_for(lambda: ready(station), "the station is ready again")
    assert station.check("sha256sum", FILE) == configuration


def test_a_package_that_fails_leaves_a_station_that_runs_and_says_so(station, publish):
    new = publish("+3", broken)
    upgraded = station.run("sh", "-c", "exec <&-; apt-get -q -y install intercomd", timeout_s=600)
    assert upgraded.returncode != 0
    assert version(station) == f"half-configured {new}"
    station.wait_for(lambda: ready(station), "the station is ready again", 240)
    station.wait_for(lambda: "packages" in failed(station), "the station names the packages", 240)
    assert "intercomd as half-configured" in failed(station)["packages"]
    doctor = station.run("intercomctl", "doctor")
    assert "dpkg --configure -a" in doctor.stdout + doctor.stderr
    new = publish("+4")
    station.check("apt-get", "-q", "-y", "install", "intercomd")
    assert version(station) == f"installed {new}"
    station.wait_for(lambda: ready(station) and "packages" not in failed(station), "the station is whole", 240)


def test_an_upgrade_in_a_long_call_is_refused_and_the_call_goes_on(station, publish):
    FarEnd(station)
    before = version(station)
    station.shell("sed -i 's/wait_for_calls 600/wait_for_calls 5/' /var/lib/dpkg/info/intercomd.prerm")
    publish("+5")
    call = station.check("intercomctl", "dial", "kitchen")

    def states() -> list[str]:
        return [each["state"] for each in station.state()["calls"] if each["id"] == call]

    station.wait_for(lambda: states() == ["connected"], "people talk")
    upgraded = station.run("sh", "-c", "exec <&-; apt-get -q -y install intercomd", timeout_s=600)
    assert upgraded.returncode != 0
    assert "Cause:  a call, or an open door" in upgraded.stdout + upgraded.stderr
    assert version(station) == before
    assert states() == ["connected"]
    station.check("intercomctl", "hangup", call)
    station.check("apt-get", "-q", "-y", "install", "intercomd")
    station.wait_for(lambda: ready(station), "the station is ready again")


# What is done last when the power goes: dpkg's words on its standard output.
MOMENTS = ("Preparing to unpack", "Unpacking intercomd", "Setting up intercomd")


def test_power_that_goes_in_an_upgrade_leaves_a_station_that_runs(station, publish, counts):
    for number, moment in enumerate(MOMENTS[: counts(2, 3)]):
        publish(f"+{6 + number}")
        station.write("/root/upgrade", "exec <&-; apt-get -q -y install intercomd >/root/said 2>&1")
        station.shell("rm -f /root/said")
        station.check("systemd-run", "--quiet", "--collect", "sh", "/root/upgrade")
        station.wait_for(lambda moment=moment: moment in station.run("cat", "/root/said").stdout, moment, 300)
        station.power_cut()
        station.boot()
        station.wait_for(lambda: ready(station), "the station is ready after the power cut", 240)
        if not version(station).startswith("installed"):
            station.wait_for(lambda: "packages" in failed(station), "the station names the packages", 240)
        station.shell(PUBLISH)  # apt's lists may be damaged too
        station.shell("dpkg --configure -a || true; apt-get -q -y install --reinstall intercomd", timeout_s=600)
        assert version(station).startswith("installed")
        station.wait_for(lambda: ready(station) and "packages" not in failed(station), "the station is whole", 240)
    assert json.loads(station.check("intercomctl", "--json", "state"))["appliance"]["ready"]
