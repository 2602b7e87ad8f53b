"""The blocks of docs/how-to: what each needs to be tried, or why it is left out. Each guide needs a row here."""

import re
from dataclasses import dataclass
from pathlib import Path

HOW_TO = Path(__file__).resolve().parents[3] / "docs/how-to"
BLOCK = re.compile(r"^( *)```\w*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Config:
    """Part of a configuration, which `base` before it makes whole, or the `rest` of its table behind it."""

    base: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Run:
    """Commands. ready: what is needed before each of them, "nothing", "call", "calls" or "recording"."""

    ready: str = "nothing"


@dataclass(frozen=True)
class Imported:
    """A configuration from the boot partition."""


@dataclass(frozen=True)
class Flats:
    """A directory of flats."""


@dataclass(frozen=True)
class LeftOut:
    """Not tried here."""

    why: str


GPIO = '[panel]\nlines = "gpio"\n'
KITCHEN = '[target.kitchen]\nuri = "sip:kitchen@192.0.2.8"\n'
MOBILE = '[target.mobile]\nuri = "sip:mobile@192.0.2.9"\n'
FRONT = '[door.front]\nchip = "c"\nline = "L"\n'
GATE = '[door.gate]\nchip = "c"\nline = "G"\n'
RING = '[panel.button.ring]\npin = 17\naction = "ring"\ntarget = "kitchen"\n'
OFFICE = '[account.office]\nuser = "201"\nregistrar = "pbx.example"\npassword_file = "office.password"\n'
SIMULATED = '[panel]\nlines = "simulated"\n'
OUTPUT = "the output of the commands before it, which differs with the card"
NO_INTERNET = "needs a web server on the Internet; tests/daemon/media/test_playbacks.py plays URLs"
NO_BOARD = "the lab's board does it: tests/lab/test_tutorial.py"
NO_SYSTEMD = "needs systemd and the installed service: tests/lab/test_service.py"
NO_APT = "needs the packages, installed by apt as root: tests/lab/test_upgrade.py"
UPDATE = "needs the packages, installed by apt: tests/upkeep/test_update.py does it in a directory of its own"
DEMO = "the demonstration: tests/daemon/demo"
CARD = "needs a card, or root and the image; tests/image starts it"
CONTAINER = "the image of a release, in which packaging/release/container-check plays the call"
PROGRAM = "tests/daemon/appliance/test_client.py runs each program in Python"
PROMETHEUS = "for Prometheus, which tests/daemon/appliance/test_metrics.py starts with these lines"
BACKUP = "needs root and the installed service; tests/daemon/appliance/test_backup.py does it with other directories"
RCLONE = "part of a file of rclone: tests/store/test_copies.py has such files"
RELEASED = "tests/packaging/test_release.py and tests/lab/test_signed_repository.py do it with keys of their own"
BROKER = "for mosquitto, which tests/daemon/appliance/test_mqtt.py starts with these lines"
NEWCOMER = "tests/daemon/browsers/test_newcomer.py follows these steps, as a newcomer does"
NTFY = "runs until it is ended; tests/daemon/push/test_ntfy.py runs it, with a server in place of ntfy's"
RECEIVER = "for a receiver, which tests/daemon/appliance/test_webhooks.py starts with these lines"
ANSWER = "an answer, which tests/daemon/appliance/test_webhook_answers.py gives"
SECRET = 'url = "https://house.example/hooks/front"\nsecret_file = "/etc/intercomd/house.secret"\n'
INTEGRATED = "needs root; tests/daemon/appliance/test_home_assistant_integration.py has such a token and fingerprint"
STEPS = "a step on a bare board, which tests/lab/test_home_assistant_guide.py follows"
ROOT = "needs root, and changes users or /etc of this machine"
STATIONS = "tests/daemon/appliance/test_rules_elsewhere.py has two such stations"

TABLE = {
    "back-up-and-restore.md": [*[LeftOut(BACKUP)] * 4, LeftOut("needs root and a spare partition, and erases it")],
    "card-image.md": [*[LeftOut(CARD)] * 5],
    "codes-and-cards.md": [
        Run(),
        Run(),
        Config(rest='user = "201"\nregistrar = "pbx.example"\npassword_file = "office.password"\n'),
        Run(),
    ],
    "connect-by-mqtt.md": [
        LeftOut(ROOT),
        *[LeftOut(BROKER)] * 3,
        LeftOut(ROOT),
        LeftOut(ROOT),
        Config(),
        LeftOut(BROKER),
        LeftOut(BROKER),
        Config(),
        LeftOut(BROKER),
    ],
    "copy-recordings.md": [
        LeftOut(f"{ROOT}; rclone asks for the store"),
        LeftOut(RCLONE),
        LeftOut(ROOT),
        Config(),
        LeftOut("a drop-in of the unit: needs the installed service"),
        LeftOut(RCLONE),
        LeftOut("needs a store: tests/store/test_copies.py reads such copies back"),
    ],
    "forward-calls.md": [Config(), Run(), Run()],
    "give-programs-access.md": [Run()],
    "hold-a-conference.md": [Run("call"), Run("call")],
    "home-assistant.md": [
        *[LeftOut(INTEGRATED)] * 2,
        LeftOut("an automation of Home Assistant"),
        *[LeftOut(STEPS)] * 3,
        Config(),
        LeftOut(STEPS),
    ],
    "homekit.md": [
        LeftOut(
            "of Home Assistant, which tests/daemon/appliance/test_home_assistant_homekit.py starts with these lines"
        ),
        LeftOut("installs packages of PyPI, which make test-homekit installs elsewhere"),
        LeftOut("tests/daemon/appliance/test_homekit.py runs it, and pairs it with a controller"),
    ],
    "install.md": [*[LeftOut(RELEASED)] * 3, LeftOut(NO_BOARD), LeftOut(NO_APT), LeftOut(DEMO), LeftOut(CONTAINER)],
    "keypads-and-readers.md": [
        Config(GPIO),
        Config(GPIO),
        Config(f'{GPIO}[panel.reader.gate]\nd0 = "GPIO24"\nd1 = "GPIO25"\n'),
        Config(GPIO),
        LeftOut("a rule of udev: needs root, and a keyboard of that name"),
        LeftOut("a card at a reader: tests/lab/test_entry.py"),
    ],
    "make-a-voice-menu.md": [LeftOut(PROGRAM)],
    "make-a-directory.md": [Flats(), Config()],
    "node-red.md": [LeftOut("for Node-RED, which tests/daemon/appliance/test_node_red.py starts with this flow")],
    "open-doors.md": [
        Config(GPIO),
        Run(),
        Config(f'{GPIO}{RING}{KITCHEN}{FRONT}{GATE}[panel.sensor.pir]\npin = 13\nkind = "motion"\n'),
        *[Config(GPIO + FRONT)] * 4,
    ],
    "publish-a-release.md": [
        LeftOut(RELEASED),
        LeftOut("tests/image makes an image and its updates, by a key of their own"),
        *[LeftOut(RELEASED)] * 4,
    ],
    "reach-the-station-by-https.md": [
        Config(),
        LeftOut(f"{ROOT}: tests/daemon/security/test_authority.py has a station without these files"),
        LeftOut("needs two machines: tests/daemon/security/test_https.py does it"),
        Config(),
        LeftOut("a hook of certbot: tests/daemon/security/test_https.py runs it"),
        LeftOut("needs a name in the DNS, and its authority"),
        Config(),
        *[LeftOut("for a proxy, which tests/api/test_behind_proxies.py starts with these lines")] * 2,
        LeftOut("for Traefik, which is not in Debian: tests/api/test_behind_traefik.py runs it"),
        Config(),
        LeftOut("of an app of Home Assistant OS, which was not tried"),
        LeftOut("for a proxy, which tests/api/test_behind_proxies.py starts with these lines"),
    ],
    "register-at-a-pbx.md": [
        LeftOut(f"{ROOT}; sudoedit waits for an editor"),
        Config(),
        LeftOut(NO_SYSTEMD),
        Config(OFFICE),
        Config(),
    ],
    "record-calls.md": [*[Config()] * 5, Run(), Run()],
    "play-sounds.md": [
        *[Config(), Config(), Run(), Run("call"), Run(), Config(), LeftOut(NO_INTERNET), Config(), Config()],
        *[Run("call"), LeftOut(NO_INTERNET), Config(), Config(), Config()],
    ],
    "report-a-bug.md": [Run(), LeftOut(NO_SYSTEMD), Run("recording")],
    "ring-several-people.md": [Config(GPIO + OFFICE), LeftOut(NO_SYSTEMD)],
    "rules.md": [
        *[Config(), Config(FRONT + GPIO), Run(), LeftOut(f"{ROOT}; {STATIONS}"), Config(FRONT + GPIO)],
        *[Config(GPIO + GATE), Run()],
    ],
    "run-as-a-service.md": [
        LeftOut(NO_SYSTEMD),
        Config(GPIO + FRONT),
        *[LeftOut(NO_SYSTEMD)] * 2,
        Config(),
        LeftOut(NO_SYSTEMD),
    ],
    "say-who-may-call.md": [Config(), Config()],
    "set-up-asterisk-or-a-fritzbox.md": [
        *[LeftOut("for Asterisk, which tests/daemon/appliance/test_asterisk_guide.py starts with these lines")] * 2,
        *[Config(SIMULATED), Config(SIMULATED)],
    ],
    "set-up-from-the-boot-partition.md": [Imported()],
    "set-up-sound.md": [
        LeftOut(OUTPUT),
        Config(),
        Run(),
        LeftOut(OUTPUT),
        Config(),
        Config(),
        LeftOut(OUTPUT),
        Config(),
        Config(GPIO),
    ],
    "talk-from-outside.md": [
        LeftOut(NO_APT),
        LeftOut(f"{ROOT}: tests/daemon/browsers/test_outside.py runs it, and rings through the tunnel"),
        Config(),
        LeftOut("of another program: tests/daemon/browsers/test_outside.py runs it"),
        Config(),
    ],
    "talk-from-your-phone.md": [*[LeftOut(NEWCOMER)] * 5, Config(GPIO), Config(f"{KITCHEN}{MOBILE}"), LeftOut(NTFY)],
    "transfer-calls.md": [Run("calls")],
    "upgrade.md": [LeftOut(UPDATE), *[LeftOut(NO_APT)] * 4, LeftOut(UPDATE), *[LeftOut(NO_APT)] * 3],
    "use-pjsua2-in-other-programs.md": [LeftOut("its program: tests/daemon/programs/test_pjsua2_alone.py")],
    "use-d-bus.md": [LeftOut(ROOT), Config(), Run(), Run("call")],
    "watch-with-prometheus.md": [
        Run(),
        LeftOut(PROMETHEUS),
        LeftOut("needs Prometheus on another machine; a client there: tests/daemon/security/test_https.py"),
        Run(),
        LeftOut(PROMETHEUS),
    ],
    "wire-lines.md": [
        LeftOut(NO_BOARD),
        Config(GPIO + KITCHEN),
        Config(GPIO + KITCHEN + FRONT),
        Config(GPIO),
        Config(GPIO),
        Config(),
        LeftOut(NO_BOARD),
    ],
    "write-programs-in-python.md": [
        LeftOut("installs a package; the tests use the checkout's"),
        *[LeftOut(PROGRAM)] * 3,
    ],
    "webhooks.md": [
        LeftOut(ROOT),
        Config(),
        LeftOut(RECEIVER),
        Run(),
        Config(rest=SECRET),
        LeftOut(ANSWER),
        LeftOut(ANSWER),
        Config(rest=SECRET),
        LeftOut("it ends at Ctrl-C only"),
    ],
}


def blocks(name):
    """The blocks of a guide, without the indentation of the list that they stand in."""
    found = BLOCK.finditer((HOW_TO / name).read_text())
    return [re.sub(rf"(?m)^{block[1]}", "", block[2]) for block in found]


def each(kind):
    """Guide, number of the block, and entry of all of that kind."""
    return [
        (name, number, entry)
        for name, row in TABLE.items()
        for number, entry in enumerate(row)
        if isinstance(entry, kind)
    ]
