"""The tutorial, word for word: its commands are taken out of it and run, and what it shows is held against what comes.

What hands do in it stands there as comments: <!-- lab: press -->. A block with sh is run on the board, or where a
comment says so on the phone's computer, which is a network namespace of the guest, or on the computer that builds,
where make gives the packages under test and scp copies into the guest. A block with ini is a line of the board's
config.txt; a block with text is what the commands before it print, line by line, with … for anything. No block is left
out.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.programs.pacing import pause

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs/tutorial/first-door.md"
PARTS = re.compile(
    r"^## (?P<part>[^\n]+)$|<!-- lab: (?P<note>[^>]*?) -->|^```(?P<kind>sh|text|ini)\n(?P<block>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
OF_BLOCKS = {"computer", "phone", "phone rings", "press soon", "answers y"}  # notes that say how the next block is run
BOARD, PHONE = "192.0.2.10", "192.0.2.20"
BUTTON, DOOR, LED = range(3)
USER = "visitor"
LOGIN = (
    *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"),
    *("env", f"HOME=/home/{USER}", f"USER={USER}", f"LOGNAME={USER}"),
)
SHOWN = f"/home/{USER}/shown"
FINGER = (
    f"until grep -qs '^Press button' {SHOWN}; do sleep 0.1; done; sim-gpio down board 0; sleep 1; sim-gpio up board 0"
)
NETWORK = f"""
ip netns add phone
ip link add board type veth peer name phone netns phone
ip address add {BOARD}/24 dev board
ip link set board up
ip -n phone address add {PHONE}/24 dev phone
ip -n phone link set phone up
ip -n phone link set lo up
# One network, as the board has: that of the lab loses its addresses. With its link down, slirp4netns spins on the host.
ip address flush dev "$(ip -o route get 10.0.2.2 | sed 's/.* dev \\([^ ]*\\).*/\\1/')"
ip route add default via 192.0.2.1 dev board
"""


def steps():
    """Part and what is to be done, in order: (kind of block, its lines, how), or (what hands do,)."""
    note, part = "", ""
    for found in PARTS.finditer(TUTORIAL.read_text()):
        if found["part"]:
            part = found["part"]
        elif found["note"] in OF_BLOCKS:
            note = found["note"]
        elif found["note"]:
            yield part, (found["note"],)
        else:
            yield part, (found["kind"], found["block"], note)
            note = ""


def on_the_computer(commands, directory, debs, copy):
    """Run the block of the computer that builds, in a stand-in of the checkout; `copy` takes what scp would."""
    subprocess.run(["make", "-n", "deb-arm64"], cwd=ROOT, check=True, capture_output=True, timeout=120)
    made = [f"\tcp '{deb}' 'dist/{deb.name.replace('_amd64.', '_arm64.')}'\n" for deb in debs]
    (directory / "Makefile").write_text("".join(["deb-arm64:\n\tmkdir -p dist\n", *made]))
    scp = directory / "bin/scp"
    scp.parent.mkdir()
    scp.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >copied\n')
    scp.chmod(0o755)
    environment = {**os.environ, "PATH": f"{scp.parent}:{os.environ['PATH']}"}
    argv = ["bash", "-euo", "pipefail", "-c", commands]
    subprocess.run(argv, cwd=directory, env=environment, check=True, capture_output=True, timeout=120)
    *files, place = (directory / "copied").read_text().splitlines()
    assert place == "USER@NAME:"
    copy(*(directory / file for file in files), to=f"/home/{USER}")


class Follower:
    """Somebody who does what the tutorial says, with a terminal on the board and one on the phone's computer."""

    def __init__(self, guest, debs, directory):
        self.guest, self.debs, self.directory, self.told = guest, debs, directory, ""

    def follow(self, step):
        match step:
            case ("ini", lines, _):
                self.guest.shell(f"mkdir -p /boot/firmware; cat >>/boot/firmware/config.txt <<'END'\n{lines}END")
            case ("sh", commands, "computer"):
                on_the_computer(commands, self.directory, self.debs, self.guest.copy_in)
            case ("sh", commands, "answers y"):
                self.told = self._as_user(commands, given="y\n")
            case ("sh", commands, "phone"):
                self.told = self._as_user(commands, "ip", "netns", "exec", "phone")
            case ("sh", commands, "phone rings"):
                self.guest.wait_for(
                    lambda: not self.guest.asked("/v1/state")["calls"], "the call of the button's test is over"
                )
                # What is typed there comes by a pipe that is never closed, to the terminal that script(1) makes.
                self.guest.shell("mkfifo /root/keys")
                script = f"exec 3<>/root/keys; ip netns exec phone {' '.join(LOGIN)} "
                script += f"env ALSA_CARD=Phone script -qfc '{commands.strip()}' /dev/null <&3"
                self.guest.service("phone", "bash", "-c", script)
                self.guest.wait_for(lambda: "baresip is ready" in self.phone(), "the phone is ready")
            case ("sh", commands, "press soon"):
                self.guest.service("finger", "bash", "-c", FINGER)
                self.told = self._as_user(commands, shown=SHOWN)
            case ("sh", commands, _):
                self.told = self._as_user(commands)
            case ("text", lines, _):
                for line in lines.splitlines():
                    pattern = ".*".join(r"\s+".join(map(re.escape, part.split())) for part in line.split("…"))
                    assert re.search(rf"(?m)^\s*{pattern}", self.told), f"{line!r} is not in:\n{self.told}"
            case (what,):
                getattr(self, what.replace(" ", "_"))()

    def press(self):
        self.guest.pull("board", BUTTON, "down")
        pause(0.2)
        self.guest.pull("board", BUTTON, "up")

    def ringing(self):
        self.guest.wait_for(lambda: "ncoming call" in self.phone(), "the phone rings")
        self._lamp_is("slow")

    def answer(self):
        self._type("a")

    def connected(self):
        self.guest.wait_for(
            lambda: self.guest.asked("/v1/state")["calls"][0]["state"] == "connected", "the call is connected"
        )
        self.guest.wait_for(lambda: self.guest.level("board", LED) == 1, "the lamp is on")

    def door(self):
        self._type("12#")
        self.guest.wait_for(lambda: self.guest.level("board", DOOR) == 1, "the relay is energised")
        self.guest.wait_for(lambda: self.guest.level("board", DOOR) == 0, "the relay is at rest again")

    def hang_up(self):
        self._type("b")
        self.guest.wait_for(lambda: not self.guest.asked("/v1/state")["calls"], "the call has ended")
        self._lamp_is("pulse")

    def phone(self):
        return self.guest.journal("--unit=phone", "--output=cat")

    def _type(self, keys):
        self.guest.check("sh", "-c", "cat >/root/keys", given=keys)

    def _lamp_is(self, pattern):
        self.guest.wait_for(
            lambda: self.guest.asked("/v1/state")["panel"]["lamps"][0]["pattern"] == pattern, f"the lamp is {pattern}"
        )

    def _as_user(self, commands, *before, given="", shown="/dev/null"):
        """A login of its own for each block, as the tutorial has people log in again: groups are new ones then.

        shown: a file of the guest that receives what the commands print, line by line.
        """
        words = (*before, *LOGIN, "bash", "-euo", "pipefail", "-c", f"cd; {{ {commands}}} 2>&1 | tee '{shown}'")
        return self.guest.check(*words, given=given, timeout_s=1200)


