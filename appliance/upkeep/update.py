"""`intercomctl update`: what apt offers for the service, installs it now or at a time, and goes back.

Only root installs packages, by apt itself, which takes what its keys have signed. The daemon cannot ask for it.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path

from appliance.base import signals
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.system.packages import NAMES, PROGRAM
from appliance.upkeep import offered
from appliance.upkeep.offered import Package

UNIT = "intercomd-update"
_APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "--allow-change-held-packages")


def show() -> Json:
    """What apt offers, what is kept back, and when an installation is planned. Raises IntercomError."""
    found = _known()
    held = set(_asked("apt-mark", "showhold", *NAMES).split())
    packages = [
        {"name": name, "installed": each.installed, "offered": each.offered, "held": name in held}
        for name, each in found.items()
    ]
    return {"done": "", "packages": packages, "planned": _planned()}


def install(at: time | None = None) -> Json:
    """Install what is offered, now or at that time of day. Raises IntercomError."""
    wanted = {name: each.offered for name, each in _known().items() if each.offered}
    if not wanted:
        return show()
    if at is not None:
        _plan(at)
        return show() | {"done": "planned"}
    with _undisturbed():
        _apt("update install", wanted)
        _mark("unhold", wanted)
    return show() | {"done": "installed"}


def back() -> Json:
    """Install the version before, and keep it until an update is ordered. Raises IntercomError."""
    found = _known()
    wanted = _before(found)
    if not wanted:
        raise IntercomError(
            ErrorCode.NOT_FOUND,
            "There is no version to go back to.",
            f"apt has none that is older than {found[PROGRAM].installed}.",
            "Install the former packages from their files, as docs/how-to/upgrade.md shows.",
        )
    with _undisturbed():
        _apt("update back", wanted, "--allow-downgrades")
        _mark("hold", wanted)
    return show() | {"done": "returned"}


def words(answer: Json) -> str:
    """The answer for a person."""
    lines = [f"{each['name']}  {_package(each)}" for each in answer["packages"]]
    if any(each["offered"] for each in answer["packages"]):
        lines.append("sudo intercomctl update install installs it, when no call is active and no door is open.")
    if answer["planned"]:
        lines.append(f"It is installed at {answer['planned']}; sudo systemctl stop {UNIT}.timer cancels that.")
    return "\n".join([*lines, "apt asks the repositories by: sudo apt update"])


def _package(package: Json) -> str:
    held = ", which stays until it is updated by order" if package["held"] else ""
    newer = f"; {package['offered']} is offered" if package["offered"] else ""
    return f"{package['installed']}{held}{newer}"


def _known() -> dict[str, Package]:
    if shutil.which("intercomd-image", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") is not None:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "apt does not update this station.",
            "Its system is an image for cards, which is updated as a whole and is read-only.",
            "intercomd-image status shows both versions, intercomd-image update ADDRESS installs a newer one, and "
            "intercomd-image back goes back.",
        )
    found = {name: each for name, each in offered.read(_asked(*offered.QUESTION)).items() if each.installed}
    if PROGRAM not in found:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"apt does not know {PROGRAM} as installed.",
            "It runs from a checkout, or was installed in another way.",
            "Update it in that way, or install the package: docs/how-to/install.md.",
        )
    return found


def _before(found: dict[str, Package]) -> dict[str, str]:
    """What to go back to: the versions that the last upgrade replaced, else the next older one of the program."""
    try:
        (path,) = shlex.split(_asked("apt-config", "shell", "file", "Dir::Log::History/f").partition("=")[2])
        history = Path(path).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # none yet, or apt keeps none
        history = ""
    replaced = offered.replaced(history, found[PROGRAM].installed)
    there = {
        name: version for name, version in replaced.items() if name in found and (version, True) in found[name].versions
    }
    if there == replaced and there:
        return there
    return {PROGRAM: found[PROGRAM].older} if found[PROGRAM].older else {}


def _apt(command: str, wanted: dict[str, str], *options: str) -> None:
    """Have apt-get install these versions; its messages go to standard error."""
    argv = [*_APT, *options, "install", *(f"{name}={version}" for name, version in wanted.items())]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        apt = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise _missing("apt-get", error) from error
    with apt:
        for line in apt.stdout or ():
            with suppress(OSError):  # of a lost terminal, where apt-get itself would report a fault at its end
                sys.stderr.write(line)
                sys.stderr.flush()
    status = apt.returncode
    if status:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The packages were not installed; the station goes on as it is.",
            f"apt-get ended with status {status}, and its lines above say why.",
            f"Mend that, and run it again as root: sudo intercomctl {command}.",
        )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Go on when the session is lost: apt-get inherits that. Ctrl-C is apt's, which does not end between two files."""
    before = signal.getsignal(signal.SIGHUP), signal.getsignal(signal.SIGINT)
    try:
        signals.ignore([signal.SIGHUP])
        if before[1] != signal.SIG_IGN:
            signal.signal(signal.SIGINT, lambda *_: None)  # apt-get gets the default
        yield
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGINT, before[1])


def _mark(mark: str, names: Iterable[str]) -> None:
    _asked("apt-mark", mark, *names)


def _plan(at: time) -> None:
    """Have systemd run this command once at that time of day, in place of an earlier plan."""
    now = datetime.now().astimezone()
    when = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    when += timedelta(days=when <= now)
    _ended("systemctl", "stop", f"{UNIT}.timer")
    _asked(
        "systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "--description=Update of the door phone",
        f"--on-calendar={when:%Y-%m-%d %H:%M:%S}", "--timer-property=AccuracySec=1min",
        "intercomctl", "update", "install",
    )  # fmt: skip


def _planned() -> str | None:
    """When systemd installs the update; None: it is not planned."""
    try:
        said = _asked("systemctl", "show", f"{UNIT}.timer", "--property=NextElapseUSecRealtime", "--value")
    except IntercomError:  # no systemd
        return None
    return said.strip() or None


def _asked(*argv: str) -> str:
    """What a program says. Raises IntercomError, also if its status is not 0."""
    ended = _ended(*argv)
    if ended.returncode:
        said = " ".join(ended.stderr.split()) or f"It ended with status {ended.returncode}."
        remedy = "Run it as root, with apt's sources in order." if argv[0].startswith("apt-") else "Run it as root."
        raise IntercomError(ErrorCode.UNAVAILABLE, f"{argv[0]} has failed.", said, remedy)
    return ended.stdout


def _ended(*argv: str) -> subprocess.CompletedProcess[str]:
    """A program that has run. Raises IntercomError if it cannot."""
    environment = os.environ | offered.ENGLISH
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
        )
    except OSError as error:
        raise _missing(argv[0], error) from error


def _missing(program: str, error: OSError) -> IntercomError:
    return IntercomError(
        ErrorCode.UNAVAILABLE, f"{program} cannot be run.", reason(error), "Updates need Debian with apt and systemd."
    )
