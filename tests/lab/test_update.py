"""From our signed repository: to a ringing phone by apt; a later version reported, installed, taken back."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED, Guest, ready, version
from tests.lab.publisher import Publisher
from tests.lab.repacked import repacked
from tests.lab.test_upgrade import BUMP, STATE_OF, events

PLACE, SOURCES, KEY = "/srv/releases", "/etc/apt/sources.list.d/intercomd.sources", "/etc/apt/keyrings/intercomd.asc"
SOURCE = f"Types: deb\nURIs: file:{PLACE}\nSuites: stable\nComponents: main\nSigned-By: {KEY}\n"
# Of this source alone, and without forgetting the lists of Debian.
UPDATE = (
    "apt-get", "-q", "-o", f"Dir::Etc::SourceList={SOURCES}", "-o", "Dir::Etc::SourceParts=/dev/null",
    "-o", "APT::Get::List-Cleanup=0", "-o", "APT::Update::Error-Mode=any", "update",
)  # fmt: skip
CHIP, BUTTON = "board", 0


@pytest.fixture(scope="module")
def station(make_guest: Callable[..., Guest], bare_disc: Path) -> Guest:
    """A board without intercomd, which knows our repository."""
    guest = make_guest(bare_disc, arguments="snd_dummy.enable=1").boot()
    guest.chip(CHIP, "BUTTON", "DOOR", "LED")
    guest.pull(CHIP, BUTTON, "up")
    guest.check("mkdir", "-p", "/etc/systemd/system/intercomd.service.d", "/etc/apt/keyrings")
    guest.write("/etc/systemd/system/intercomd.service.d/not-hurried.conf", NOT_HURRIED)
    guest.write(SOURCES, SOURCE)
    return guest


@pytest.fixture(scope="module")
def publish(station: Guest, debs: list[Path], tmp_path_factory: pytest.TempPathFactory):
    """Put a version of the package with that suffix into the repository, which keeps the earlier ones; its name.

    Without a suffix it is the one under test.
    """
    (package,) = (deb for deb in debs if deb.name.startswith("intercomd_"))
    place = tmp_path_factory.mktemp("r")
    publisher = Publisher(place / "home", debs[0].parent, "ed25519")
    repository = publisher.publish(place / "repository")
    station.write(KEY, publisher.public)

    def put(suffix: str, change: Callable[[Path], None] = lambda _tree: None) -> str:
        deb = package
        if suffix:
            deb = repacked(package, place / suffix.strip("+"), suffix, change)
            (into := place / f"debs{suffix}").mkdir()
            deb.rename(into / deb.name)
            publisher.publish(repository, into)
        station.check("rm", "-rf", PLACE)
        station.check("mkdir", "-p", PLACE)
        station.copy_in(*repository.iterdir(), to=PLACE)
        station.check("chmod", "755", PLACE)  # apt reads it as a user of its own
        # On a busy host the guest's clock is behind the signature.
        station.check("date", "--set", f"@{max(time.time(), float(station.check('date', '+%s'))) + 1}")
        station.check(*UPDATE)
        return deb.stem.split("_")[1]

    yield put
    publisher.close()


def restart(guest: Guest) -> None:
    """Let the service look at once at what apt offers, as it does at its start and every ten minutes."""
    guest.check("systemctl", "restart", "intercomd")
    guest.wait_for(lambda: ready(guest), "the station is ready")


def offered(guest: Guest) -> str | None:
    """What the page shows under More."""
    state = guest.state()
    return state["appliance"]["offered_version"] if state else None


def update(guest: Guest, *words: str) -> dict:
    return json.loads(guest.check("intercomctl", "--json", "update", *words, timeout_s=600))


def reported(guest: Guest) -> list[str]:
    """What the service has said of the versions that are offered, since the guest was booted."""
    return [record["MESSAGE"] for record in events(guest, "appliance.update_offered")]


def tried(guest: Guest, *words: str) -> subprocess.CompletedProcess[str]:
    return guest.run("intercomctl", "update", *words, timeout_s=600)


def test_by_apt_a_bare_board_becomes_a_station_that_rings_a_phone(station, publish, measured):
    began = time.monotonic()

    def took(step: str) -> None:
        nonlocal began
        measured(f"by apt, {step}", time.monotonic() - began)
        began = time.monotonic()

    this = publish("")
    took("the key, the source, apt update")
    station.check("apt-get", "-q", "-y", "install", "intercomd", timeout_s=1200)
    assert version(station) == f"installed {this}"
    took("apt install, of packages fetched before")
    station.check("intercomd-setup", "--yes", "--ring", "sip:kitchen@127.0.0.1:5070")
    took("intercomd-setup")
    station.check("systemctl", "restart", "intercomd", "intercomd-guard")
    station.wait_for(lambda: ready(station), "the station is ready", 240)
    took("restart, until ready")
    station.check("amixer", "--quiet", "--card=Dummy", "sset", "Mic", "cap")  # it begins muted
    station.check("intercomctl", "doctor")
    took("intercomctl doctor")
    phone = FarEnd(station, answers=False)
    began = time.monotonic()
    station.pull(CHIP, BUTTON, "down")
    station.wait_for(lambda: "ncoming call" in phone.said(), "the phone rings")
    took("from the press to the ringing phone")
    station.pull(CHIP, BUTTON, "up")
    phone.stop()
    station.wait_for(lambda: not station.state()["calls"], "the call has ended")


def test_an_offer_is_reported_installed_at_a_quiet_time_and_taken_back(station, publish, measured):
    before = version(station).split()[1]
    new = publish("+1")
    restart(station)
    # In its sandbox the service reads apt's lists, and cannot write apt's cache.
    station.wait_for(lambda: offered(station) == new, "the offer is in the state, which the page shows")
    assert any(new in line for line in reported(station)), reported(station)
    assert version(station) == f"installed {before}", "nothing is installed without an order"
    answer = update(station, "install", "--at", "03:30")
    assert (answer["done"], "03:30" in answer["planned"]) == ("planned", True)
    began = time.monotonic()
    station.check("date", "--set", answer["planned"])
    station.wait_for(lambda: version(station) == f"installed {new}", "systemd has installed it", 300)
    measured("update at its time: from then to installed", time.monotonic() - began)
    station.wait_for(lambda: ready(station) and offered(station) == "", "the later version runs, with no offer", 240)
    afterwards = station.run("systemctl", "is-active", "intercomd-after-upgrade").stdout.strip()
    assert afterwards == "inactive", "nothing is left that would start the station after somebody has stopped it"
    assert update(station)["planned"] is None

    began = time.monotonic()
    answer = update(station, "back")
    measured("intercomctl update back", time.monotonic() - began)
    assert answer["done"] == "returned"
    assert version(station) == f"installed {before}"
    station.wait_for(lambda: ready(station) and offered(station) == new, "it runs, and is offered the later one", 240)
    station.check("apt-get", "-q", "-y", "upgrade", timeout_s=600)
    assert version(station) == f"installed {before}", "an upgrade leaves it as it is"
    assert update(station, "install")["done"] == "installed"
    assert version(station) == f"installed {new}"


def of_newer_state(tree: Path) -> None:
    """Its state is one that earlier versions cannot read."""
    known = tree / "usr/share/intercomd/state-versions"
    last = int(known.read_text().splitlines()[-1].split()[0])
    control = (tree / "DEBIAN/control").read_text()
    this = next(line.split()[1] for line in control.splitlines() if line.startswith("Version: "))
    known.write_text(f"{known.read_text()}{last + 1} {this}\n")


def test_back_to_a_version_that_cannot_read_the_state_is_refused_and_its_remedy_leads_back(station, publish):
    before = version(station).split()[1]
    new = publish("+2", of_newer_state)
    assert update(station, "install")["done"] == "installed"
    station.wait_for(lambda: ready(station), "the later version runs", 240)
    station.check("systemctl", "stop", "intercomd")
    station.write("/var/tmp/bump.py", BUMP)
    station.check("setpriv", "--reuid=intercomd", "--regid=intercom", "--init-groups", "python3", "/var/tmp/bump.py")
    station.check("systemctl", "start", "intercomd")
    station.wait_for(lambda: ready(station), "it runs with the newer state", 240)
    state = station.check("sha256sum", STATE_OF)

    refused = tried(station, "back")
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1, said
    for part in ("Cause:  it cannot read the state", "Remedy: keep this version", "move that file away", "upgrade.md"):
        assert part in said
    assert version(station) == f"installed {new}"
    station.wait_for(lambda: ready(station), "the station goes on", 240)
    assert station.check("sha256sum", STATE_OF) == state

    # As the remedy says, and docs/how-to/upgrade.md by commands. No table has changed, so no copy was made.
    station.check("systemctl", "stop", "intercomd")
    station.shell(f"cd /var/lib/intercomd; mkdir newer; mv {STATE_OF}* newer/")
    assert update(station, "back")["done"] == "returned"
    assert version(station) == f"installed {before}"
    station.check("systemctl", "start", "intercomd")
    station.wait_for(lambda: ready(station), "the earlier version runs", 240)
