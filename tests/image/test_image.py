"""The card image in qemu: set up from its boot partition, it calls, opens a door, updates itself and goes back.

`make test-image` runs it, with the packages of `make deb-arm64`. Its times depend on the machine: they are printed, and
asserted nowhere.
"""

import os
import random
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.image.conftest import VERSION, make_key
from tests.image.guest import BOOT_S, HOST, Guest
from tests.support.peers.sipp import free_port
from tests.support.peers.sounds import levels_of, to_a_law
from tests.support.waiting import pause, until

pytestmark = [pytest.mark.far_end, pytest.mark.image]
ANSWER = Path(__file__).resolve().parents[2] / "packaging/debian/tests/answer.xml"
TONE_HZ, RATE = 1000, 48000
CUTS = int(os.environ.get("IMAGE_CUTS", "10"))
# Nobody answers at the registrar's port, which is a reason. The line is one of qemu's machine.
STATION = f"""
[station]
name = "Front door"

[audio]
capture = "plughw:CARD=Intel,DEV=0"
playback = "plughw:CARD=Intel,DEV=0"
volume = 90.0

[account.pbx]
registrar = "{HOST}:9"
user = "201"
password = "a secret"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "9030000.pl061"
line = "5"

[target.kitchen]
uri = "sip:kitchen@{HOST}:{{port}}"

[panel.button.bell]
chip = "9030000.pl061"
line = "2"
pull = "down"
action = "ring"
target = "kitchen"
"""


def shown(capsys, text: str) -> None:
    """Print a time for people, in a quiet run, too."""
    with capsys.disabled():
        print(f"\n    {text}", end="", flush=True)


def station(directory: Path, image, port: int = 9) -> Guest:
    """A card as somebody has prepared it, whose bell rings a phone at this machine's port."""
    guest = Guest(directory, image.card)
    guest.put("intercomd.toml", STATION.format(port=port))
    guest.put("station.txt", "HOST_NAME=front-door\nTIME_ZONE=Europe/Berlin\nADDRESS=nonsense\n")
    return guest


class Phone:
    """SIPp at this machine, which answers one call, and a tone that it plays to the sender of sound."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sound.bind(("127.0.0.1", 0))
        self.heard = 0
        scenario = directory / "answer.xml"
        text = ANSWER.read_text().replace("[local_ip]", HOST).replace("[media_ip]", HOST)
        scenario.write_text(text.replace("[echo_port]", str(self._sound.getsockname()[1])))
        self._log, self._messages = directory / "sipp.log", directory / "sipp.messages"
        self._process = subprocess.Popen(
            ["sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", str(self.port), "-m", "1", "-nostdin",
             "-trace_err", "-error_file", self._log, "-trace_msg", "-message_file", self._messages],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        threading.Thread(target=self._play, daemon=True).start()

    def _play(self) -> None:
        samples = 16000 * np.sin(2 * np.pi * TONE_HZ * np.arange(160) / 8000)
        payload = to_a_law(samples)  # 20 ms, in whole waves
        for number in range(1 << 16):
            try:
                _, there = self._sound.recvfrom(2000)
                head = b"\x80\x08" + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big") + b"tone"
                self._sound.sendto(head + payload, there)
            except OSError:
                return
            self.heard += 1

    def rings(self) -> bool:
        """Whether it has said so."""
        return self._messages.exists() and "180 Ringing" in self._messages.read_text(errors="replace")

    def ended(self) -> int | None:
        """SIPp's status once it has seen the whole call."""
        return self._process.poll()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._sound.close()


