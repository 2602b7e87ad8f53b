"""The card image in qemu's 64-bit ARM machine: power, console, and a shell by ssh with a key on the boot partition."""

import os
import re
import shlex
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Self

from tests.support.waiting import until

HOST = "10.0.2.2"  # this machine, as a guest in qemu's user network sees it
LOADER = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
BOOT_S = 900.0  # of a guest whose processor is computed, on a busy machine


class CommandError(AssertionError):
    """A command in the guest that failed."""


def boot_partition(card: Path) -> str:
    """The first partition of a card, as mtools want it."""
    with card.open("rb") as file:
        table = file.read(512)
    return f"{card}@@{int.from_bytes(table[454:458], 'little') * 512}"


class Guest:
    """One card, switched on and off. directory: what is kept of it, its card and what its sound card played."""

    def __init__(self, directory: Path, card: Path) -> None:
        self.directory, self.card = directory, directory / "card.img"
        directory.mkdir(exist_ok=True)
        subprocess.run(["cp", "--sparse=always", card, self.card], check=True)
        self.key = directory / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.put("authorized_keys", (directory / "key.pub").read_text())
        self.console = ""
        self.port = 0
        self.began = 0.0
        self._process = None

    # -- the card, while it is off -------------------------------------------------------------------------------------

    def put(self, name: str, text: str) -> None:
        """Write a file to the boot partition, as people do in a card reader."""
        subprocess.run(
            ["mcopy", "-o", "-i", boot_partition(self.card), "-", f"::{name}"], input=text.encode(), check=True
        )

    def get(self, name: str) -> str:
        """A file of the boot partition; empty if it is not there."""
        read = ["mtype", "-i", boot_partition(self.card), f"::{name}"]
        return subprocess.run(read, capture_output=True, check=False).stdout.decode("utf-8", "replace")

    # -- power ---------------------------------------------------------------------------------------------------------

    def on(self) -> "Guest":
        """Switch it on; nothing is waited for."""
        assert self._process is None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.console, self.began = "", time.monotonic()
        # Without ACPI, as a firmware that has it gets no GPIO chip.
        self._process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", "qemu-system-aarch64", "-M", "virt,acpi=off", "-cpu", "cortex-a72"),
                *("-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024", "-bios", LOADER),
                *("-display", "none", "-serial", "stdio", "-monitor", "none"),
                *("-drive", f"file={self.card},format=raw,if=virtio"),
                *("-netdev", f"user,id=n,hostfwd=tcp:127.0.0.1:{self.port}-:22"),
                *("-device", "virtio-net-pci,netdev=n,romfile=", "-device", "virtio-rng-pci"),
                *("-audiodev", f"wav,id=a,path={self.directory / 'played.wav'},out.frequency=48000"),
                *("-device", "intel-hda", "-device", "hda-duplex,audiodev=a"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        return self

    def _read(self, stream) -> None:
        with (self.directory / "console.log").open("ab") as log:
            while data := os.read(stream.fileno(), 1 << 16):
                log.write(data)
                log.flush()
                self.console += data.decode("utf-8", "replace").replace("\r", "")

    def off(self) -> None:
        """Cut its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    # -- what it does --------------------------------------------------------------------------------------------------

    def at(self) -> str:
        """Seconds since it was switched on, for people."""
        return f"{time.monotonic() - self.began:.0f} s"

    def said(self, pattern: str, times: int = 1, patience: float = BOOT_S) -> str:
        """Wait until the console has printed the pattern so many times; the last of these."""
        until(lambda: len(re.findall(pattern, self._heard())) >= times, pattern, patience, log=self._end, every=0.2)
        return re.findall(pattern, self.console)[times - 1]

    def _heard(self) -> str:
        """What the console has printed, of a machine that is on."""
        assert self._process is not None
        assert self._process.poll() is None, f"the machine has ended\n{self._end()}"
        return self.console

    def _end(self) -> str:
        return self.console[-2000:]

    def slots(self) -> list[str]:
        """The slots that U-Boot has taken since the power was switched on."""
        return re.findall(r"(?m)^slot ([AB]), order", self._heard())

    def up(self) -> "Guest":
        """Wait until it can be reached by ssh and has ended its start."""
        until(lambda: self._heard() and self._ssh("true", 60).returncode == 0, "ssh", BOOT_S, log=self._end, every=1)
        until(lambda: "starting" not in self.try_("systemctl is-system-running"), "its start", BOOT_S, every=1)
        return self

    def _ssh(self, command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=50")
        words = ["ssh", "-F", "none", *(word for each in options for word in ("-o", each)), "-i", self.key]
        words += ["-p", str(self.port), "root@127.0.0.1", command]
        try:
            return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(words, 255, str(error.stdout), str(error.stderr))

    def run(self, *words: str, seconds: float = BOOT_S) -> str:
        """What a command prints. One word is a line for the shell. Raises CommandError if it fails."""
        ended = self._ssh(words[0] if len(words) == 1 else shlex.join(words), seconds)
        if ended.returncode:
            raise CommandError(f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout.strip()

    def try_(self, command: str, seconds: float = BOOT_S) -> str:
        """What a command prints to both outputs, whatever its status."""
        ended = self._ssh(command, seconds)
        return f"{ended.stdout}{ended.stderr}".strip()
