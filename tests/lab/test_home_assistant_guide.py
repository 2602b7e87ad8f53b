"""The guide to Home Assistant by MQTT, step by step: from `apt install` to the door that opens from Home Assistant.

The board is the guest; Home Assistant and its broker run beside it. Each command and each line of the configuration is
taken out of the guide, and the time of each step is printed. `make test-home-assistant` runs it.
"""

import re
import subprocess
import textwrap
import time

import pytest

from tests.daemon.appliance.how_tos import BLOCK, HOW_TO
from tests.support.peers.home_assistant import HomeAssistant
from tests.support.peers.mosquitto import DEVICE, Mosquitto
from tests.support.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.home_assistant]
MOST_STEPS = 6
BUTTON, DOOR, LED = range(3)
HERE = "127.0.0.1"  # which is 10.0.2.2 in the guest
HOME, PASSWORD = "home", "correct horse"  # Home Assistant's own user at its broker, and everybody's password
REPOSITORY, SOURCE = "/srv/debs", "/etc/apt/sources.list.d/intercomd.list"
CONFIG = "/etc/intercomd/intercomd.toml"
USER = "visitor"
LOGIN = (
    *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"),
    *("env", f"HOME=/home/{USER}", f"USER={USER}", "bash", "-euo", "pipefail", "-c"),
)
# A board as its owner has it before the first step.
BOARD = f"""
useradd --create-home --groups sudo,audio {USER}
echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/lab
echo '10.0.2.2 homeassistant.local' >>/etc/hosts
echo 'deb [trusted=yes] file:{REPOSITORY} ./' >{SOURCE}
"""
# Debian's lists, which are on the disc, stay as they are. The cache of all lists is made as `apt update` makes it.
OFFER = f"""
cd {REPOSITORY}
apt-ftparchive packages . >Packages
{{}}
apt-get -q -o Dir::Etc::SourceList={SOURCE} -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0 update
apt-cache -q gencaches
"""
NEWER = "sed -i '/^Package: intercomd$/,/^$/s/^Version: .*/Version: 99.0/' Packages"


def steps():
    """The steps of the guide, in its words."""
    part = (HOW_TO / "home-assistant.md").read_text().partition("## By MQTT\n")[2]
    return re.split(r"(?m)^(?=\d\. )", part.partition("The device now stands")[0])[1:]


class House:
    """The owner of a board and of a Home Assistant, who does what the steps say."""

    def __init__(self, guest, home, broker, passwords):
        self.guest, self.home, self.broker, self.passwords = guest, home, broker, passwords

    def follow(self, step):
        block = BLOCK.search(step)
        if block is None:
            self._add_user(*re.search(r"as `(\w+)` with a password", step).groups())
            return
        text = textwrap.dedent(block[2])
        if "sudo " not in text:
            self.guest.check("tee", "-a", CONFIG, given=text.replace("port = 1883", f"port = {self.broker.port}"))
            return
        # What is typed: the password that it waits for, and else yes, to apt.
        given = PASSWORD if "/dev/stdin" in text else "y\n"
        self.guest.check(*LOGIN, f"cd\n{text}", given=given, timeout_s=1200)

    def _add_user(self, name):
        """As Home Assistant's page does. Its broker asks it for passwords; ours has a file of them."""
        user = self.home.ask("config/auth/create", name=name)["user"]
        self.home.ask("config/auth_provider/homeassistant/create", user_id=user["id"], username=name, password=PASSWORD)
        self.admit(name)

    def admit(self, name):
        """Let the broker know a user."""
        subprocess.run(["mosquitto_passwd", "-b", self.passwords, name, PASSWORD], check=True)
        self.broker.reload()

    def entities(self):
        return self.home.entities(DEVICE)

    def seen(self):
        offered = self.guest.run("intercomctl", "update").stdout
        return f"{self.home.warnings()}\n{self.entities()}\n{offered}\n{self.broker.log}\n{self.guest.told()}"


@pytest.fixture(scope="module")
def house(make_guest, bare_disc, debs, tmp_path_factory):
    directory = tmp_path_factory.mktemp("house")
    passwords = directory / "passwords"
    passwords.touch(mode=0o600)
    lines = "allow_anonymous false", f"password_file {passwords}"
    guest = make_guest(bare_disc).boot()
    broker = Mosquitto(directory / "broker", *lines, address=HERE)
    with broker, HomeAssistant(directory / "ha", "sid") as home:
        made = House(guest, home, broker, passwords)
        made.admit(HOME)
        home.add(broker, username=HOME, password=PASSWORD)
        guest.chip("board", "BUTTON", "DOOR", "LED")
        guest.pull("board", BUTTON, "up")
        guest.copy_in(*debs, to=REPOSITORY)
        guest.check("chmod", "755", REPOSITORY)  # apt's lists are links to it, which the service reads, too
        guest.shell(BOARD + OFFER.format(""))
        yield made


def test_in_six_steps_at_most_the_door_opens_from_home_assistant(house, measured):
    begun = time.monotonic()
    found = steps()
    assert 0 < len(found) <= MOST_STEPS
    for step in found:
        if "intercomctl doctor" in step:
            house.guest.check("amixer", "--quiet", "--card=Dummy", "sset", "Mic", "cap")  # it begins muted
        began = time.monotonic()
        house.follow(step)
        measured(textwrap.shorten(step, 55), time.monotonic() - began)
    began = time.monotonic()
    until(lambda: "door_front" in house.entities(), "the door", log=house.seen, patience=PATIENCE_S)
    lock = house.entities()["door_front"]
    until(lambda: house.home.state(lock) == "locked", log=house.seen)
    house.home.act("lock.unlock", lock)
    house.guest.wait_for(lambda: house.guest.level("board", DOOR) == 1, "the relay is energised")
    measured("the door opens from Home Assistant", time.monotonic() - began)
    measured(f"from apt install to the open door, in {len(found)} steps", time.monotonic() - begun)
    house.guest.wait_for(lambda: house.guest.level("board", DOOR) == 0, "the relay is at rest again")
    until(lambda: house.home.state(lock) == "locked", log=house.seen)


def test_a_newer_version_that_apt_offers_is_an_update(house):
    entity = house.entities()["update"]
    assert house.home.state(entity) == "off"
    house.guest.shell(OFFER.format(NEWER))
    house.guest.check("systemctl", "restart", "intercomd")  # it looks at its start, and later once an hour
    until(lambda: house.home.state(entity) == "on", log=house.seen, patience=PATIENCE_S)
    shown = house.home.get(f"/api/states/{entity}")["attributes"]
    assert (shown["installed_version"], shown["latest_version"]) == ("0.1.0", "99.0")