@pytest.fixture(scope="module")
def follower(make_guest, bare_disc, debs, tmp_path_factory):
    guest = make_guest(bare_disc, arguments="snd_dummy.enable=1,1 snd_dummy.id=Board,Phone").boot()
    guest.check("amixer", "-q", "-c", "Board", "set", "Mic", "cap")  # as cards come; this one begins muted
    guest.chip("board", "BUTTON", "DOOR", "LED")
    guest.pull("board", BUTTON, "up")
    guest.shell(NETWORK)
    guest.shell(
        f"useradd --create-home --groups sudo,audio {USER}; echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/lab"
    )
    return Follower(guest, debs, tmp_path_factory.mktemp("computer"))


def test_a_reader_who_follows_the_tutorial_has_a_phone_that_rings_and_a_door_that_opens(follower, measured):
    done, took, rings = 0, {}, 0.0
    for part, step in steps():
        began = time.monotonic()
        follower.follow(step)
        took[part] = took.get(part, 0.0) + time.monotonic() - began
        if step == ("ringing",):
            rings = sum(took.values())
        if step[0] == "sh" and "apt-get install" in step[1]:
            measured("the packages, installed by apt", time.monotonic() - began)
        done += 1
    assert done > 25, "the tutorial's blocks were not found"
    for part, seconds in took.items():
        measured(f"tutorial, {part}", seconds)
    measured("tutorial, from the bare board to the ringing phone, without hands and wires", rings)