def played(path: Path) -> tuple[float, float]:
    """How loud the tone was in all that the guest's sound card has played, and another frequency, in dB."""
    data = np.frombuffer(path.read_bytes()[44:][: (path.stat().st_size - 44) // 4 * 4], dtype="<i2")[::2].astype(float)
    loud = np.flatnonzero(np.abs(data) > 150)
    if len(loud) < RATE:
        return -120.0, -120.0
    wanted, other = levels_of(data[loud[0] : loud[-1]], RATE, TONE_HZ, 1.7 * TONE_HZ)
    return wanted, other


def test_it_is_set_up_from_the_boot_partition_and_calls_with_sound_and_opens_the_door(tmp_path, image, capsys):
    phone = Phone(tmp_path)
    with station(tmp_path / "g", image, phone.port).on() as guest:
        try:
            guest.said(r"(?m)^slot A, order A B, left A 2 B 3")
            shown(capsys, f"U-Boot has taken a slot after {guest.at()}")
            guest.up()
            shown(capsys, f"everything has started after {guest.at()}; {guest.run('systemd-analyze').splitlines()[0]}")
            assert guest.try_("systemctl --failed --no-legend") == ""
            assert guest.run("systemctl is-system-running") == "running"
            assert guest.run("hostname; cat /usr/lib/intercomd-image/version").split() == ["front-door", VERSION]
            assert guest.run("date +%Z") in {"CET", "CEST"}
            assert "CARD=Intel" in guest.run("cat /etc/intercomd/intercomd.toml")
            assert "a secret" not in guest.run("cat /boot/firmware/intercomd.imported.toml")
            assert guest.run("stat -c %a /etc/intercomd/pbx.password")
            assert "ADDRESS" in guest.run("cat /boot/firmware/station-errors.txt")
            assert "Read-only file system" in guest.try_("touch /usr/here")
            # The self-test was content, although the account is not registered: the reason is known.
            assert "The door phone works." in guest.run("journalctl -b -o cat -u intercomd-image-check")
            assert "BOOT_A_LEFT=3" in guest.run("fw_printenv")
            assert "MACHINE_ID=" + guest.run("cat /etc/machine-id") in guest.run("fw_printenv")
            guest.run("intercomctl audio set --speaker on --volume 90")
            began = time.monotonic()
            guest.run("intercomctl press bell")
            until(phone.rings, "the phone", BOOT_S, log=phone.log)
            shown(capsys, f"{guest.at()} after power on a phone rings, {time.monotonic() - began:.1f} s after a press")
            until(lambda: phone.heard > 200, "sound of the guest", BOOT_S, log=phone.log)
            shown(capsys, f"4 s of sound have come {time.monotonic() - began:.1f} s after the press")
            guest.run("intercomctl hangup")
            until(lambda: phone.ended() is not None, "the end of the call", BOOT_S, log=phone.log)
            assert phone.ended() == 0, phone.log()
            wanted, other = played(tmp_path / "g/played.wav")
            shown(capsys, f"the sound card has played the tone at {wanted:.0f} dB, another frequency at {other:.0f} dB")
            assert wanted > other + 20
            guest.run("intercomctl door front")
            assert "door.unlocked" in guest.run("journalctl -b -u intercomd INTERCOMD_EVENT=door.unlocked -o export")
            guest.run("systemctl is-active intercomd-guard")
            shown(capsys, f"memory: {guest.run('free -m').splitlines()[1]}")
        finally:
            phone.close()


class Server:
    """nginx, which answers the ranges that RAUC asks for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        places = "".join(f"{name}_temp_path {directory}/t; " for name in ("client_body", "proxy", "fastcgi", "uwsgi"))
        config = directory / "nginx.conf"
        config.write_text(
            f"daemon off; master_process off; pid {directory}/pid; error_log {directory}/error.log; events {{}}\n"
            f"http {{ access_log off; {places} scgi_temp_path {directory}/t;\n"
            f"server {{ listen 127.0.0.1:{self.port}; root {directory}; }} }}\n"
        )
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "nginx", "-c", config])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def url(self, bundle: Path) -> str:
        """Where the guest finds it."""
        return f"http://{HOST}:{self.port}/{bundle.name}"


def changed(image, made: Path, version: str, *commands: str) -> Path:
    """A copy of the root that has another version, with changes by debugfs."""
    subprocess.run(["cp", "--sparse=always", image.root, made], check=True)
    (said := made.with_name("version")).write_text(f"{version}\n")
    told = "/usr/lib/intercomd-image/version"
    for command in (f"rm {told}", f"write {said} {told}", *commands):
        subprocess.run(["debugfs", "-w", "-R", command, made], check=True, capture_output=True)
    return made


def without_system(image, directory: Path) -> Path:
    """A root with a kernel and no system to start."""
    tree = directory / "tree"
    tree.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump /boot {tree}", image.root], check=True, capture_output=True)
    for link, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd.img", "initrd.img-*")):
        (file,) = (tree / "boot").glob(pattern)
        (tree / link).symlink_to(file.relative_to(tree))
    for name in ("proc", "sys", "dev", "run", "etc"):
        (tree / name).mkdir()
    made = directory / "no-system.ext4"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, made, "256M"], check=True)
    return made


def order_update(guest: Guest, url: str) -> float:
    """Have it install an update and restart; how long the installation took."""
    began = time.monotonic()
    guest.run(f"systemd-run --quiet --unit=ordered --collect intercomd-image update {url}")
    guest.said(r"reboot: Restarting system", guest.console.count("reboot: Restarting system") + 1)
    return time.monotonic() - began


def goes_back(guest: Guest, capsys, update: str) -> None:
    """It takes slot B again, and works."""
    seen, began = len(guest.slots()), time.monotonic()
    until(lambda: "B" in guest.slots()[seen:], "the slot before", BOOT_S, log=guest.slots, every=0.5)
    shown(capsys, f"back from {update}: {guest.slots()[seen:]} after {time.monotonic() - began:.0f} s")
    guest.up()
    shown(capsys, f"    works again after {time.monotonic() - began:.0f} s")


def test_updates_come_by_http_and_one_that_is_no_good_goes_back(tmp_path, image, capsys):
    web = tmp_path / "web"
    web.mkdir()
    filler = tmp_path / "filler"
    filler.write_bytes(os.urandom(4 << 20))
    strange = image.bundle(web / "strange.raucb", "0.1.0+200", filler, make_key(tmp_path, "strange"))
    older = image.bundle(web / "older.raucb", "0.1.0+99", filler)
    root = tmp_path / "root.ext4"
    newer = image.bundle(web / "newer.raucb", "0.1.0+101", changed(image, root, "0.1.0+101"))
    no_system = image.bundle(web / "no-system.raucb", "0.1.0+102", without_system(image, tmp_path))
    broken = "rm /usr/share/intercomd/appliance/__main__.py"
    unwell = image.bundle(web / "unwell.raucb", "0.1.0+103", changed(image, root, "0.1.0+103", broken))
    with Server(web) as server, station(tmp_path / "g", image).on() as guest:
        guest.up()
        assert "BOOT_A_LEFT=3" in guest.run("fw_printenv")
        assert "signature" in guest.try_(f"rauc install {server.url(strange)}").lower()
        assert "failed" in guest.try_(f"rauc install {server.url(older)}")
        why = "0.1.0+99 is older"  # the journal has it a little later
        until(lambda: why in guest.try_("journalctl -b -u rauc -o cat"), why, BOOT_S, every=1)
        assert "BOOT_ORDER=A B" in guest.run("fw_printenv")

        took = order_update(guest, server.url(newer))
        guest.said(r"(?m)^slot B, order B A")
        guest.up()
        shown(capsys, f"an update of {newer.stat().st_size >> 20} MB was installed in {took:.0f} s")
        assert "slot B  runs" in guest.run("intercomd-image status")
        assert "BOOT_B_LEFT=3" in guest.run("fw_printenv")
        assert "CARD=Intel" in guest.run("cat /etc/intercomd/intercomd.toml")

        order_update(guest, server.url(no_system))
        goes_back(guest, capsys, "what does not start")
        assert "slot B  runs" in guest.run("intercomd-image status")

        order_update(guest, server.url(unwell))
        goes_back(guest, capsys, "what is not well")
        assert "slot B  runs" in guest.run("intercomd-image status")
        assert "0.1.0+103" in guest.run("cat /data/image/held")

        guest.run(f"systemd-run --quiet rauc install {server.url(newer)}")
        writes = "writing data to device"  # for more than a minute
        until(lambda: writes in guest.try_("journalctl -b -u rauc -o cat"), writes, BOOT_S, every=1)
        guest.off()
        guest.on().up()
        assert "slot B  runs" in guest.run("intercomd-image status")


def test_it_starts_after_each_power_cut(tmp_path, image, capsys):
    chance = random.Random()  # other moments in each run; each is printed
    with station(tmp_path / "g", image).on() as guest:

        def active() -> bool:
            return guest.try_("systemctl is-active intercomd") == "active"

        guest.up()
        whole = time.monotonic() - guest.began
        for number in range(CUTS):
            guest.off()
            moment = chance.uniform(0, 1.2 * whole)
            guest.on()
            pause(moment)
            guest.off()
            guest.on().up()
            # On a busy machine the daemon may take longer than systemd waits for it, and is started again.
            until(active, "the daemon", BOOT_S, every=1)
            shown(capsys, f"power cut {number + 1} of {CUTS}, after {moment:.0f} s: whole again after {guest.at()}")
            assert "CARD=Intel" in guest.run("cat /etc/intercomd/intercomd.toml")
