"""The Debian packages of the service: whether they are whole, or an upgrade stopped half way."""

import subprocess
from pathlib import Path

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError

PROGRAM = "intercomd"
NAMES = (PROGRAM, "python3-pjsua2")
QUESTION = ("-W", "-f", "${Package} ${db:Status-Eflag} ${db:Status-Status}\\n")
_LOCKS = ("lock-frontend", "lock")
_WHOLE = "ok installed"  # dpkg's error flag and state (dpkg-query(1), "Status")


def installing(dpkg: Path = Path("/var/lib/dpkg"), locks: Path = Path("/proc/locks")) -> bool:
    """Whether a program installs packages now: it holds one of dpkg's locks, as proc_locks(5) lists them. Blocks."""
    try:
        held = {line.split()[5].rpartition(":")[2] for line in locks.read_text().splitlines() if "->" not in line}
        return any(str((dpkg / name).stat().st_ino) in held for name in _LOCKS)
    except OSError:
        return False


def half_installed(query: str = "dpkg-query") -> IntercomError | None:
    """Ask dpkg for a fault of the packages while nothing installs them; None if they are complete. Blocks.

    A power cut, a full disc or another package's failure leaves dpkg's states half-installed, unpacked or
    half-configured (dpkg(1)): files of two versions may lie side by side.
    """
    argv = [query, *QUESTION, *NAMES]
    try:
        said = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=times.current.packages_asked_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    states = dict(line.split(" ", 1) for line in said.stdout.splitlines())
    wrong = {name: state for name, state in states.items() if state != _WHOLE}
    if not wrong:
        return None
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        "An upgrade of the station stopped half way",
        "; ".join(f"dpkg has the package {name} as {state.split()[-1]}" for name, state in wrong.items()) + ".",
        f"Run sudo dpkg --configure -a, then sudo apt install --reinstall {' '.join(wrong)}, and restart the service.",
    )
