"""A booted Debian 13 to test in: what a test does with the guest that the lab's commands start and end."""

import fcntl
import functools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab import jobs
from tests.support.waiting import until

LAB = Path(__file__).parent
PROGRAMS = LAB / "programs"  # of the tests, which run in the guest; there they are in /lab/programs
PATIENCE_S = 120.0
# For tests of something else: a guest counts the time that a busy host takes from it as that of its processes.
NOT_HURRIED = "[Service]\nWatchdogSec=0\nLimitRTTIME=infinity\n"
NO_BYTECODE = shutil.ignore_patterns("__pycache__")


@functools.cache
def _life() -> int:
    """One end of a pipe whose other end closes with this process, however it ends: the guests end with it."""
    watched, _held = os.pipe()
    return fcntl.fcntl(watched, fcntl.F_DUPFD_CLOEXEC, 100)  # the commands have numbers of their own below that


def _core() -> int:
    """The host's core for this worker's guests: shared evenly, and a guest costs a fifth less on one core."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % len(cores)]


class GuestError(AssertionError):
    """A command in the guest, or of the lab, that did not do what the test needs."""


class Guest:
    """One guest with a run directory and a disc of its own.

    disc: the image that the first boot copies; arguments: for the kernel (two named loopback cards, say). The
    directory's path must be short, since sockets lie in it.
    """

    def __init__(self, directory: Path, disc: Path, *, arguments: str = "", cpus: int = 1) -> None:
        self.directory = directory
        self._environment = {
            **os.environ,
            "LAB_RUN": str(directory),
            "LAB_IMAGE": str(disc),
            "LAB_KERNEL_ARGS": arguments,
            "LAB_CPUS": str(cpus),
            "LAB_CORE": str(_core()),
        }

    def put(self, files: Mapping[str, str | Path]) -> "Guest":
        """Write texts, and links to paths, to its disc while it is off; not to be booted for that saves a boot."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            for path, content in files.items():
                file = Path(place, path.removeprefix("/"))
                file.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, Path):
                    file.symlink_to(content)
                else:
                    file.write_text(content)
            self._lab("put", place)
        return self

    # -- power ---------------------------------------------------------------------------------------------------------

    def boot(self) -> "Guest":
        """Switch it on, and wait until every unit has started. Raises GuestError with the end of the console."""
        shutil.copytree(PROGRAMS, self.directory / "share/programs", dirs_exist_ok=True, ignore=NO_BYTECODE)
        self._lab("boot", patience_s=240)
        return self

    def halt(self) -> None:
        """Shut it down in good order; its disc stays."""
        self._lab("halt", patience_s=360)

    def power_cut(self) -> None:
        """Kill it at once; what it had not written to its disc is lost."""
        self._lab("power-cut")

    def reboot(self) -> None:
        """`systemctl reboot`, until multi-user.target is reached again."""
        before = self.check("cat", "/proc/sys/kernel/random/boot_id")
        self.run("systemctl", "reboot")

        def again() -> bool:
            try:  # a question may be lost with the guest that goes down
                boot_id = self.run("cat", "/proc/sys/kernel/random/boot_id", timeout_s=10)
                up = boot_id.returncode == 0 and boot_id.stdout.strip() != before
                return up and self.run("systemctl", "is-active", "multi-user.target", timeout_s=10).returncode == 0
            except GuestError:
                return False

        self.wait_for(again, "the guest is up again", 240)

    @property
    def alive(self) -> bool:
        """Whether it runs: its processes hold a lock."""
        return jobs.alive(self.directory)

    def reset(self) -> None:
        """Make it as it was after its boot, for the next file of tests; at first, note what that is."""
        self.check("bash", "/lab/programs/reset", str(int(time.time())))

    def remove(self) -> None:
        """Switch it off and forget its disc."""
        if self.alive:
            self.power_cut()
        shutil.rmtree(self.directory, ignore_errors=True)

    # -- commands ------------------------------------------------------------------------------------------------------

    def run(
        self, *words: str | Path, given: str = "", timeout_s: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root, with `given` as its standard input; status 255: the guest is not there."""
        argv = list(map(str, words))
        written: tuple[list[bytes], list[bytes]] = ([], [])

        def output(*parts: bytes) -> None:
            for texts, part in zip(written, parts, strict=True):
                texts.append(part)

        def so_far() -> list[str]:
            return [b"".join(texts).decode(errors="replace") for texts in written]

        try:
            status = jobs.run(self.directory, argv, given.encode(), output, timeout_s)
        except jobs.LateError:
            raise GuestError(f"{words} took more than {timeout_s} s; so far: {so_far()}") from None
        return subprocess.CompletedProcess(argv, status, *so_far())

    def check(self, *words: str | Path, given: str = "", timeout_s: float = PATIENCE_S) -> str:
        """What a command prints, which must end with status 0."""
        ended = self.run(*words, given=given, timeout_s=timeout_s)
        if ended.returncode != 0:
            raise GuestError(f"{words}: status {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return ended.stdout.strip()

    def shell(self, script: str, timeout_s: float = PATIENCE_S) -> str:
        """What a script prints, none of whose commands may fail."""
        return self.check("bash", "-euo", "pipefail", "-c", script, timeout_s=timeout_s)

    def as_user(self, user: str, *words: str, timeout_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        """Run a command as somebody, with the groups that he has."""
        return self.run("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *words, timeout_s=timeout_s)

    def ask(self, path: str) -> dict[str, Any] | None:
        """What the service answers to a GET request; None while it does not."""
        ended = self.run("http", "GET", path)
        return json.loads(ended.stdout) if ended.returncode == 0 else None

    def asked(self, path: str) -> dict[str, Any]:
        """The same, where it must answer."""
        answer = self.ask(path)
        if answer is None:
            raise GuestError(f"the service does not answer GET {path}")
        return answer

    def state(self) -> dict[str, Any] | None:
        """The service's state; None while nobody answers."""
        return self.ask("/v1/state")

    def service(self, name: str, *words: str, user: str = "root") -> None:
        """Run a command in the background as a unit, whose `journal("--unit=NAME", "--output=cat")` has its output."""
        options = ("--quiet", "--collect", f"--unit={name}", f"--uid={user}", "--property=Type=exec")
        self.check("systemd-run", *options, *words)

    def wait_for(self, condition, what: str, deadline_s: float = PATIENCE_S):
        """What `condition` gives as soon as that is true; a look costs the guest a process, so looks become rarer."""
        return until(condition, what, deadline_s, every=0.05, slowest=0.4)

    # -- files ---------------------------------------------------------------------------------------------------------

    def copy_in(self, *sources: Path, to: str) -> None:
        """Copy files or directories of the host into a directory of the guest."""
        self._lab("copy-in", *sources, to)

    def write(self, path: str, text: str, mode: str = "644", owner: str = "root:root") -> None:
        """Write a file."""
        self.check("sh", "-c", 'cat >"$1" && chmod "$2" "$1" && chown "$3" "$1"', "-", path, mode, owner, given=text)

    def read(self, path: str) -> str:
        """What is in a text file."""
        return self.check("cat", path)

    def drop_in(self, name: str, text: str, unit: str = "intercomd.service") -> None:
        """Add lines to a unit until the guest is switched off; "" removes them."""
        directory = f"/run/systemd/system/{unit}.d"
        self.check("mkdir", "-p", directory)
        if text:
            self.write(f"{directory}/{name}.conf", text)
        else:
            self.check("rm", "-f", f"{directory}/{name}.conf")
        self.check("systemctl", "daemon-reload")

    # -- system --------------------------------------------------------------------------------------------------------

    def journal(self, *words: str) -> str:
        """`journalctl` with these options, this boot, all of it when there are none."""
        return self.run("journalctl", "--no-pager", "--boot", *words).stdout

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """A unit's properties in `systemctl show`."""
        told = self.check("systemctl", "show", unit, *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def forward(self, protocol: str, port: int) -> None:
        """Make a port of the guest reachable at 127.0.0.1 of the host, until it is switched off."""
        self._lab("forward", protocol, str(port))

    def told(self) -> str:
        """What a failed test should show: the service's journal, and the console where there is no guest."""
        if self.alive:
            return self.journal("--lines=200", "--output=short-monotonic", "--unit=intercomd*", "--unit=init.scope")
        console = self.directory / "console"
        return console.read_text(errors="replace")[-4000:] if console.exists() else "never booted"

    # -- simulated lines -----------------------------------------------------------------------------------------------

    def chip(self, label: str, *names: str) -> None:
        """Make a chip of simulated lines with these names, offset 0 on; all low, until the next boot."""
        self.check("sim-gpio", "create", label, str(len(names)), *names)

    def pull(self, label: str, offset: int, to: str) -> None:
        """Move an input: to `up` or `down`."""
        self.check("sim-gpio", to, label, str(offset))

    def level(self, label: str, offset: int) -> int:
        """What a line shows: 0 low, 1 high."""
        return int(self.check("sim-gpio", "value", label, str(offset)))

    def _lab(self, command: str, *words: str | Path, patience_s: float = PATIENCE_S) -> None:
        ended = subprocess.run(
            [LAB / command, *words],
            pass_fds=[_life()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience_s,
            env={**self._environment, "LAB_BOOT_TIMEOUT": "180", "LAB_LIFE": str(_life())},
        )
        if ended.returncode != 0:
            raise GuestError(f"{command}: {ended.stdout}{ended.stderr}")


def ready(guest: Guest) -> bool:
    """Whether the station in it runs and can make calls."""
    return bool((state := guest.state()) and state["appliance"]["ready"])


def version(guest: Guest) -> str:
    """Whether the package is installed, and its version, in dpkg's words."""
    return guest.check("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "intercomd")
